//! Atom (RFC 4287).

use super::{
    OutgoingArticle, OutgoingDocument,
    xml_text::{encode, push_element},
};
use std::fmt::Write as _;

/// The document.
pub fn write_atom(feed: &OutgoingDocument) -> String {
    let mut out =
        String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\n");
    push_element(&mut out, "id", &feed.id);
    push_element(&mut out, "title", &feed.title);
    push_element(&mut out, "updated", &feed.updated.to_string());
    let _ = writeln!(out, "<link rel=\"self\" type=\"application/atom+xml\" href=\"{}\"/>", encode(&feed.self_url));
    let _ = writeln!(out, "<link rel=\"alternate\" type=\"text/html\" href=\"{}\"/>", encode(&feed.home_url));
    push_element(&mut out, "generator", "Gleaner");
    for article in &feed.articles {
        push_entry(&mut out, article);
    }
    out.push_str("</feed>\n");
    out
}

fn push_entry(out: &mut String, article: &OutgoingArticle) {
    match &article.language {
        Some(tag) => drop(writeln!(out, "<entry xml:lang=\"{}\">", encode(tag))),
        None => out.push_str("<entry>\n"),
    }
    push_element(out, "id", &article.id);
    push_element(out, "title", &article.title);
    push_element(out, "published", &article.published.to_string());
    push_element(out, "updated", &article.updated.to_string());
    // Every entry needs an author (RFC 4287, 4.1.2).
    out.push_str("<author>\n");
    push_element(out, "name", article.author.as_deref().unwrap_or(&article.feed_title));
    out.push_str("</author>\n");
    if let Some(url) = &article.url {
        let _ = writeln!(out, "<link rel=\"alternate\" href=\"{}\"/>", encode(url));
    }
    for file in &article.files {
        let _ = write!(out, "<link rel=\"enclosure\" href=\"{}\"", encode(&file.url));
        if let Some(kind) = &file.mime_type {
            let _ = write!(out, " type=\"{}\"", encode(kind));
        }
        if let Some(bytes) = file.bytes {
            let _ = write!(out, " length=\"{bytes}\"");
        }
        out.push_str("/>\n");
    }
    for category in &article.categories {
        let _ = writeln!(out, "<category term=\"{}\"/>", encode(category));
    }
    push_element(out, "content type=\"html\"", &article.html);
    out.push_str("</entry>\n");
}
