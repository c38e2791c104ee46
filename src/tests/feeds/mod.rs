//! Tests of feeds.

mod crashing_feeds;
mod dates;
mod discovery;
mod etiquette;
mod exchanges;
mod feed_fixtures;
mod feed_requests;
mod feed_settings;
mod feed_weight;
mod feedparser;
mod icons;
mod identity;
mod media;
mod opml;
mod preserved_html;
mod real_feeds;
mod refresh;
mod sanitizer;
mod short_transactions;
mod ssrf;
mod storing;
mod subscribe;
mod two_processes;
mod upgrade;
mod work_limits;
mod xml_bombs;
