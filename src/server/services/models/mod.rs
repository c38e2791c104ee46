//! Looking after Ollama and its models. What is known of Ollama comes from one cache, filled by one observer: no page ever
//! waits for Ollama.

mod choice;
mod observed;
mod readiness;

pub use choice::{Choice, config, save};
pub use observed::{Observed, check_now, digest, health, installed};
pub use readiness::readiness;
