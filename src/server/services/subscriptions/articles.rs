//! From what a publisher wrote to what is stored: identified, cleaned, summed up.

use crate::server::{
    feed::parse::parsed::{ParsedEntry, ParsedFeed},
    html::{entities, sanitize, text},
    scoring::prompt_injection,
    storage::ingest::PreparedArticle,
};
use sha2::{Digest, Sha256};
use std::{collections::HashMap, fmt::Write as _};
use url::Url;

/// Characters of a title made from the text.
const MAX_DERIVED_TITLE_CHARS: usize = 90;
/// Longer titles are cut; some feeds put the whole text there.
const MAX_TITLE_CHARS: usize = 500;

/// Prepares a feed's entries for storage. `document` is the address it came from.
pub(super) fn prepare_articles(feed: &ParsedFeed, document: &Url) -> Vec<PreparedArticle> {
    let mut uses: HashMap<&str, usize> = HashMap::new();
    for id in feed.entries.iter().filter_map(|e| e.id.as_deref()) {
        *uses.entry(id).or_default() += 1;
    }
    let site = feed.site.as_deref().and_then(|s| Url::parse(s).ok());
    let mut seen = std::collections::HashSet::new();
    let entries = feed.entries.iter().map(|entry| {
        let guid = derive_guid(entry, entry.id.as_deref().is_some_and(|id| uses.get(id).is_some_and(|n| *n > 1)));
        (guid, entry)
    });
    let fresh = entries.filter(|(guid, _)| seen.insert(guid.clone())).collect::<Vec<_>>();
    fresh.into_iter().map(|(guid, entry)| prepare_article(guid, entry, site.as_ref().unwrap_or(document))).collect()
}

/// The publisher's identity of an entry; its link when there is none or when several entries share it; at last its words.
fn derive_guid(entry: &ParsedEntry, shared: bool) -> String {
    match (&entry.id, &entry.link) {
        (Some(id), _) if !shared => id.clone(),
        (_, Some(link)) => match &entry.id {
            // Entries that share both are told apart by their titles.
            Some(id) if id == link => format!("{link}#{}", fingerprint(&[&entry.title])),
            _ => link.clone(),
        },
        _ => fingerprint(&[&entry.title, &entry.date().map(|d| d.to_string()).unwrap_or_default(), entry.body()]),
    }
}

fn prepare_article(guid: String, entry: &ParsedEntry, fallback: &Url) -> PreparedArticle {
    let url = entry.link.as_deref().and_then(|l| Url::parse(l).ok()).filter(|u| matches!(u.scheme(), "http" | "https"));
    let base = entry.base.as_ref().or(url.as_ref()).unwrap_or(fallback);
    let html = sanitize::sanitize(&append_enclosures(entry), Some(base));
    let text = text::html_to_text(&html);
    let title = derive_title(entry, &text);
    let signs = prompt_injection::detect_signs(&format!("{title}\n{text}"));
    let url =
        url.map(|url| entry.link.clone().filter(|l| !l.contains(char::is_whitespace)).unwrap_or_else(|| url.into()));
    let author = entry.author.clone().filter(|a| !a.is_empty());
    let hash = fingerprint(&[&title, url.as_deref().unwrap_or_default(), author.as_deref().unwrap_or_default(), &html]);
    PreparedArticle {
        guid,
        url,
        title,
        author,
        summary: text::truncate_to_summary(&text),
        published_at: entry.date().map(|d| d.0),
        html,
        text,
        signs,
        hash,
    }
}

/// Episodes and videos are named at the end, unless the text links to them already.
fn append_enclosures(entry: &ParsedEntry) -> std::borrow::Cow<'_, str> {
    let body = entry.body();
    let missing: Vec<_> = entry
        .enclosures
        .iter()
        .filter(|e| e.media_type.starts_with("audio/") || e.media_type.starts_with("video/"))
        .filter(|e| !body.contains(e.url.as_str()))
        .collect();
    if missing.is_empty() {
        return body.into();
    }
    let mut html = body.to_owned();
    for enclosure in missing {
        let what = if enclosure.media_type.starts_with("audio/") { "Listen" } else { "Watch" };
        let _ = write!(html, "<p><a href=\"{}\">{what}</a></p>", entities::encode(&enclosure.url));
    }
    html.into()
}

/// An entry without a title goes by its first words, or by its address.
fn derive_title(entry: &ParsedEntry, text: &str) -> String {
    let cut = |words: &str, most: usize| match words.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", words[..at].rfind(' ').map_or(&words[..at], |space| &words[..space])),
        None => words.to_owned(),
    };
    if !entry.title.is_empty() {
        return cut(&entry.title, MAX_TITLE_CHARS);
    }
    if !text.is_empty() {
        return cut(text, MAX_DERIVED_TITLE_CHARS);
    }
    entry.link.clone().unwrap_or_else(|| "(no title)".to_owned())
}

/// sha256 in hex over parts that cannot run into each other.
fn fingerprint(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    hex::encode(hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::{derive_guid, prepare_articles};
    use crate::server::feed::parse::parsed::{Enclosure, ParsedEntry, ParsedFeed};
    use url::Url;

    fn entry(id: Option<&str>, link: Option<&str>, title: &str) -> ParsedEntry {
        ParsedEntry {
            id: id.map(str::to_owned),
            link: link.map(str::to_owned),
            title: title.to_owned(),
            ..ParsedEntry::default()
        }
    }

    #[test]
    fn identity_is_guid_then_link_then_words() {
        assert_eq!(derive_guid(&entry(Some("g"), Some("l"), "t"), false), "g");
        assert_eq!(derive_guid(&entry(Some("g"), Some("l"), "t"), true), "l");
        assert_eq!(derive_guid(&entry(None, Some("l"), "t"), false), "l");
        assert_eq!(derive_guid(&entry(None, None, "t"), false), derive_guid(&entry(None, None, "t"), false));
        assert_ne!(derive_guid(&entry(None, None, "t"), false), derive_guid(&entry(None, None, "u"), false));
    }

    #[test]
    fn entries_come_out_whole_and_once() {
        let mut episode = entry(Some("1"), Some("https://x.org/1"), "");
        episode.content = Some("<p>Some <b>words</b></p>".into());
        episode.enclosures = vec![Enclosure { url: "https://x.org/1.mp3".into(), media_type: "audio/mpeg".into() }];
        let feed =
            ParsedFeed { entries: vec![episode.clone(), episode, entry(None, None, "T")], ..ParsedFeed::default() };
        let found = prepare_articles(&feed, &Url::parse("https://x.org/feed").expect("an address"));
        assert_eq!(found.len(), 2, "the same entry twice is one");
        assert_eq!(found[0].title, "Some words Listen");
        assert!(found[0].html.contains("https://x.org/1.mp3"));
        assert_eq!(found[1].title, "T");
    }
}
