//! What stands behind `gleaner demo`: a simulated Ollama and sample feeds. The tests use the simulator too.

pub mod ollama;
pub mod samples;
mod stage;

pub use stage::Stage;
