//! Runtime state without logic: what is going on in this process at the moment.

pub mod scoring_activity;
