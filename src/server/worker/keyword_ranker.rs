//! The loop that ranks articles by words until the model has scored them: new ones, and all of them when the interests have
//! changed. It lets arrivals gather: one pass over many articles costs little more than one over a single one.

use crate::{
    domain::live_event::LiveEvent,
    server::{services::keyword_rank, state::App},
};
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;

/// How long arrivals gather.
const NEW_ARTICLES_DEBOUNCE: Duration = Duration::from_millis(500);

/// Ranks what is to be ranked, then waits for more, until the soft stop.
pub async fn run(app: App) {
    let mut events = app.events.subscribe();
    loop {
        match keyword_rank::update_keyword_ranks(&app).await {
            Ok(0) => {}
            Ok(articles) => {
                tracing::debug!(articles, "ranked by words");
                app.publish(LiveEvent::Feeds { new_articles: 0 });
            }
            Err(error) => tracing::error!(%error, "articles could not be ranked by words"),
        }
        tokio::select! {
            () = app.lifecycle.soft_stop.cancelled() => return,
            () = app.interests_wakeup.notified() => continue,
            arrived = wait_for_new_articles(&mut events) => if !arrived { return },
        }
        tokio::select! {
            () = app.lifecycle.soft_stop.cancelled() => return,
            () = app.clock.sleep(NEW_ARTICLES_DEBOUNCE) => {}
        }
    }
}

/// Waits until articles have arrived; `false` when nobody can tell any more.
async fn wait_for_new_articles(events: &mut tokio::sync::broadcast::Receiver<LiveEvent>) -> bool {
    loop {
        match events.recv().await {
            Ok(LiveEvent::Feeds { new_articles }) if new_articles > 0 => return true,
            Ok(_) => {}
            // Something was missed; it may have been that.
            Err(RecvError::Lagged(_)) => return true,
            Err(RecvError::Closed) => return false,
        }
    }
}
