//! What is said to the model and what is made of its answers: pure, and tested by looking at the very text.
//!
//! [`prompt`] puts together what is sent from [`plain`] text, cut by [`budget`] and fenced by [`fence`]; [`reply`] accepts an
//! answer whole or not at all; [`remedy`] and [`order`] decide what to do next.

pub mod budget;
pub mod evaluated;
pub mod evidence;
pub mod fence;
pub mod order;
pub mod plain;
pub mod prompt;
pub mod remedy;
pub mod reply;
mod schema;
pub mod suspicion;
