//! What is said to the model and what is made of its answers: pure, and tested by looking at the very text.
//!
//! [`prompt`] puts together what is sent from [`plain`] text, cut by [`budget`] and fenced by [`fence`]; [`reply`] accepts an
//! answer whole or not at all; [`remedy`] and [`order`] decide what to do next.

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
