//! Storing what came of asking: the second short transaction of an article's way.

use crate::server::services::scoring::model_call::{AcceptedAnswer, StepAnswer};
use crate::{
    domain::{ids::ArticleId, live_event::LiveEvent, score::ArticleState},
    error::AppError,
    server::{
        scoring::answer::AnswerError,
        state::App,
        storage::{queue, scores},
    },
};

/// What came of asking about an article under a lease.
#[derive(Clone, Debug)]
pub struct ScoringOutcome {
    /// The article.
    pub article: ArticleId,
    /// The lease under which it was claimed.
    pub lease: i64,
    /// What came of it.
    pub verdict: ScoringVerdict,
}

/// See the variants.
#[derive(Clone, Debug)]
pub enum ScoringVerdict {
    /// The answer is stored.
    Accepted(Box<AcceptedAnswer>),
    /// The answer cannot be used; it counts as a failed attempt.
    Rejected(AnswerError),
    /// Not asked, or no fault of the article: back into the queue as it was.
    Released,
}

/// Stores outcomes in one transaction, each under its own lease: one that was taken away meanwhile (asked anew, blocked,
/// removed) is dropped. Tells open pages afterwards. How many articles are done with: scored, blocked.
#[tracing::instrument(name = "scoring.store_results.store_results", level = "debug", skip_all)]
pub async fn store_results(app: &App, outcomes: &[ScoringOutcome]) -> Result<usize, AppError> {
    let mut changed = Vec::new();
    let mut finished = 0;
    let mut db = app.db.write().await?;
    for ScoringOutcome { article, lease, verdict } in outcomes {
        let (id, lease) = (*article, *lease);
        match verdict {
            ScoringVerdict::Accepted(reply) => match &reply.answer {
                StepAnswer::Categories(choices) => {
                    let state = scores::store_categories(&mut db, id, lease, choices, &reply.run).await?;
                    if state.is_some() {
                        changed.push(id);
                    }
                    finished += usize::from(state == Some(ArticleState::Blocked));
                }
                StepAnswer::Judgment(judgement) => {
                    if scores::store_score(&mut db, id, lease, judgement, &reply.run).await? {
                        changed.push(id);
                        finished += 1;
                    }
                }
            },
            ScoringVerdict::Rejected(bad) => {
                if queue::record_failed_attempt(&mut db, id, lease, &bad.to_string()).await? {
                    changed.push(id);
                }
            }
            ScoringVerdict::Released => {
                queue::release_leases(&mut db, queue::LeaseScope::Articles(&[id], lease)).await?;
            }
        }
    }
    db.commit().await?;
    for id in changed {
        app.publish(LiveEvent::Article { id });
    }
    Ok(finished)
}
