//! Reusable leaves of the pages. The islands live here, one file each; all of them enhance HTML that works without them.

pub mod article;
pub mod browser;
pub mod forms;
pub mod layout;
pub mod models;
