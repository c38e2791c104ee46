//! Miniflux: `/v1/feeds` and `/v1/entries`, by ascending id.

use super::source::{SourceArticle, SourceFeed, SourcePage, api_error, parse_answer};
use crate::{
    domain::{
        feed_url::FeedUrl,
        publisher_details::{ArticleMedia, MediaKind, PublisherDetails},
        time::Timestamp,
    },
    error::AppError,
    server::{
        feed::{
            fetch::{ReaderApiClient, ReaderCredentials},
            parse::parsed::ParsedEntry,
        },
        state::App,
    },
};
use serde::Deserialize;

/// Articles of a page.
const PAGE_ARTICLES: &str = "100";
/// The category that every feed is in until the reader chooses another.
const DEFAULT_CATEGORY: &str = "All";

/// An account of a Miniflux.
#[derive(Debug)]
pub struct MinifluxSource {
    client: ReaderApiClient,
    user: String,
}

#[derive(Debug, Deserialize)]
struct MinifluxFeedAnswer {
    id: i64,
    feed_url: String,
    #[serde(default)]
    site_url: String,
    #[serde(default)]
    title: String,
    category: Option<MinifluxCategory>,
}

#[derive(Debug, Deserialize)]
struct MinifluxCategory {
    title: String,
}

#[derive(Debug, Deserialize)]
struct MinifluxUser {
    username: String,
}

#[derive(Debug, Deserialize)]
struct MinifluxEntries {
    #[serde(default)]
    entries: Option<Vec<MinifluxEntryAnswer>>,
}

#[derive(Debug, Deserialize)]
struct MinifluxEntryAnswer {
    id: i64,
    feed_id: i64,
    status: String,
    #[serde(default)]
    starred: bool,
    #[serde(default)]
    title: String,
    #[serde(default)]
    url: String,
    #[serde(default)]
    comments_url: String,
    #[serde(default)]
    author: String,
    #[serde(default)]
    content: String,
    published_at: Option<String>,
    #[serde(default)]
    enclosures: Option<Vec<MinifluxEnclosure>>,
    #[serde(default)]
    tags: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
struct MinifluxEnclosure {
    url: String,
    #[serde(default)]
    mime_type: String,
    #[serde(default)]
    size: i64,
}

impl MinifluxSource {
    /// Logs in. Errors: 422 for an address that cannot be used, 503 when the reader does not answer or refuses the credentials.
    pub(super) async fn connect(app: &App, address: &str, credentials: ReaderCredentials) -> Result<Self, AppError> {
        let base = FeedUrl::parse(address).map_err(|error| AppError::invalid(error.to_string()))?;
        let client = ReaderApiClient::new(&app.config.fetch, base, credentials).await.map_err(api_error)?;
        let user: MinifluxUser = get(&client, "v1/me", &[]).await?;
        Ok(Self { client, user: user.username })
    }

    pub(super) fn name(&self) -> String {
        format!("miniflux {} {}", self.client.base(), self.user)
    }

    pub(super) async fn list_feeds(&self) -> Result<Vec<SourceFeed>, AppError> {
        let mut feeds: Vec<MinifluxFeedAnswer> = get(&self.client, "v1/feeds", &[]).await?;
        feeds.sort_by_key(|feed| feed.id);
        let feeds = feeds.into_iter().map(|feed| SourceFeed {
            key: feed.id.to_string(),
            url: feed.feed_url,
            title: feed.title,
            site_url: Some(feed.site_url).filter(|site| !site.is_empty()),
            folder: feed.category.map(|category| category.title).filter(|title| title != DEFAULT_CATEGORY),
        });
        Ok(feeds.collect())
    }

    /// `position`: the id of the last entry before the page.
    pub(super) async fn load_page(&self, position: Option<&str>) -> Result<SourcePage, AppError> {
        let parameters = [
            ("status", "read"),
            ("status", "unread"),
            ("order", "id"),
            ("direction", "asc"),
            ("limit", PAGE_ARTICLES),
            ("after_entry_id", position.unwrap_or("0")),
        ];
        let page: MinifluxEntries = get(&self.client, "v1/entries", &parameters).await?;
        let entries = page.entries.unwrap_or_default();
        let next = entries.iter().map(|entry| entry.id).max().map(|id| id.to_string());
        Ok(SourcePage { articles: entries.into_iter().map(source_article).collect(), next })
    }
}

async fn get<T: serde::de::DeserializeOwned>(
    client: &ReaderApiClient,
    path: &str,
    parameters: &[(&str, &str)],
) -> Result<T, AppError> {
    let bytes = client.get(path, parameters).await.map_err(api_error)?;
    parse_answer(&bytes, &client.base().authority())
}

fn source_article(entry: MinifluxEntryAnswer) -> SourceArticle {
    let filled = |text: String| Some(text).filter(|text| !text.trim().is_empty());
    let media = entry.enclosures.unwrap_or_default().into_iter().map(|file| ArticleMedia {
        kind: media_kind(&file.mime_type),
        url: file.url,
        mime_type: filled(file.mime_type.to_ascii_lowercase()),
        bytes: Some(file.size).filter(|size| *size > 0),
        ..ArticleMedia::default()
    });
    SourceArticle {
        feed: entry.feed_id.to_string(),
        is_read: entry.status == "read",
        is_starred: entry.starred,
        labels: Vec::new(),
        entry: ParsedEntry {
            link: filled(entry.url),
            title: entry.title,
            author: filled(entry.author),
            published: entry.published_at.and_then(|at| at.parse::<Timestamp>().ok()),
            content: filled(entry.content),
            details: PublisherDetails {
                comments_url: filled(entry.comments_url),
                categories: entry.tags.unwrap_or_default(),
                media: media.collect(),
                ..PublisherDetails::default()
            },
            ..ParsedEntry::default()
        },
    }
}

fn media_kind(mime_type: &str) -> MediaKind {
    match mime_type.split('/').next().unwrap_or_default() {
        "image" => MediaKind::Image,
        "audio" => MediaKind::Audio,
        "video" => MediaKind::Video,
        _ => MediaKind::File,
    }
}
