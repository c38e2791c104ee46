//! Versions of models (registry.md, "Versions"): the lock file, the check for updates, and earlier versions that are kept while a
//! newer one is tried.

mod kept;
mod lock;
mod lock_file;
mod sync;
mod updates;
mod versions;

pub use kept::{PulledAgain, pull_again, remove_earlier, settle_pull, use_earlier};
pub use lock::{LockReport, compare_with_servers, write_lock};
pub use sync::{SyncRefusal, SyncReport, sync};
pub use updates::{UpdateCheckState, check_updates, start_update_check};
pub use versions::load_versions;
