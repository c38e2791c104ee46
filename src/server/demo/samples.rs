//! The sample feeds: short texts, served on loopback as RSS, Atom and JSON Feed, with pages that link to them.

use crate::{domain::time::Timestamp, server::clock::Clock};
use axum::{
    Router,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use serde_json::json;
use std::{fmt::Write as _, io, net::SocketAddr, sync::Arc};
use tokio::{net::TcpListener, task::JoinHandle};

/// Name in the address and text of each feed; [`SampleFeed::read`] describes the markup.
const SAMPLE_TEXTS: [(&str, &str); 6] = [
    ("orbit", include_str!("samples/orbit.txt")),
    ("compiler", include_str!("samples/compiler.txt")),
    ("keys", include_str!("samples/keys.txt")),
    ("planet", include_str!("samples/planet.txt")),
    ("second-row", include_str!("samples/row.txt")),
    ("ledger", include_str!("samples/ledger.txt")),
];
const SECONDS_PER_HOUR: i64 = 3600;

/// A server of the sample feeds; stops when dropped.
#[derive(Debug)]
pub struct SampleFeedServer {
    /// Its address, without a slash at the end.
    pub url: String,
    task: JoinHandle<()>,
}

impl SampleFeedServer {
    /// Serves on a free port of loopback. The newest entries are as old as `clock` says at the start.
    ///
    /// # Errors
    /// No port is free.
    pub async fn start(clock: &Clock) -> io::Result<Self> {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let samples = SAMPLE_TEXTS.iter().map(|(name, text)| SampleFeed::read(name, text)).collect();
        let feeds = Arc::new(SampleFeeds { url: url.clone(), now: clock.now(), samples });
        let router = Router::new()
            .route("/{name}/", get(serve_site))
            .route("/{name}/feed", get(serve_feed))
            .route("/{name}/{entry}", get(serve_article))
            .with_state(feeds);
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "the sample feeds stopped");
            }
        });
        Ok(Self { url, task })
    }

    /// The addresses of all feeds.
    pub fn feeds(&self) -> Vec<String> {
        SAMPLE_TEXTS.iter().map(|(name, _)| format!("{}/{name}/feed", self.url)).collect()
    }
}

impl Drop for SampleFeedServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct SampleFeeds {
    url: String,
    now: Timestamp,
    samples: Vec<SampleFeed>,
}

struct SampleFeed {
    name: &'static str,
    title: &'static str,
    tagline: &'static str,
    /// Closing paragraphs, used by the entries in turn.
    closings: Vec<&'static str>,
    entries: Vec<SampleArticle>,
}

struct SampleArticle {
    title: &'static str,
    paragraphs: Vec<&'static str>,
}

impl SampleFeed {
    /// `# ` is the title, `> ` the tagline, `* ` a closing paragraph, `## ` an entry; other lines are its paragraphs.
    fn read(name: &'static str, text: &'static str) -> Self {
        let mut sample = Self { name, title: "", tagline: "", closings: Vec::new(), entries: Vec::new() };
        for line in text.lines().filter(|l| !l.is_empty()) {
            if let Some(title) = line.strip_prefix("## ") {
                sample.entries.push(SampleArticle { title, paragraphs: Vec::new() });
            } else if let Some(title) = line.strip_prefix("# ") {
                sample.title = title;
            } else if let Some(tagline) = line.strip_prefix("> ") {
                sample.tagline = tagline;
            } else if let Some(closing) = line.strip_prefix("* ") {
                sample.closings.push(closing);
            } else if let Some(entry) = sample.entries.last_mut() {
                entry.paragraphs.push(line);
            }
        }
        sample
    }

    /// The time of an entry; entries are some hours apart, by another interval in each feed.
    fn published(&self, index: usize, now: Timestamp) -> Timestamp {
        let (index, rhythm) = (i64::try_from(index).unwrap_or(0), i64::try_from(self.name.len()).unwrap_or(6));
        now.plus(-SECONDS_PER_HOUR * (1 + index * (rhythm + 5)) - 97 * rhythm)
    }

    fn html(&self, index: usize) -> String {
        let entry = &self.entries[index];
        let closing = self.closings.get(index % self.closings.len().max(1)).copied();
        let mut html = String::new();
        for paragraph in entry.paragraphs.iter().copied() {
            let _ = writeln!(html, "<p>{}</p>", render_markup(paragraph));
        }
        if let Some(closing) = closing {
            let _ = writeln!(html, "<blockquote><p>{}</p></blockquote>", render_markup(closing));
        }
        html
    }
}

/// `**strong**` and `*emphasis*`, everything else escaped.
fn render_markup(text: &str) -> String {
    let strong = |text: &str| {
        let parts: Vec<String> = text
            .split('*')
            .enumerate()
            .map(|(i, p)| if i % 2 == 1 { format!("<em>{p}</em>") } else { p.to_owned() })
            .collect();
        parts.concat()
    };
    let parts: Vec<String> = escape_html(text)
        .split("**")
        .enumerate()
        .map(|(i, p)| if i % 2 == 1 { format!("<strong>{p}</strong>") } else { strong(p) })
        .collect();
    parts.concat()
}

fn escape_html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

async fn serve_site(State(feeds): State<Arc<SampleFeeds>>, Path(name): Path<String>) -> Response {
    let Some(sample) = feeds.samples.iter().find(|s| s.name == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let items: String = (0..sample.entries.len())
        .map(|i| format!("<li><a href=\"/{name}/{i}\">{}</a>", escape_html(sample.entries[i].title)))
        .collect();
    let (title, tagline) = (escape_html(sample.title), escape_html(sample.tagline));
    Html(format!(
        "<!doctype html><html lang=en><title>{title}</title><link rel=alternate type=\"{}\" href=\"/{name}/feed\" title=\"{title}\">\
         <h1>{title}</h1><p>{tagline}</p><ul>{items}</ul>",
        format_of(&name).media()
    ))
    .into_response()
}

async fn serve_article(State(feeds): State<Arc<SampleFeeds>>, Path((name, index)): Path<(String, usize)>) -> Response {
    let sample = feeds.samples.iter().find(|s| s.name == name).filter(|s| index < s.entries.len());
    let Some(sample) = sample else { return StatusCode::NOT_FOUND.into_response() };
    let title = escape_html(sample.entries[index].title);
    Html(format!(
        "<!doctype html><html lang=en><title>{title}</title><article><h1>{title}</h1>{}</article>",
        sample.html(index)
    ))
    .into_response()
}

async fn serve_feed(
    State(feeds): State<Arc<SampleFeeds>>,
    Path(name): Path<String>,
    headers: header::HeaderMap,
) -> Response {
    let Some(sample) = feeds.samples.iter().find(|s| s.name == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    // The documents do not change while the server runs.
    let etag = format!("\"{name}-{}\"", feeds.now.0);
    if headers.get(header::IF_NONE_MATCH).is_some_and(|seen| seen == etag.as_str()) {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    let kind = format_of(&name);
    let body = match kind {
        SampleFormat::Rss => render_rss(&feeds, sample),
        SampleFormat::Atom => render_atom(&feeds, sample),
        SampleFormat::Json => render_json_feed(&feeds, sample),
    };
    ([(header::CONTENT_TYPE, kind.media().to_owned()), (header::ETAG, etag)], body).into_response()
}

#[derive(Clone, Copy)]
enum SampleFormat {
    Rss,
    Atom,
    Json,
}

impl SampleFormat {
    const fn media(self) -> &'static str {
        match self {
            Self::Rss => "application/rss+xml",
            Self::Atom => "application/atom+xml",
            Self::Json => "application/feed+json",
        }
    }
}

/// The format of a feed; the samples use all of them.
fn format_of(name: &str) -> SampleFormat {
    match name {
        "compiler" | "ledger" => SampleFormat::Atom,
        "keys" => SampleFormat::Json,
        _ => SampleFormat::Rss,
    }
}

fn render_rss(feeds: &SampleFeeds, sample: &SampleFeed) -> String {
    let SampleFeeds { url, now, .. } = feeds;
    let SampleFeed { name, title, tagline, .. } = sample;
    let mut feed = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\"><channel>\
         <title>{}</title><link>{url}/{name}/</link><description>{}</description>\n",
        escape_html(title),
        escape_html(tagline)
    );
    for (i, entry) in sample.entries.iter().enumerate() {
        let date = jiff::Timestamp::from_second(sample.published(i, *now).0)
            .ok()
            .and_then(|t| jiff::fmt::rfc2822::to_string(&t.to_zoned(jiff::tz::TimeZone::UTC)).ok())
            .unwrap_or_default();
        let _ = writeln!(
            feed,
            "<item><title>{}</title><link>{url}/{name}/{i}</link><guid>{url}/{name}/{i}</guid><pubDate>{date}</pubDate>\
             <content:encoded>{}</content:encoded></item>",
            escape_html(entry.title),
            escape_html(&sample.html(i))
        );
    }
    feed + "</channel></rss>"
}

fn render_atom(feeds: &SampleFeeds, sample: &SampleFeed) -> String {
    let SampleFeeds { url, now, .. } = feeds;
    let SampleFeed { name, title, tagline, .. } = sample;
    let mut feed = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\"><id>{url}/{name}/</id><title>{}</title>\
         <subtitle>{}</subtitle><link href=\"{url}/{name}/\"/><updated>{now}</updated>\n",
        escape_html(title),
        escape_html(tagline)
    );
    for (i, entry) in sample.entries.iter().enumerate() {
        let _ = writeln!(
            feed,
            "<entry><id>{url}/{name}/{i}</id><title>{}</title><link href=\"{url}/{name}/{i}\"/><updated>{date}</updated>\
             <published>{date}</published><author><name>The editors</name></author><content type=\"html\">{}</content></entry>",
            escape_html(entry.title),
            escape_html(&sample.html(i)),
            date = sample.published(i, *now)
        );
    }
    feed + "</feed>"
}

fn render_json_feed(feeds: &SampleFeeds, sample: &SampleFeed) -> String {
    let items: Vec<_> = (0..sample.entries.len())
        .map(|i| {
            let url = format!("{}/{}/{i}", feeds.url, sample.name);
            json!({"id": url, "url": url, "title": sample.entries[i].title, "content_html": sample.html(i),
                   "date_published": sample.published(i, feeds.now)})
        })
        .collect();
    let home = format!("{}/{}/", feeds.url, sample.name);
    json!({"version": "https://jsonfeed.org/version/1.1", "title": sample.title, "description": sample.tagline,
           "home_page_url": home, "items": items})
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::{SAMPLE_TEXTS, SampleFeed, render_markup};

    #[test]
    fn every_feed_has_its_entries() {
        for (name, text) in SAMPLE_TEXTS {
            let sample = SampleFeed::read(name, text);
            assert!(!sample.title.is_empty() && !sample.tagline.is_empty() && !sample.closings.is_empty(), "{name}");
            assert!(sample.entries.len() >= 10 && sample.entries.iter().all(|e| e.paragraphs.len() >= 2), "{name}");
        }
    }

    #[test]
    fn marks_and_escapes() {
        assert_eq!(render_markup("a *b* **c** <d> & e"), "a <em>b</em> <strong>c</strong> &lt;d&gt; &amp; e");
    }
}
