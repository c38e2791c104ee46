//! Two subscriptions become one when the address of the first turns out to be that of the second.

use super::{
    check::{FeedCheck, FetchedUpdate},
    document::complete_identities,
};
use crate::{
    domain::{feed_check::PermanentRedirect, humanize::format_count, ids::FeedId},
    error::AppError,
    server::{
        services::categories,
        state::App,
        storage::{
            checks, feeds,
            merge::{self, MergeCounts},
            ranking,
        },
    },
};

/// Articles merged in one transaction, so that no other write waits long.
const ARTICLES_PER_TRANSACTION: i64 = 100;

/// The other subscription that the address of a checked feed has moved to for good, once that is confirmed.
pub(super) async fn find_merge_target(app: &App, check: &FeedCheck) -> Result<Option<FeedId>, AppError> {
    let Ok(FetchedUpdate { fetched, .. }) = &check.result else { return Ok(None) };
    let moved_to = fetched.moved_to.as_ref().filter(|url| **url != check.source.url);
    let moved = PermanentRedirect::after_check(check.source.moved.as_ref(), moved_to);
    let Some(moved) = moved.filter(PermanentRedirect::is_confirmed) else { return Ok(None) };
    Ok(feeds::find_id(&app.db.read, &moved.target).await?.filter(|id| *id != check.source.id))
}

/// Merges a checked feed into the subscription whose address it has moved to. An interrupted merge goes on after the next check.
#[tracing::instrument(name = "subscriptions.merge.merge_into", level = "debug", skip_all, fields(feed = %check.source.id, %into))]
pub(super) async fn merge_into(app: &App, check: &FeedCheck, into: FeedId) -> Result<(), AppError> {
    let from = check.source.id;
    for feed in [from, into] {
        complete_identities(app, feed).await?;
    }
    let mut total = MergeCounts::default();
    loop {
        let mut tx = app.db.write().await?;
        let counts = merge::merge_articles(&mut tx, from, into, ARTICLES_PER_TRANSACTION).await?;
        if counts == MergeCounts::default() {
            let detail = format!(
                "{} redirects here for good: {} moved, {} that both feeds had combined",
                check.source.url,
                format_count(total.moved, "article", "articles"),
                total.combined
            );
            let scoring =
                [ranking::load_feed_scoring(&mut tx, from).await?, ranking::load_feed_scoring(&mut tx, into).await?];
            merge::remove_merged_feed(&mut tx, from, into).await?;
            if scoring[0] != scoring[1] {
                ranking::add_pending_feed(&mut tx, into).await?;
            }
            checks::add_event(&mut tx, into, check.at, "merged", &detail).await?;
            tx.commit().await?;
            return categories::rank_pending(app).await;
        }
        tx.commit().await?;
        (total.moved, total.combined) = (total.moved + counts.moved, total.combined + counts.combined);
    }
}
