//! Makes the article that is stored of an entry of a feed: sanitized, with title, summary and plain text.

use crate::{
    domain::{article_identity::ArticleIdentity, feed::MAX_TITLE_CHARS, plain_text, story_signature::StorySignature},
    server::{
        feed::{
            canonical_url::story_link,
            identity::{MAX_IDENTIFIER_BYTES, details_hash, stored_guid},
            parse::parsed::ParsedEntry,
        },
        html::{sanitize, text},
        scoring::prompt_injection,
        services::search_index::index_article,
        storage::{details::PreparedDetails, ingest::PreparedArticle},
    },
};
use url::Url;

/// Characters of a title made from the text.
const MAX_DERIVED_TITLE_CHARS: usize = 90;
/// Longer names of authors are cut.
const MAX_AUTHOR_CHARS: usize = 200;

/// How much of an entry's markup is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MarkupRule {
    /// What the sanitizer allows.
    Sanitize,
    /// None: the document has more markup than is read.
    TextOnly,
}

/// Prepares an entry for storage. `fallback` is what relative addresses refer to when the entry does not say.
pub(super) fn prepare_article(
    entry: &ParsedEntry,
    fallback: &Url,
    identity: ArticleIdentity,
    rule: MarkupRule,
) -> PreparedArticle {
    let url = entry.link.as_deref().filter(|link| link.len() <= MAX_IDENTIFIER_BYTES);
    let url = url.and_then(|l| Url::parse(l).ok()).filter(|u| matches!(u.scheme(), "http" | "https"));
    let base = entry.base.as_ref().unwrap_or(fallback);
    let html = match rule {
        MarkupRule::Sanitize => sanitize::sanitize(entry.body(), Some(base)),
        MarkupRule::TextOnly => sanitize::sanitize_to_text(entry.body()),
    };
    let text = text::html_to_text(&html);
    let title = derive_title(entry, &text);
    let signs = prompt_injection::detect_signs(&format!("{title}\n{text}"));
    let url =
        url.map(|url| entry.link.clone().filter(|l| !l.contains(char::is_whitespace)).unwrap_or_else(|| url.into()));
    let author =
        entry.author.as_deref().map(|author| shorten(author, MAX_AUTHOR_CHARS)).filter(|author| !author.is_empty());
    let index = index_article(&title, author.as_deref(), url.as_deref(), &text);
    let link = url.as_deref().and_then(story_link);
    PreparedArticle {
        story: Some(StorySignature::new(link.as_deref(), &index)),
        index,
        guid: entry.id.as_deref().map(stored_guid),
        url,
        title,
        author,
        summary: text::truncate_to_summary(&text),
        published_at: entry.date().map(|d| d.0),
        html,
        signs,
        identity,
        details: prepare_details(entry),
        page: None,
    }
}

/// What the publisher sent beside the text, with its hash.
pub(super) fn prepare_details(entry: &ParsedEntry) -> PreparedDetails {
    PreparedDetails { hash: details_hash(&entry.details), details: entry.details.clone() }
}

/// The title; without one the first words, else those of a picture or file, else the address.
fn derive_title(entry: &ParsedEntry, text: &str) -> String {
    let media = entry.details.media_title().unwrap_or_default();
    let candidates =
        [(entry.title.as_str(), MAX_TITLE_CHARS), (text, MAX_DERIVED_TITLE_CHARS), (media, MAX_DERIVED_TITLE_CHARS)];
    let visible = candidates.into_iter().map(|(text, chars)| shorten(text, chars)).find(|title| !title.is_empty());
    if let Some(title) = visible {
        return title;
    }
    entry.link.as_deref().map_or_else(|| "(no title)".to_owned(), |link| shorten(link, MAX_TITLE_CHARS))
}

/// A text as [`plain_text::clean_line`] leaves it, of at most `max_chars` characters, cut between words, with an ellipsis where
/// it was cut.
pub(super) fn shorten(text: &str, max_chars: usize) -> String {
    // What is cut off need not be cleaned.
    let head = text.char_indices().nth(max_chars.saturating_mul(4)).map_or(text, |(end, _)| &text[..end]);
    plain_text::truncate_between_words(&plain_text::clean_line(head), max_chars)
}

#[cfg(test)]
mod tests {
    use super::{MarkupRule, prepare_article, shorten};
    use crate::{
        domain::{
            article_identity::ArticleIdentity,
            publisher_details::{ArticleMedia, PublisherDetails},
        },
        server::{
            feed::parse::parsed::{Enclosure, ParsedEntry},
            storage::ingest::PreparedArticle,
        },
    };
    use url::Url;

    fn prepared(entry: &ParsedEntry) -> PreparedArticle {
        let identity =
            ArticleIdentity { guid: None, link: None, path: None, label: 0, date: None, words: None, content: None };
        prepare_article(entry, &Url::parse("https://x.org/feed").expect("an address"), identity, MarkupRule::Sanitize)
    }

    #[test]
    fn titles_are_made_of_words_and_never_of_labels() {
        let picture = |title: &str| PublisherDetails {
            media: vec![ArticleMedia { title: Some(title.to_owned()), ..ArticleMedia::default() }],
            ..PublisherDetails::default()
        };
        for (content, details, title) in [
            ("<p>Some <b>words</b></p>", picture("A bee"), "Some words"),
            ("<img src=\"https://x.org/a.png\">", picture("A bee on a roof"), "A bee on a roof"),
            ("", PublisherDetails::default(), "(no title)"),
        ] {
            let enclosures = vec![Enclosure { url: "https://x.org/1.mp3".into(), media_type: "audio/mpeg".into() }];
            let entry =
                ParsedEntry { content: Some(content.to_owned()), details, enclosures, ..ParsedEntry::default() };
            let article = prepared(&entry);
            assert_eq!(article.title, title, "{content}");
            assert!(!article.html.contains("1.mp3"), "{}", article.html);
        }
    }

    #[test]
    fn nothing_is_longer_than_its_limit() {
        let long = |unit: &str| unit.repeat(4_000);
        let article = prepared(&ParsedEntry {
            id: Some(long("guid ")),
            link: Some(format!("https://x.org/{}", long("link"))),
            title: long("title "),
            author: Some(long("author ")),
            ..ParsedEntry::default()
        });
        let chars = |text: &str| text.chars().count();
        assert_eq!(article.guid.map(|guid| guid.len()), Some(71), "its hash");
        assert_eq!(article.url, None);
        assert!(chars(&article.title) <= 500 && article.title.ends_with("title…"), "{}", article.title);
        assert!(article.author.is_some_and(|author| chars(&author) <= 200));
        let untitled =
            prepared(&ParsedEntry { link: Some(format!("https://x.org/{}", long("b"))), ..ParsedEntry::default() });
        assert!(chars(&untitled.title) <= 500);
    }

    #[test]
    fn texts_are_cut_between_words() {
        for (text, cut) in [("one two", "one two"), ("one two three", "one two…"), ("onetwothreefour", "onetwothr…")]
        {
            assert_eq!(shorten(text, 10), cut, "{text}");
        }
    }
}
