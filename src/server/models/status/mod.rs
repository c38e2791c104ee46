//! What is known of the model server: one [`snapshot::Snapshot`], owned by [`model_status::ModelStatus`].

pub mod event;
pub mod installed;
pub mod model_status;
pub mod readiness;
pub mod snapshot;
pub mod tracker;
