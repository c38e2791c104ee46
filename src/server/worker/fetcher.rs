//! Fetches one feed as a task of its own.

use crate::{
    domain::ids::FeedId,
    server::{
        live::running_checks::CheckClaim,
        services::subscriptions::{self, FeedCheck},
        state::App,
        storage::checks::FeedSource,
    },
};
use tokio::sync::mpsc::Sender;

/// The result of a check task.
#[derive(Debug)]
pub struct FetchedCheck {
    /// The feed it was about.
    pub feed: FeedId,
    /// The check, to be stored, with the claim that ends then; `None` when another caller has checked the feed meanwhile.
    pub check: Option<(FeedCheck, CheckClaim)>,
}

/// Starts the check; its result is sent to `done`.
pub fn spawn_check(app: &App, source: FeedSource, done: Sender<FetchedCheck>) {
    let task = app.clone();
    app.lifecycle.spawn(async move {
        let feed = source.id;
        let check = match task.running_checks.claim(feed).await {
            Some(claim) => Some((subscriptions::check_feed(&task, source).await, claim)),
            None => None,
        };
        // This fails only when the scheduler was dropped at the hard stop.
        let _ = done.send(FetchedCheck { feed, check }).await;
    });
}
