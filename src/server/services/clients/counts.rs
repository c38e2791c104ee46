//! Numbers of unread articles for other readers: by feed, folder, label and in all.

use super::{
    articles::now_us,
    labels::{ClientLabel, list_labels},
    library::ClientLibrary,
    view::ClientView,
};
use crate::{
    domain::{
        ids::{CategoryId, FeedId},
        saved_search::MAX_COUNTED_UNREAD,
        vote::Vote,
    },
    error::AppError,
    server::{
        state::App,
        storage::{
            client_articles::{self, ArticleCondition},
            client_counts::{self, UnreadCount},
        },
    },
};
use std::collections::HashMap;

/// Numbers of unread articles as a device sees them.
#[derive(Clone, Debug, Default)]
pub struct UnreadCounts {
    /// Every feed.
    pub feeds: HashMap<FeedId, UnreadCount>,
    /// The labels that the device is shown, by their names, in their order.
    pub labels: Vec<(String, ClientLabel, UnreadCount)>,
    /// All articles.
    pub all: UnreadCount,
}

/// The numbers for a device.
#[tracing::instrument(name = "clients.counts.load_counts", level = "debug", skip_all)]
pub async fn load_counts(app: &App, library: &ClientLibrary, view: &ClientView) -> Result<UnreadCounts, AppError> {
    let own = view.conditions(now_us(app));
    let mut db = app.db.read.begin().await?;
    let mut feeds: HashMap<FeedId, UnreadCount> = client_counts::by_feed(&mut db).await?.into_iter().collect();
    if !own.is_empty() {
        let mut unread = own.clone();
        unread.push(ArticleCondition::Read.negated());
        let counted: HashMap<FeedId, i64> =
            client_articles::count_by_feed(&mut db, &unread).await?.into_iter().collect();
        for (id, count) in &mut feeds {
            count.unread = counted.get(id).copied().unwrap_or(0);
        }
    }
    let all = sum(feeds.values());
    let topics: HashMap<CategoryId, i64> = if view.shows_topics && own.is_empty() {
        client_counts::by_category(&mut db).await?.into_iter().collect()
    } else {
        HashMap::new()
    };
    let mut labels = Vec::new();
    for named in list_labels(library, view) {
        let count = match named.label {
            ClientLabel::Folder(id) => {
                let inside = library.feeds.iter().filter(|feed| feed.folder_id == Some(id));
                sum(inside.filter_map(|feed| feeds.get(&feed.id)))
            }
            ClientLabel::Search(_) => {
                let mut conditions = own.clone();
                conditions.extend([named.label.condition(library), ArticleCondition::Read.negated()]);
                let unread = client_articles::count(&mut db, &conditions).await?.min(MAX_COUNTED_UNREAD);
                UnreadCount { unread, newest_us: all.newest_us }
            }
            label if !own.is_empty() => {
                let mut conditions = own.clone();
                conditions.extend([label.condition(library), ArticleCondition::Read.negated()]);
                let unread = client_articles::count(&mut db, &conditions).await?;
                UnreadCount { unread, newest_us: all.newest_us }
            }
            ClientLabel::Tier(tier) => client_counts::of_tier(&mut db, tier).await?,
            ClientLabel::Vote(vote) => {
                let unread = client_counts::of_vote(&mut db, Vote::as_str(vote)).await?;
                UnreadCount { unread, newest_us: all.newest_us }
            }
            ClientLabel::Topic(id) => {
                UnreadCount { unread: topics.get(&id).copied().unwrap_or(0), newest_us: all.newest_us }
            }
        };
        labels.push((named.name, named.label, count));
    }
    Ok(UnreadCounts { feeds, labels, all })
}

fn sum<'a>(counts: impl Iterator<Item = &'a UnreadCount>) -> UnreadCount {
    counts.fold(UnreadCount::default(), |sum, count| UnreadCount {
        unread: sum.unread + count.unread,
        newest_us: sum.newest_us.max(count.newest_us),
    })
}
