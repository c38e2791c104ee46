//! Tests of feeds.

mod dates;
mod discovery;
mod feedparser;
mod opml;
mod real_feeds;
mod refresh;
mod sanitizer;
mod ssrf;
mod subscribe;
mod xml_bombs;
