//! Items as Google Reader's clients read them, with every member that one of them requires. Texts are never null.

use super::{
    item_id::long_item_id,
    streams::{READ, READING_LIST, STARRED, feed_stream, label_stream},
};
use crate::{
    domain::{
        article::ArticleRow,
        publisher_details::ArticleMedia,
        score::{ArticleState, ScoreTier},
    },
    server::{
        services::clients::{
            labels::{ClientLabel, LabelNames},
            library::ClientLibrary,
            text,
            view::ClientView,
        },
        storage::client_rows::ClientArticle,
    },
};
use serde::Serialize;

/// Microseconds of a millisecond.
const MICROS_PER_MILLISECOND: i64 = 1_000;

/// An item.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GreaderItem<'a> {
    id: String,
    title: String,
    published: i64,
    updated: i64,
    crawl_time_msec: String,
    timestamp_usec: String,
    author: &'a str,
    canonical: [GreaderAddress<'a>; 1],
    alternate: [GreaderLink<'a>; 1],
    summary: GreaderSummary,
    categories: Vec<String>,
    origin: GreaderOrigin<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    enclosure: Vec<GreaderEnclosure<'a>>,
}

/// The address of an item as the only member: a client in Python accepts no other.
#[derive(Serialize)]
pub struct GreaderAddress<'a> {
    href: &'a str,
}

/// The address of an item, with its type.
#[derive(Serialize)]
pub struct GreaderLink<'a> {
    href: &'a str,
    #[serde(rename = "type")]
    mime_type: &'static str,
}

/// The text of an item.
#[derive(Serialize)]
pub struct GreaderSummary {
    content: String,
}

/// The feed of an item.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GreaderOrigin<'a> {
    stream_id: String,
    title: &'a str,
    html_url: &'a str,
}

/// A picture or file of an item.
#[derive(Serialize)]
pub struct GreaderEnclosure<'a> {
    href: &'a str,
    #[serde(rename = "type")]
    mime_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    length: Option<i64>,
}

/// Writes items for the view of a device.
#[derive(Clone, Debug)]
pub struct ItemWriter {
    library: ClientLibrary,
    names: LabelNames,
    view: ClientView,
}

impl ItemWriter {
    /// A writer for a device's view.
    pub fn new(library: ClientLibrary, view: ClientView) -> Self {
        Self { names: LabelNames::new(&library), library, view }
    }

    /// An item; `None` when its feed was removed meanwhile.
    pub fn item<'a>(&'a self, article: &'a ClientArticle) -> Option<GreaderItem<'a>> {
        let row = &article.row;
        let feed = self.library.feed(row.feed_id)?;
        let href = row.url.as_deref().unwrap_or_default();
        Some(GreaderItem {
            id: long_item_id(row.id),
            title: text::title(article, &self.view),
            published: row.sorted_at.0,
            // Liferea knows no other date.
            updated: row.sorted_at.0,
            crawl_time_msec: article.arrived_us.div_euclid(MICROS_PER_MILLISECOND).to_string(),
            timestamp_usec: article.arrived_us.to_string(),
            author: row.author.as_deref().unwrap_or_default(),
            canonical: [GreaderAddress { href }],
            alternate: [GreaderLink { href, mime_type: "text/html" }],
            summary: GreaderSummary { content: text::html(article, &self.view) },
            categories: self.categories(row),
            origin: GreaderOrigin {
                stream_id: feed_stream(feed.id),
                title: feed.display_title(),
                html_url: feed.site_url.as_deref().unwrap_or_default(),
            },
            enclosure: article.media.iter().map(enclosure).collect(),
        })
    }

    /// The states and labels of an item, as the device is shown them.
    fn categories(&self, row: &ArticleRow) -> Vec<String> {
        let mut streams = vec![READING_LIST.to_owned()];
        if row.is_read {
            streams.push(READ.to_owned());
        }
        if row.is_starred {
            streams.push(STARRED.to_owned());
        }
        let mut add = |label: ClientLabel| streams.extend(self.names.get(label).map(label_stream));
        if let Some(folder) = self.library.folder_of(row.feed_id) {
            add(ClientLabel::Folder(folder.id));
        }
        let score = row.score.as_ref().filter(|score| !score.is_keyword_rank && row.state == ArticleState::Scored);
        if let Some(score) = score.filter(|_| self.view.shows_scores && self.view.has_model) {
            add(ClientLabel::Tier(ScoreTier::from_composite(score.composite)));
        }
        if let Some(vote) = row.vote.filter(|_| self.view.shows_scores) {
            add(ClientLabel::Vote(vote));
        }
        if self.view.shows_scores {
            for search in self.library.searches_of(row.id) {
                add(ClientLabel::Search(search.id));
            }
        }
        if self.view.shows_topics {
            for topic in self.library.topics_of(row) {
                add(ClientLabel::Topic(topic.id));
            }
        }
        streams
    }
}

fn enclosure(media: &ArticleMedia) -> GreaderEnclosure<'_> {
    GreaderEnclosure { href: &media.url, mime_type: media.mime_type_or_default(), length: media.bytes }
}

#[cfg(test)]
mod tests {
    use super::{ArticleMedia, enclosure};
    use crate::domain::publisher_details::MediaKind;
    use serde_json::{json, to_value};

    #[test]
    fn an_enclosure_always_has_a_type() {
        for (kind, sent, mime_type) in [
            (MediaKind::Audio, Some("audio/ogg"), "audio/ogg"),
            (MediaKind::Audio, None, "audio/mpeg"),
            (MediaKind::Video, None, "video/mp4"),
            (MediaKind::Thumbnail, None, "image/jpeg"),
            (MediaKind::File, None, "application/octet-stream"),
        ] {
            let url = "https://loom.example/x".to_owned();
            let media = ArticleMedia { kind, url, mime_type: sent.map(str::to_owned), ..ArticleMedia::default() };
            let written = to_value(enclosure(&media)).expect("JSON");
            assert_eq!(written, json!({ "href": "https://loom.example/x", "type": mime_type }));
        }
    }
}
