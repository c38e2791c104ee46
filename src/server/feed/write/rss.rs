//! RSS 2.0, with the elements that readers know for what it lacks: content, authors without an address, the own address.

use super::{
    OutgoingArticle, OutgoingDocument,
    xml_text::{encode, push_element},
};
use crate::{domain::time::Timestamp, server::html::entities};
use std::fmt::Write as _;

/// The document.
pub fn write_rss(feed: &OutgoingDocument) -> String {
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<rss version=\"2.0\" xmlns:atom=\"http://www.w3.org/2005/Atom\" \
         xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\n<channel>\n",
    );
    push_element(&mut out, "title", &title_html(&feed.title));
    push_element(&mut out, "link", &feed.home_url);
    push_element(&mut out, "description", &title_html(&feed.title));
    push_date(&mut out, "lastBuildDate", feed.updated);
    push_element(&mut out, "generator", "Gleaner");
    let _ = writeln!(out, "<atom:link rel=\"self\" type=\"application/rss+xml\" href=\"{}\"/>", encode(&feed.self_url));
    for article in &feed.articles {
        push_item(&mut out, article);
    }
    out.push_str("</channel>\n</rss>\n");
    out
}

fn push_item(out: &mut String, article: &OutgoingArticle) {
    out.push_str("<item>\n");
    push_element(out, "guid isPermaLink=\"false\"", &article.id);
    push_element(out, "title", &title_html(&article.title));
    if let Some(url) = &article.url {
        push_element(out, "link", url);
    }
    push_date(out, "pubDate", article.published);
    push_element(out, "dc:creator", article.author.as_deref().unwrap_or(&article.feed_title));
    if let Some(tag) = &article.language {
        push_element(out, "dc:language", tag);
    }
    for category in &article.categories {
        push_element(out, "category", category);
    }
    // An item has one enclosure, whose length and type are required.
    if let Some(file) = article.files.first() {
        let kind = file.mime_type.as_deref().unwrap_or("application/octet-stream");
        let (url, kind, bytes) = (encode(&file.url), encode(kind), file.bytes.unwrap_or(0));
        let _ = writeln!(out, "<enclosure url=\"{url}\" type=\"{kind}\" length=\"{bytes}\"/>");
    }
    push_element(out, "content:encoded", &article.html);
    out.push_str("</item>\n");
}

/// A plain title as the markup for which readers take titles of RSS. `&` stays where it begins no reference, for readers that
/// take titles for plain text.
fn title_html(title: &str) -> String {
    let ampersands = if entities::decode(title) == title { title.to_owned() } else { title.replace('&', "&amp;") };
    ampersands.replace('<', "&lt;")
}

/// A date of RFC 2822; none where the format has no such year.
fn push_date(out: &mut String, name: &str, at: Timestamp) {
    let zoned = jiff::Timestamp::from_second(at.0).map(|at| at.to_zoned(jiff::tz::TimeZone::UTC));
    if let Some(date) = zoned.ok().and_then(|at| jiff::fmt::rfc2822::to_string(&at).ok()) {
        push_element(out, name, &date);
    }
}
