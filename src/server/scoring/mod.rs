//! What is said to the model and what is made of its answers: pure, and tested by looking at the very text.
//!
//! [`prompt`] puts together what is sent, cut by [`token_budget`] and fenced by [`delimiters`]; [`answer`] accepts an answer whole
//! or not at all; [`request_plan`] and [`step_order`] decide what to do next.

pub mod answer;
pub mod delimiters;
pub mod evidence;
pub mod fingerprint;
pub mod prompt;
pub mod prompt_injection;
pub mod request_plan;
mod schema;
pub mod step_order;
pub mod token_budget;
