//! The loop that ranks articles by keywords: new ones until the model has scored them, all of them after a change of the interests,
//! and those of a model that gives every article the same score. It waits for more arrivals first: one pass over many articles costs
//! little more than one over a single article.

use crate::{
    domain::live_event::LiveEvent,
    server::{
        services::{keyword_rank, scoring::flat_models, search_index},
        state::App,
    },
};
use std::time::Duration;

/// How long to wait for more new articles before they are ranked.
const NEW_ARTICLES_DEBOUNCE: Duration = Duration::from_millis(500);

/// Ranks what is to be ranked, then waits for more, until the soft stop.
pub async fn run(app: App) {
    // The ranks come from the index, so it is filled first.
    match search_index::index_pending(&app).await {
        Ok(0) => {}
        Ok(articles) => tracing::info!(articles, "indexed for the search"),
        Err(error) => tracing::error!(%error, "articles could not be indexed for the search"),
    }
    loop {
        let reordered = flat_models::apply_changes(&app).await.unwrap_or_else(|error| {
            tracing::error!(%error, "articles of a model could not be ranked anew to the end; the next change tries again");
            false
        });
        match keyword_rank::update_keyword_ranks(&app).await {
            Ok(0) if reordered => app.publish(LiveEvent::Feeds { new_articles: 0 }),
            Ok(0) => {}
            Ok(articles) => {
                tracing::debug!(articles, "ranked by keywords");
                app.publish(LiveEvent::Feeds { new_articles: 0 });
            }
            Err(error) => tracing::error!(%error, "articles could not be ranked by keywords"),
        }
        tokio::select! {
            () = app.lifecycle.soft_stop.cancelled() => return,
            () = app.interests_wakeup.notified() => continue,
            () = app.new_articles_wakeup.notified() => {}
        }
        tokio::select! {
            () = app.lifecycle.soft_stop.cancelled() => return,
            () = app.clock.sleep(NEW_ARTICLES_DEBOUNCE) => {}
        }
    }
}
