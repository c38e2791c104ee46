//! Model downloads: progress, stream lines, error messages.

pub mod error_message;
pub mod progress;
pub mod pull_line;
