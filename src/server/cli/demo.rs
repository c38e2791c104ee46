//! `gleaner demo`: everything at hand, nothing outside.

use super::{Exit, shell};
use crate::server::config::Config;

/// Serves the demo until told to stop.
#[expect(clippy::unused_async, reason = "the demo's content comes with its part")]
pub(super) async fn run(_config: Config) -> Exit {
    shell::fail(&"the demo is not part of this build")
}
