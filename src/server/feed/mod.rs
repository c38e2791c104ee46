//! Reading feeds: fetch → discover → parse → sanitise. Only [`fetch`] touches the network.

pub mod attributes;
pub mod body;
pub mod date;
mod date_words;
pub mod decode;
pub mod discover;
pub mod entity;
pub mod fetch;
pub mod json_feed;
pub mod model;
pub mod namespace;
pub mod opml;
pub mod parse;
pub mod sanitise;
pub mod text;
pub mod xml;
pub mod xml_entry;
pub mod xml_feed;
