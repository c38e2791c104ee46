//! Articles of another reader, compared with those of a feed as the items of its document are.

use super::{
    articles::{MarkupRule, prepare_article},
    document::complete_identities,
};
use crate::{
    domain::{
        article_identity::{ArticleIdentity, ItemDecision, decide},
        feed_url::FeedUrl,
        ids::{ArticleId, FeedId},
    },
    error::AppError,
    server::{
        blocking::ParseKind,
        feed::{
            identity::document_items,
            parse::parsed::{ParsedEntry, ParsedFeed},
        },
        state::App,
        storage::{identities, ingest::PreparedArticle},
    },
};

/// What an article of another reader is here.
#[derive(Debug)]
pub enum MovedArticle {
    /// It is not stored yet.
    New(Box<PreparedArticle>),
    /// It is stored, or only its identity is kept.
    Known(ArticleId),
    /// It is the same as another one, whose position this is.
    SameAs(usize),
}

/// Decisions about articles of a feed. They hold as long as nobody else stores articles of it.
#[derive(Debug)]
pub struct MovedArticles {
    /// The revision of the feed's articles that the decisions rest on.
    pub revision: i64,
    /// One for each article, in their order.
    pub articles: Vec<MovedArticle>,
}

/// Compares articles of another reader with those of a feed and prepares the new ones. Their texts are what that reader made of them:
/// the next document of the feed replaces them, which is no edit.
#[tracing::instrument(name = "subscriptions.plan_moved_articles", level = "debug", skip_all, fields(%feed))]
pub async fn plan_moved_articles(
    app: &App,
    (feed, url): (FeedId, &FeedUrl),
    site: Option<String>,
    entries: Vec<ParsedEntry>,
) -> Result<MovedArticles, AppError> {
    let state = identities::load_state(&app.db.read, feed).await?.unwrap_or_default();
    if !state.has_identities {
        complete_identities(app, feed).await?;
    }
    let url = url.as_url().clone();
    let address = url.clone();
    let read = app.parse_pool.run(ParseKind::Feed, move |_| {
        let parsed = ParsedFeed { site, entries, ..ParsedFeed::default() };
        let items = document_items(&parsed, &address);
        (parsed, items)
    });
    let (parsed, items) = read.await?;
    let (known, _) = identities::load_known(&app.db.read, feed, &items).await?;
    let planned = app.parse_pool.run(ParseKind::Feed, move |_| {
        let decisions = decide(&items, &known, state.guids);
        let decided = parsed.entries.iter().zip(&items).zip(decisions.items);
        let articles = decided.map(|((entry, item), decision)| match decision {
            ItemDecision::Insert => {
                let identity = ArticleIdentity { words: None, content: None, ..item.identity };
                MovedArticle::New(Box::new(prepare_article(entry, &url, identity, MarkupRule::Sanitize)))
            }
            ItemDecision::Update { article, .. } | ItemDecision::Unchanged(article) => MovedArticle::Known(article),
            ItemDecision::SameAs(position) => MovedArticle::SameAs(position),
        });
        articles.collect()
    });
    Ok(MovedArticles { revision: state.revision, articles: planned.await? })
}
