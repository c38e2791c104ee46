//! The loops that run beside the pages. They decide when; what is done is in `services`.

use super::state::App;

/// Starts every loop. Each ends at the soft stop.
pub fn start(_app: &App) {}
