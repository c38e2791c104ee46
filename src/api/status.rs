//! Everything at a glance.

use crate::{
    domain::{
        article::ArticleRow,
        feed::Feed,
        readiness::{ReadinessChange, Standing},
        scoring::ScoringStatus,
        time::Timestamp,
        vote::Agreement,
    },
    error::AppError,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What the status page shows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Overview {
    pub scoring: ScoringStatus,
    pub standing: Standing,
    /// How the models in use stood over the day, oldest first.
    pub day: Vec<ReadinessChange>,
    pub now: Timestamp,
    /// The newest failed articles, at most ten.
    pub failed: Vec<ArticleRow>,
    /// About how long trying all failed ones again would take, in seconds.
    pub retry_seconds: Option<i64>,
    /// Feeds whose last check failed, or that are gone.
    pub troubled: Vec<Feed>,
    pub feed_count: i64,
    /// `None` before the first vote on a scored article.
    pub agreement: Option<Agreement>,
}

/// The queue, Ollama as last seen, failures, feeds in trouble.
#[server(prefix = "/fn", endpoint = "status")]
pub async fn load_status() -> Result<Overview, AppError> {
    use crate::{
        domain::{
            article::{ListQuery, Sort, View},
            scoring::RescoreScope,
        },
        server::{services, state::App},
    };
    let app = expect_context::<App>();
    let failed = ListQuery { view: View::Failed, sort: Sort::Newest, limit: 10, ..ListQuery::default() };
    let mut feeds = services::subscriptions::feeds(&app).await?;
    let feed_count = i64::try_from(feeds.len()).unwrap_or(i64::MAX);
    feeds.retain(|feed| feed.health.state.is_trouble());
    Ok(Overview {
        scoring: services::scoring::status(&app).await?,
        standing: services::models::standing(&app).await?,
        retry_seconds: services::scoring::rescore(&app, RescoreScope::Failed, None, true).await?.estimate_seconds,
        day: services::models::history(&app).await?,
        now: app.clock.now(),
        failed: services::reading::list(&app, &failed).await?.rows,
        troubled: feeds,
        feed_count,
        agreement: services::scoring::agreement(&app).await?,
    })
}
