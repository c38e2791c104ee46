//! An article that a model is asked about.

use crate::domain::ids::ArticleId;

/// An article that is out: under which lease, whether it is the one that tries whether the model is back, and whether it is
/// asked about alone.
#[derive(Clone, Copy)]
pub(super) struct InFlightArticle {
    pub article: ArticleId,
    pub lease: i64,
    pub is_probe: bool,
    pub is_isolated: bool,
    /// Whether the settings want it to think.
    pub think_setting: bool,
}
