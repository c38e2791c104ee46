//! What an outgoing feed holds: the newest articles that its search finds.

use crate::{
    domain::{
        article::{ArticleSort, ArticleView, ListQuery},
        ids::{ArticleId, FeedId},
        publisher_details::MediaKind,
        time::Timestamp,
    },
    error::AppError,
    server::{
        feed::{
            opml::{self, Outline},
            write::{OutgoingArticle, OutgoingDocument},
        },
        secrets::{self, InstanceKey},
        services::{
            clients::{text, view::ClientView},
            list_search::ListSearch,
            subscriptions,
        },
        state::App,
        storage::{
            client_rows::{self, ClientArticle},
            preferences,
            saved_searches::SavedSearchRow,
        },
    },
};
use std::collections::BTreeSet;

/// Articles of an outgoing feed at most.
const MAX_ARTICLES: i64 = 50;

/// The articles that a saved search finds: the newest, unless it names another order.
async fn load_articles(app: &App, search: &SavedSearchRow) -> Result<Vec<ClientArticle>, AppError> {
    let list = ListQuery {
        view: ArticleView::All,
        sort: ArticleSort::Newest,
        search: Some(search.query.clone()),
        ..ListQuery::default()
    };
    let mut db = app.db.read.begin().await?;
    let found = ListSearch::load(&mut db, &list, app.clock.now()).await?;
    let keys = found.find_keys(&mut db, found.sort, None, MAX_ARTICLES).await?.keys;
    let ids: Vec<ArticleId> = keys.into_iter().map(|key| key.id).collect();
    Ok(client_rows::load(&mut db, &ids).await?)
}

/// The feed of a saved search. `home`: the address of this instance, with `/` at the end.
pub(super) async fn load(
    app: &App,
    search: &SavedSearchRow,
    created_at: Timestamp,
    (key, home, self_url): (&InstanceKey, &str, String),
) -> Result<OutgoingDocument, AppError> {
    let view = ClientView {
        has_model: !preferences::get(&app.db.read).await?.without_model,
        shows_scores: true,
        shows_topics: true,
        min_score: None,
        score_in_title: false,
    };
    let articles = load_articles(app, search).await?;
    let articles: Vec<OutgoingArticle> =
        articles.into_iter().map(|article| outgoing_article(article, &view, key)).collect();
    let query: String = url::form_urlencoded::Serializer::new(String::new()).append_pair("q", &search.query).finish();
    Ok(OutgoingDocument {
        id: make_urn(key, "outgoing feed id", search.id.0),
        title: search.name.clone(),
        self_url,
        home_url: format!("{home}search?{query}"),
        updated: articles.iter().map(|article| article.updated).max().unwrap_or(created_at),
        articles,
    })
}

fn outgoing_article(article: ClientArticle, view: &ClientView, key: &InstanceKey) -> OutgoingArticle {
    let html = text::html(&article, view);
    let ClientArticle { row, changed_at, media, .. } = article;
    let score = row.score.filter(|score| view.has_model && !score.is_keyword_rank);
    let scored_at = score.as_ref().and_then(|score| score.scored_at);
    let files = media.into_iter().filter(|file| !matches!(file.kind, MediaKind::Image | MediaKind::Thumbnail));
    OutgoingArticle {
        id: make_urn(key, "outgoing article id", row.id.0),
        url: row.url,
        title: row.title,
        author: row.author,
        feed_title: row.feed_title,
        published: row.sorted_at,
        updated: scored_at.map_or(changed_at, |at| at.max(changed_at)),
        language: row.language,
        html,
        score: score.as_ref().map(|score| score.composite),
        reason: score.map(|score| score.reasoning).filter(|reason| !reason.is_empty()),
        categories: row.categories.into_iter().map(|label| label.name).collect(),
        files: files.collect(),
    }
}

/// The feeds that the articles come from.
pub(super) async fn render_opml(app: &App, search: &SavedSearchRow) -> Result<String, AppError> {
    let from: BTreeSet<FeedId> =
        load_articles(app, search).await?.into_iter().map(|article| article.row.feed_id).collect();
    let feeds = subscriptions::list_feeds(app).await?;
    let outlines: Vec<Outline> = feeds
        .into_iter()
        .filter(|feed| from.contains(&feed.id))
        .map(|feed| Outline {
            title: feed.display_title().to_owned(),
            folder: None,
            url: feed.url.to_string(),
            site_url: feed.site_url,
        })
        .collect();
    Ok(opml::write(&search.name, &outlines))
}

/// A URN that stays the same for this instance and tells nothing of it: a UUID of version 8 (RFC 9562).
fn make_urn(key: &InstanceKey, purpose: &str, id: i64) -> String {
    let mut bytes = secrets::mac(key, purpose, &id.to_be_bytes());
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = hex::encode(&bytes[..16]);
    format!("urn:uuid:{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}
