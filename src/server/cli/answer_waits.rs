//! What a command waits for that asks a model, on standard error: on a terminal and in a pipe.

use super::print_stderr;
use crate::{
    domain::{chat::WaitReason, model_name::ModelName},
    error::AppError,
    server::{services::scoring, state::App},
};
use std::io::IsTerminal as _;

/// Says why there is no answer yet. That the model reads or thinks is said on a terminal only.
pub(super) fn print_wait(reason: WaitReason, model: &ModelName) {
    let is_at_work = matches!(reason, WaitReason::ProcessingPrompt | WaitReason::Thinking);
    if !is_at_work || std::io::stderr().is_terminal() {
        reason.message(model.as_str()).iter().for_each(print_stderr);
    }
}

/// Says that the answer comes after the article which a server of this data folder scores with the same model.
pub(super) async fn print_wait_for_scoring(app: &App, model: &ModelName) -> Result<(), AppError> {
    if let Some(articles) = scoring::queue_before_reader(app, model).await? {
        print_wait(WaitReason::Scoring { articles }, model);
    }
    Ok(())
}
