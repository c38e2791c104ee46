//! A look at the queue, and before it, when the model was down, whether it is there again.

use crate::{
    domain::scoring::Step,
    error::AppError,
    server::{
        ollama::gate::{Outage, Return},
        services::scoring::{
            ask::{self, Failed},
            claim::{self, AtWork, Claimed},
            sound,
        },
        state::App,
    },
};

/// Why there was no look at the queue.
pub enum Refusal {
    Outage(Outage),
    Fault(AppError),
}

/// Claims up to `limit` articles. `probing`: how the end of the outage at hand is noticed, if there is one; `in_doubt`: an
/// article may have brought the model down, so something harmless is asked first.
pub async fn look(
    app: &App,
    at: &AtWork,
    limit: usize,
    probing: Option<Return>,
    in_doubt: bool,
) -> Result<Claimed, Refusal> {
    if probing == Some(Return::Knock) {
        ask::knock(app).await.map_err(Refusal::Outage)?;
    }
    if in_doubt {
        let step = at.run.map_or(Step::Categorize, |(step, _)| step);
        return match sound::sound(app, step).await {
            Err(Failed::Outage(outage)) => Err(Refusal::Outage(outage)),
            Ok(()) | Err(Failed::Bad(_)) => Ok(Claimed::Sound),
            // The loop ends, whatever it is told.
            Err(Failed::Stopped) => Ok(Claimed::Later),
        };
    }
    claim::claim(app, at, limit).await.map_err(Refusal::Fault)
}

/// A fault of ours keeps every article waiting, as an outage does.
pub fn fault(error: &AppError) -> Outage {
    Outage {
        reason: "internal".into(),
        message: error.message.clone(),
        return_by: Return::Try,
        retry_after: None,
        suspicious: false,
    }
}
