//! Moving in from other readers, and from one Gleaner to another (docs/spec/moving.md).

mod archive;
mod archive_file;
mod freshrss;
mod import;
mod import_state;
mod miniflux;
mod reader_source;
mod source;
mod store_page;

pub use crate::server::feed::fetch::ReaderCredentials;
pub use archive::{export, import_archive};
pub use import::import;
pub use import_state::ImportReport;
pub use reader_source::ReaderSource;
