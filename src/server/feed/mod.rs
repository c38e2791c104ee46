//! Reading feeds: fetch → discover → parse → sanitise. Only [`fetch`] touches the network.

pub mod discover;
pub mod fetch;
pub mod opml;
pub mod parse;
