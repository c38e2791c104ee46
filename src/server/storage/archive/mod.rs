//! The data of a Gleaner as JSON, to be moved to another one (docs/spec/moving.md). Nothing secret is among it.

mod dump;
mod restore;

pub use dump::{dump_lines, dump_settings};
pub use restore::{clear_defaults, finish, is_empty, restore_lines, restore_settings};
