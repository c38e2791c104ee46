//! The JSON of Miniflux, with every field that clients require. Texts are never null.

use crate::domain::time::MICROS_PER_SECOND;
use crate::{
    domain::{
        feed::{Feed, FeedState, Folder},
        ids::{FeedId, FolderId},
        publisher_details::ArticleMedia,
        score::{ArticleState, ScoreTier},
        time::Timestamp,
    },
    server::{
        services::clients::{
            labels::{ClientLabel, LabelNames, folder_label},
            library::ClientLibrary,
            text,
            view::ClientView,
        },
        storage::client_rows::ClientArticle,
    },
};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet};

/// The one user.
pub const USER_ID: i64 = 1;
/// The category of the feeds in no folder.
pub const ALL_CATEGORY_ID: i64 = 1;
/// The time that Miniflux sends for "never".
const NEVER: &str = "0001-01-01T00:00:00Z";
/// Bytes of markup per minute of reading time.
const MARKUP_BYTES_PER_MINUTE: usize = 1_800;
/// Enclosures of an article that have an id: `article × 100 + position`.
const ENCLOSURES_PER_ARTICLE: i64 = 100;

/// The id of the category that stands for a folder.
pub const fn category_id(folder: FolderId) -> i64 {
    folder.0 + 1
}

/// The folder that a category stands for; `None`: no folder.
pub const fn folder_of_category(category: i64) -> Option<FolderId> {
    if category == ALL_CATEGORY_ID { None } else { Some(FolderId(category - 1)) }
}

/// A category.
pub fn category_response(folder: Option<&Folder>) -> Value {
    let id = folder.map_or(ALL_CATEGORY_ID, |folder| category_id(folder.id));
    let title = folder.map_or_else(|| "All".to_owned(), |folder| folder_label(&folder.name));
    json!({ "id": id, "title": title, "user_id": USER_ID, "hide_globally": false })
}

/// The one user, by the name of the device that asks.
pub fn user_response(username: &str) -> Value {
    json!({
        "id": USER_ID, "username": username, "is_admin": false, "theme": "light_serif", "language": "en_US", "timezone": "UTC",
        "entry_sorting_direction": "desc", "entry_sorting_order": "published_at", "stylesheet": "", "custom_js": "",
        "external_font_hosts": "", "google_id": "", "openid_connect_id": "", "entries_per_page": 100,
        "keyboard_shortcuts": true, "show_reading_time": true, "entry_swipe": true, "gesture_nav": "tap",
        "last_login_at": null, "display_mode": "standalone", "default_reading_speed": 265, "cjk_reading_speed": 500,
        "default_home_page": "unread", "categories_sorting_order": "unread_count", "mark_read_on_view": true,
        "mark_read_on_media_player_completion": false, "media_playback_rate": 1, "block_filter_entry_rules": "",
        "keep_filter_entry_rules": "", "always_open_external_links": false, "open_external_links_in_new_tab": true,
    })
}

/// A feed. `icons`: the ids of icons by their hashes.
pub fn feed_response(feed: &Feed, library: &ClientLibrary, icons: &HashMap<String, i64>) -> Value {
    let icon = feed.icon.as_ref().and_then(|hash| Some((hash, icons.get(hash)?)));
    let icon = icon.map(|(hash, id)| json!({ "feed_id": feed.id, "icon_id": id, "external_icon_id": hash }));
    let checked_at = feed.last_fetched_at.map_or_else(|| NEVER.to_owned(), |at| at.to_string());
    json!({
        "id": feed.id, "user_id": USER_ID, "feed_url": feed.url.as_str(), "site_url": feed.site_url.as_deref().unwrap_or_default(),
        "title": feed.display_title(), "description": "", "language": "", "checked_at": checked_at,
        "next_check_at": feed.next_fetch_at, "etag_header": "", "last_modified_header": "",
        "parsing_error_message": feed.health.message.as_deref().unwrap_or_default(),
        "parsing_error_count": feed.health.failures, "scraper_rules": "", "rewrite_rules": "", "blocklist_rules": "",
        "keeplist_rules": "", "block_filter_entry_rules": "", "keep_filter_entry_rules": "", "urlrewrite_rules": "",
        "user_agent": "", "cookie": "", "username": "", "password": "", "disabled": feed.health.state == FeedState::Gone,
        "no_media_player": false, "ignore_http_cache": false, "allow_self_signed_certificates": false,
        "fetch_via_proxy": false, "hide_globally": false, "disable_http2": false, "pushover_enabled": false,
        "ntfy_enabled": false, "crawler": false, "ignore_entry_updates": false, "apprise_service_urls": "",
        "webhook_url": "", "ntfy_priority": 3, "ntfy_topic": "", "pushover_priority": 0, "proxy_url": "",
        "category": category_response(feed.folder_id.and_then(|id| library.folder(id))), "icon": icon,
    })
}

/// An article.
#[derive(Serialize)]
pub struct MinifluxEntry<'a> {
    id: i64,
    user_id: i64,
    feed_id: i64,
    status: &'static str,
    hash: String,
    title: String,
    url: &'a str,
    comments_url: &'a str,
    published_at: Timestamp,
    created_at: Timestamp,
    changed_at: Timestamp,
    content: String,
    author: &'a str,
    language: &'a str,
    share_code: &'static str,
    starred: bool,
    reading_time: usize,
    enclosures: Vec<Value>,
    feed: &'a Value,
    tags: Vec<String>,
}

/// Writes entries for the view of a device.
#[derive(Debug)]
pub struct EntryWriter<'a> {
    library: &'a ClientLibrary,
    names: LabelNames,
    view: &'a ClientView,
    feeds: HashMap<FeedId, Value>,
}

impl<'a> EntryWriter<'a> {
    /// A writer of `articles` for a device's view; each of their feeds is written once. `icons`: the ids of icons by their hashes.
    pub fn new(
        library: &'a ClientLibrary,
        view: &'a ClientView,
        icons: &HashMap<String, i64>,
        articles: &[ClientArticle],
    ) -> Self {
        let wanted: HashSet<FeedId> = articles.iter().map(|article| article.row.feed_id).collect();
        let feeds = library.feeds.iter().filter(|feed| wanted.contains(&feed.id));
        let feeds = feeds.map(|feed| (feed.id, feed_response(feed, library, icons))).collect();
        Self { library, names: LabelNames::new(library), view, feeds }
    }

    /// An entry; `None` when its feed was removed meanwhile.
    pub fn entry(&'a self, article: &'a ClientArticle) -> Option<MinifluxEntry<'a>> {
        let row = &article.row;
        let content = text::html(article, self.view);
        let media = article.media.iter().zip(0..ENCLOSURES_PER_ARTICLE);
        Some(MinifluxEntry {
            id: row.id.0,
            user_id: USER_ID,
            feed_id: row.feed_id.0,
            status: if row.is_read { "read" } else { "unread" },
            hash: hex::encode(Sha256::digest(row.id.0.to_be_bytes())),
            title: text::title(article, self.view),
            url: row.url.as_deref().unwrap_or_default(),
            comments_url: article.comments_url.as_deref().unwrap_or_default(),
            published_at: row.sorted_at,
            created_at: Timestamp(article.arrived_us.div_euclid(MICROS_PER_SECOND)),
            changed_at: article.changed_at,
            reading_time: content.len().div_ceil(MARKUP_BYTES_PER_MINUTE),
            content,
            author: row.author.as_deref().unwrap_or_default(),
            language: row.language.as_deref().unwrap_or_default(),
            share_code: "",
            starred: row.is_starred,
            enclosures: media.map(|(media, at)| enclosure(row.id.0, at, media)).collect(),
            feed: self.feeds.get(&row.feed_id)?,
            tags: self.tags(article),
        })
    }

    /// The label of the score, the saved searches and the topics, as the device is shown them.
    fn tags(&self, article: &ClientArticle) -> Vec<String> {
        let row = &article.row;
        let score = row.score.as_ref().filter(|score| !score.is_keyword_rank && row.state == ArticleState::Scored);
        let mut labels = Vec::new();
        if let Some(score) = score.filter(|_| self.view.shows_scores && self.view.has_model) {
            labels.push(ClientLabel::Tier(ScoreTier::from_composite(score.composite)));
        }
        if self.view.shows_scores {
            labels.extend(self.library.searches_of(row.id).map(|search| ClientLabel::Search(search.id)));
        }
        if self.view.shows_topics {
            labels.extend(self.library.topics_of(row).into_iter().map(|topic| ClientLabel::Topic(topic.id)));
        }
        labels.into_iter().filter_map(|label| self.names.get(label).map(str::to_owned)).collect()
    }
}

fn enclosure(article: i64, at: i64, media: &ArticleMedia) -> Value {
    json!({
        "id": article * ENCLOSURES_PER_ARTICLE + at, "user_id": USER_ID, "entry_id": article, "url": media.url,
        "mime_type": media.mime_type_or_default(), "size": media.bytes.unwrap_or(0), "media_progression": 0,
    })
}
