//! Marks that other readers set: read, star, vote; on articles, and on everything of a list.

use super::{labels::ClientLabel, library::load_library, view::ClientView};
use crate::domain::time::MICROS_PER_SECOND;
use crate::{
    domain::{
        article::ArticleChange,
        ids::{ArticleId, FeedId},
        live_event::LiveEvent,
        time::Timestamp,
        vote::Vote,
    },
    error::AppError,
    server::{
        services::{clients::articles::now_us, slices::SliceSize},
        state::App,
        storage::{
            client_articles::{self, ArticleCondition, ClientOrder, ClientQuery},
            marks, votes,
        },
    },
};

/// Maximum changed articles for which open pages get one event each; of more, they learn only that counters changed.
const MAX_ARTICLE_EVENTS: usize = 20;

/// A list that can be marked as read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientScope {
    /// Everything.
    All,
    /// A feed.
    Feed(FeedId),
    /// A label: a folder, a score band, a topic, a vote.
    Label(ClientLabel),
    /// Starred articles.
    Starred,
    /// Articles of feeds in no folder.
    NoFolder,
}

/// Sets marks and vote of articles, each only when given. Unknown ids are ignored.
#[tracing::instrument(name = "clients.marks.set_marks", level = "debug", skip_all)]
pub async fn set_marks(app: &App, ids: &[ArticleId], change: ArticleChange) -> Result<(), AppError> {
    if ids.is_empty() || change == ArticleChange::default() {
        return Ok(());
    }
    set_in_slices(app, ids, change).await?;
    if ids.len() <= MAX_ARTICLE_EVENTS {
        for id in ids {
            app.publish(LiveEvent::Article { id: *id });
        }
    } else {
        app.publish(LiveEvent::Feeds { new_articles: 0 });
    }
    Ok(())
}

/// Sets marks and vote in short transactions, until the soft stop; how many articles changed their marks. A client that got no answer
/// sends the same again.
async fn set_in_slices(app: &App, ids: &[ArticleId], change: ArticleChange) -> Result<u64, AppError> {
    let (mut rest, mut size, mut count) = (ids, SliceSize::first(), 0);
    while !rest.is_empty() && !app.lifecycle.soft_stop.is_cancelled() {
        let slice;
        (slice, rest) = rest.split_at(rest.len().min(usize::from(size.rows())));
        let mut db = app.db.write().await?;
        let began_ms = app.clock.monotonic_ms();
        if change.is_read.is_some() || change.is_starred.is_some() {
            count += marks::set_many(&mut db, slice, change.is_read, change.is_starred, app.clock.now()).await?;
        }
        if let Some(vote) = change.vote {
            for id in slice {
                votes::set(&mut db, *id, vote, app.clock.now()).await?;
            }
        }
        db.commit().await?;
        size = size.after(app.clock.monotonic_ms() - began_ms);
    }
    Ok(count)
}

/// Takes back the votes of this kind on articles; other votes stay.
#[tracing::instrument(name = "clients.marks.withdraw_votes", level = "debug", skip_all)]
pub async fn withdraw_votes(app: &App, ids: &[ArticleId], vote: Vote) -> Result<(), AppError> {
    let find = ClientQuery {
        conditions: vec![ArticleCondition::IdIn(ids.to_vec()), ArticleCondition::Voted(vote)],
        order: ClientOrder::Id,
        is_descending: false,
        limit: i64::MAX,
        offset: 0,
    };
    let keys = client_articles::find_keys(&mut *app.db.read.acquire().await?, &find).await?;
    let ids: Vec<ArticleId> = keys.into_iter().map(|key| key.id).collect();
    set_marks(app, &ids, ArticleChange::set_vote(None)).await
}

/// Marks everything of a list read that the device can have seen until `until_us` (microseconds since the Unix epoch; default: now):
/// it arrived until then, and for score bands and topics it had its score or its categories before that second, the unit in which their
/// times are stored; for saved searches nothing that a query can ask of publisher and models changed from then on. How many were unread.
#[tracing::instrument(name = "clients.marks.mark_list_read", level = "debug", skip_all)]
pub async fn mark_list_read(
    app: &App,
    view: &ClientView,
    scope: ClientScope,
    until_us: Option<i64>,
) -> Result<u64, AppError> {
    let mut conditions = view.conditions(now_us(app));
    match scope {
        ClientScope::All => {}
        ClientScope::Feed(id) => conditions.push(ArticleCondition::Feed(id)),
        ClientScope::Label(label) => conditions.push(label.condition(&load_library(app).await?)),
        ClientScope::Starred => conditions.push(ArticleCondition::Starred),
        ClientScope::NoFolder => conditions.push(ArticleCondition::NoFolder),
    }
    if let Some(until) = until_us {
        conditions.push(ArticleCondition::ArrivedUntil(until));
        let second = Timestamp(until.div_euclid(MICROS_PER_SECOND));
        match scope {
            ClientScope::Label(ClientLabel::Tier(_)) => conditions.push(ArticleCondition::ScoredBefore(second)),
            ClientScope::Label(ClientLabel::Topic(_)) => conditions.push(ArticleCondition::CategorizedBefore(second)),
            ClientScope::Label(ClientLabel::Search(_)) => {
                conditions.extend([ArticleCondition::NotEditedFrom(second), ArticleCondition::NotJudgedFrom(second)]);
            }
            _ => {}
        }
    }
    let ids = client_articles::find_unread_ids(&app.db.read, &conditions).await?;
    let marking = {
        let app = app.clone();
        async move { set_in_slices(&app, &ids, ArticleChange::mark_read(true)).await }
    };
    let marked = app.lifecycle.finish(marking).await.unwrap_or(Ok(0))?;
    app.publish(LiveEvent::Feeds { new_articles: 0 });
    Ok(marked)
}
