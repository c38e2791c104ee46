//! Looking after Ollama and its models. What is known of Ollama comes from one cache, filled by one observer: no page ever
//! waits for Ollama.

mod change;
mod choice;
mod library;
mod measure;
mod memory;
mod note;
mod observed;
mod readiness;
mod sent;
mod warm_up;

pub use change::{Deleted, FellBack, Presence, delete, load, load_wholly, unload};
pub use choice::{Choice, config, save};
pub use library::library;
pub use measure::count;
pub use memory::{footprints, learn_shapes};
pub use note::{Noted, history, note};
pub use observed::{Observed, check_now, check_stale, digest, health, installed};
pub use readiness::{States, all, needs_no_load, of_queue, readiness, standing, usual_load};
pub use sent::{sent_keep_alive, sent_options};
pub use warm_up::{Warmth, is_cold, wanted, warm_up};
