//! Tests of feeds.

mod dates;
mod discovery;
mod etiquette;
mod exchanges;
mod feed_fixtures;
mod feedparser;
mod identity;
mod opml;
mod real_feeds;
mod refresh;
mod sanitizer;
mod ssrf;
mod storing;
mod subscribe;
mod upgrade;
mod xml_bombs;
