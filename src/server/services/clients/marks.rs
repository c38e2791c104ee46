//! Marks that other readers set: read, star, vote; on articles, and on everything of a list.

use super::{articles::MICROS_PER_SECOND, labels::ClientLabel, view::ClientView};
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
        services::clients::articles::now_us,
        state::App,
        storage::{
            client_articles::{self, ArticleCondition, ClientOrder, ClientQuery},
            marks, votes,
        },
    },
};

/// Up to so many articles open pages are told of each; of more, only that counters changed.
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

/// Sets marks and vote of articles, each only when given. Ids that are gone count for nothing.
#[tracing::instrument(name = "clients.marks.set_marks", level = "debug", skip_all)]
pub async fn set_marks(app: &App, ids: &[ArticleId], change: ArticleChange) -> Result<(), AppError> {
    if ids.is_empty() || change == ArticleChange::default() {
        return Ok(());
    }
    let mut db = app.db.write().await?;
    if change.is_read.is_some() || change.is_starred.is_some() {
        marks::set_many(&mut db, ids, change.is_read, change.is_starred, app.clock.now()).await?;
    }
    if let Some(vote) = change.vote {
        for id in ids {
            votes::set(&mut db, *id, vote, app.clock.now()).await?;
        }
    }
    db.commit().await?;
    if ids.len() <= MAX_ARTICLE_EVENTS {
        for id in ids {
            app.publish(LiveEvent::Article { id: *id });
        }
    } else {
        app.publish(LiveEvent::Feeds { new_articles: 0 });
    }
    Ok(())
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
/// it arrived until then, and for score bands and topics it had its score or its categories until then. How many were unread.
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
        ClientScope::Label(label) => conditions.push(label.condition()),
        ClientScope::Starred => conditions.push(ArticleCondition::Starred),
        ClientScope::NoFolder => conditions.push(ArticleCondition::NoFolder),
    }
    if let Some(until) = until_us {
        conditions.push(ArticleCondition::ArrivedUntil(until));
        let second = Timestamp(until.div_euclid(MICROS_PER_SECOND));
        match scope {
            ClientScope::Label(ClientLabel::Tier(_)) => conditions.push(ArticleCondition::ScoredUntil(second)),
            ClientScope::Label(ClientLabel::Topic(_)) => conditions.push(ArticleCondition::CategorizedUntil(second)),
            _ => {}
        }
    }
    let mut db = app.db.write().await?;
    let marked = client_articles::mark_read_where(&mut db, &conditions, app.clock.now()).await?;
    db.commit().await?;
    app.publish(LiveEvent::Feeds { new_articles: 0 });
    Ok(marked)
}
