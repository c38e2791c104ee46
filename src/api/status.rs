//! The status page.

use crate::{
    domain::{
        answer_problem::AnswerProblem,
        article::ArticleRow,
        feed::Feed,
        model_server::ServerStatus,
        readiness::{OllamaStatus, ReadinessChange},
        scoring::ScoringStatus,
        time::Timestamp,
        vote::Agreement,
        write_obstacle::WriteObstacle,
    },
    error::AppError,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What the status page shows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StatusOverview {
    /// The queue and the worker.
    pub scoring: ScoringStatus,
    /// Whether Ollama answers, and the readiness of the models in use.
    pub ollama_status: OllamaStatus,
    /// Changes of the readiness of the models in use over 24 hours, oldest first.
    pub readiness_history: Vec<ReadinessChange>,
    /// The server's time when the page was made.
    pub now: Timestamp,
    /// The newest failed articles, at most ten.
    pub failed_articles: Vec<ArticleRow>,
    /// About how long trying all failed ones again would take, in seconds.
    pub retry_seconds: Option<i64>,
    /// Feeds whose last check failed, or that are gone.
    pub failing_feeds: Vec<Feed>,
    /// Number of subscriptions.
    pub feed_count: i64,
    /// Why fetching and scoring wait, when the database cannot be written.
    pub write_obstacle: Option<WriteObstacle>,
    /// Agreement of votes and scores; `None` before the first vote on a scored article.
    pub agreement: Option<Agreement>,
    /// What is wrong with the answers of the models in use.
    pub answer_problems: Vec<AnswerProblem>,
    /// The model servers, the Ollama of the settings first.
    pub servers: Vec<ServerStatus>,
    /// No model scores articles: only the feeds are shown.
    pub without_model: bool,
}

/// The queue, Ollama's last known state, failed articles and failing feeds.
#[server(prefix = "/fn", endpoint = "status")]
pub async fn load_status() -> Result<StatusOverview, AppError> {
    use crate::{
        domain::{
            article::{ArticleSort, ArticleView, ListQuery},
            scoring::RescoreScope,
        },
        server::{services, state::App},
    };
    let app = expect_context::<App>();
    let failed = ListQuery { view: ArticleView::Failed, sort: ArticleSort::Newest, limit: 10, ..ListQuery::default() };
    let mut feeds = services::subscriptions::list_feeds(&app).await?;
    let feed_count = i64::try_from(feeds.len()).unwrap_or(i64::MAX);
    feeds.retain(|feed| feed.health.state.needs_attention());
    Ok(StatusOverview {
        scoring: services::scoring::load_status(&app).await?,
        ollama_status: services::models::status(&app).await?,
        retry_seconds: services::scoring::rescore(&app, RescoreScope::Failed, None, true).await?.estimate_seconds,
        readiness_history: services::models::load_history(&app).await?,
        now: app.clock.now(),
        failed_articles: services::reading::list(&app, &failed).await?.rows,
        failing_feeds: feeds,
        feed_count,
        write_obstacle: app.db.obstacle(),
        agreement: services::scoring::load_agreement(&app).await?,
        answer_problems: services::scoring::flat_models::find_problems(&app).await?,
        servers: services::servers::list(&app).await?,
        without_model: services::preferences::get(&app).await?.without_model,
    })
}
