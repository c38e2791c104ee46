//! Reusable parts of the pages. The islands live here, one file each; all of them enhance HTML that works without them.
#![expect(
    missing_docs,
    reason = "#[component] and #[island] make public fields of arguments, which the function's own comment covers"
)]

pub mod article;
pub mod browser;
pub mod forms;
pub mod layout;
pub mod models;
