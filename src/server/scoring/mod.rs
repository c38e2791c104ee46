//! Prompts for models and the reading of their answers. Pure.
//!
//! [`prompt`] builds the prompts, with articles shortened by [`token_budget`] and wrapped by [`delimiters`]; [`answer`] parses
//! answers; [`request_plan`] and [`step_order`] decide what to do next.

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
