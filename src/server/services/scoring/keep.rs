//! Storing what came of asking: the second short transaction of an article's way.

use super::ask::{Answer, Reply};
use crate::{
    domain::{event::Event, ids::ArticleId, score::ArticleState},
    error::AppError,
    server::{
        scoring::reply::BadAnswer,
        state::App,
        storage::{queue, scores},
    },
};

/// What came of asking about an article under a lease.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub article: ArticleId,
    pub lease: i64,
    pub verdict: Verdict,
}

/// See the variants.
#[derive(Clone, Debug)]
pub enum Verdict {
    Accepted(Box<Reply>),
    Refused(BadAnswer),
    /// Not asked, or no fault of the article: back into the queue as it was.
    Returned,
}

/// Stores outcomes in one transaction, each under its own lease: one that was taken away meanwhile (asked anew, blocked,
/// removed) is dropped. Tells open pages afterwards. How many articles are done with: scored, blocked.
pub async fn keep(app: &App, outcomes: &[Outcome]) -> Result<usize, AppError> {
    let mut changed = Vec::new();
    let mut finished = 0;
    let mut db = app.db.write().await?;
    for Outcome { article, lease, verdict } in outcomes {
        let (id, lease) = (*article, *lease);
        match verdict {
            Verdict::Accepted(reply) => match &reply.answer {
                Answer::Categories(choices) => {
                    let state = scores::store_categories(&mut db, id, lease, choices, &reply.run).await?;
                    if state.is_some() {
                        changed.push(id);
                    }
                    finished += usize::from(state == Some(ArticleState::Blocked));
                }
                Answer::Judgement(judgement) => {
                    if scores::store_score(&mut db, id, lease, judgement, &reply.run).await? {
                        changed.push(id);
                        finished += 1;
                    }
                }
            },
            Verdict::Refused(bad) => {
                if queue::refuse(&mut db, id, lease, &bad.to_string()).await? {
                    changed.push(id);
                }
            }
            Verdict::Returned => queue::release(&mut db, &[id], lease).await?,
        }
    }
    db.commit().await?;
    for id in changed {
        app.tell(Event::Article { id });
    }
    Ok(finished)
}
