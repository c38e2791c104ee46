//! Storing the results of model calls: the second short transaction of a scoring step.

use crate::server::services::{
    category_suggestions, rules,
    scoring::{
        flat_models::{self, GivenAnswer},
        model_call::{AcceptedAnswer, RefusedAnswer, StepAnswer},
    },
};
use crate::{
    domain::{
        answer_problem::ScorePair, article::ModelRun, category_suggestion::CategoryChoice, ids::ArticleId,
        live_event::LiveEvent, score::ArticleState,
    },
    error::AppError,
    server::{
        scoring::answer::AnswerError,
        state::App,
        storage::{self, queue, scores},
    },
};
use sqlx::SqliteConnection;

/// The result of a model call about an article under a lease.
#[derive(Clone, Debug)]
pub struct ScoringOutcome {
    /// The article.
    pub article: ArticleId,
    /// The lease under which it was claimed.
    pub lease: i64,
    /// The result.
    pub verdict: ScoringVerdict,
}

/// How a result is stored.
#[derive(Clone, Debug)]
pub enum ScoringVerdict {
    /// The answer is stored.
    Accepted(Box<AcceptedAnswer>),
    /// The answer cannot be used; it counts as a failed attempt.
    Refused(RefusedAnswer),
    /// There is no answer because of the article; it counts as a failed attempt.
    Rejected(AnswerError),
    /// Not sent, or an outage: the article goes back into the queue as it was.
    Released,
}

impl ScoringVerdict {
    /// Whether it holds an answer to store.
    pub const fn is_accepted(&self) -> bool {
        matches!(self, Self::Accepted(_))
    }
}

/// Stores outcomes in one transaction, each under its own lease: one that was taken away meanwhile (asked anew, blocked,
/// removed) is dropped. Tells open pages afterwards. How many articles are done with: scored, blocked.
#[tracing::instrument(name = "scoring.store_results.store_results", level = "debug", skip_all)]
pub async fn store_results(app: &App, outcomes: &[ScoringOutcome]) -> Result<usize, AppError> {
    let mut changed = Vec::new();
    let mut finished = 0;
    let mut reranks = false;
    let mut db = app.db.write().await?;
    for ScoringOutcome { article, lease, verdict } in outcomes {
        let (id, lease) = (*article, *lease);
        match verdict {
            ScoringVerdict::Accepted(reply) => match &reply.answer {
                StepAnswer::Categories(choices) => {
                    flat_models::record_answer(app, &mut db, given_answer(&reply.run, None)).await?;
                    let state = store_choices(&mut db, id, lease, choices, &reply.run).await?;
                    if state.is_some() {
                        changed.push(id);
                    }
                    finished += usize::from(state == Some(ArticleState::Blocked));
                }
                StepAnswer::Judgment(judgment) => {
                    let score = ScorePair { interest: judgment.interest, quality: judgment.quality };
                    let is_flat =
                        flat_models::record_answer(app, &mut db, given_answer(&reply.run, Some(score))).await?;
                    reranks |= is_flat;
                    if scores::store_score(&mut db, id, lease, judgment, &reply.run, is_flat).await? {
                        changed.push(id);
                        finished += 1;
                    }
                }
            },
            ScoringVerdict::Refused(RefusedAnswer { error, step, model, prompt_version }) => {
                if error.is_of_model() {
                    let given = GivenAnswer { model, step: *step, prompt_version, is_usable: false, score: None };
                    flat_models::record_answer(app, &mut db, given).await?;
                }
                if queue::record_failed_attempt(&mut db, id, lease, &error.to_string()).await? {
                    changed.push(id);
                }
            }
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
    reranks = reranks || storage::flat_models::has_pending(&mut *db).await?;
    db.commit().await?;
    if reranks {
        app.new_articles_wakeup.notify_one();
    }
    if finished > 0 {
        rules::run_queue(app).await;
    }
    for id in changed {
        app.publish(LiveEvent::Article { id });
    }
    Ok(finished)
}

fn given_answer(run: &ModelRun, score: Option<ScorePair>) -> GivenAnswer<'_> {
    GivenAnswer { model: &run.model, step: run.step, prompt_version: &run.prompt_version, is_usable: true, score }
}

/// Stores the categories that an answer chose; names that are no categories yet are stored as suggestions. Returns the new state of
/// the article; `None` when the lease is no longer held, and nothing is stored.
#[tracing::instrument(name = "scoring.store_results.store_choices", level = "debug", skip_all)]
pub async fn store_choices(
    db: &mut SqliteConnection,
    id: ArticleId,
    lease: i64,
    choices: &[CategoryChoice],
    run: &ModelRun,
) -> Result<Option<ArticleState>, AppError> {
    let (chosen, suggested) = category_suggestions::resolve_choices(db, choices).await?;
    let state = scores::store_categories(db, id, lease, &chosen, run).await?;
    if state.is_some() {
        category_suggestions::record(db, id, &suggested, run.at).await?;
    }
    Ok(state)
}
