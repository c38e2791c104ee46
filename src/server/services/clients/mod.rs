//! What the APIs for other readers share (docs/spec/client-apis.md): lists, marks, labels, texts, counts.

pub mod articles;
pub mod counts;
pub mod labels;
pub mod library;
pub mod marks;
pub mod text;
pub mod view;
