//! The simulated Ollama and the sample feeds of `gleaner demo`. The tests use the simulated Ollama too.

mod environment;
pub mod samples;
pub mod simulator;

pub use crate::server::demo::environment::{DemoEnvironment, simulator_settings};
