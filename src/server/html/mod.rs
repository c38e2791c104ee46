//! HTML of strangers: entities, attributes, text, paragraphs, sanitizing, Markdown.

pub mod attributes;
pub mod entities;
pub mod markdown;
pub mod paragraphs;
pub mod rewrite;
pub mod sanitize;
pub mod text;
