//! What stands behind `gleaner demo`: a simulated Ollama and sample feeds. The tests use the simulated Ollama too.

mod environment;
pub mod samples;
pub mod simulator;

pub use crate::server::demo::environment::{DemoEnvironment, simulator_settings};
