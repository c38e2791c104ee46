//! HTML of feeds and models: scanning, entities, text, paragraphs, sanitizing, Markdown.
//!
//! [`tags`] is the one scanner and [`elements`] the one table of elements; everything else uses them. [`prepare`] holds the
//! limits that apply before a tree is built, [`sanitize`] and [`markdown`] alone make [`SafeHtml`](crate::domain::safe_html::SafeHtml).

pub mod addresses;
pub mod allowed_attributes;
pub mod attributes;
pub mod elements;
pub mod entities;
pub mod extraction;
pub mod images;
pub mod language;
pub mod markdown;
pub mod paragraphs;
pub mod prepare;
pub mod sanitize;
#[cfg(test)]
mod sanitize_tests;
pub mod tags;
pub mod text;
