//! Reading feeds: fetch, discover, parse, identify. Only [`fetch`] touches the network.

pub mod aggregators;
pub mod canonical_url;
pub mod discover;
pub mod fetch;
pub mod icon;
pub mod identity;
#[cfg(test)]
mod identity_property_tests;
#[cfg(test)]
mod identity_tests;
pub mod link_header;
pub mod opml;
pub mod parse;
pub mod robots;
pub mod starter_packs;
pub mod write;
