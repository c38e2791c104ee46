//! What is known of the text of the page behind an article.

use crate::domain::{
    full_text::{FullTextProblem, FullTextStatus, ShownText},
    time::Timestamp,
};
use serde::Serialize;
use utoipa::ToSchema;

/// What is known of the text of the page behind an article.
#[derive(Serialize, ToSchema)]
pub(super) struct FullTextJson {
    /// The page.
    url: String,
    /// Which text `content_html` is: `feed` or `full`.
    #[schema(value_type = String, example = "full")]
    shown: ShownText,
    /// Whether a text of the page is stored.
    has_text: bool,
    /// Whether it has more words than the feed's text.
    is_fuller: bool,
    /// Whether the page waits to be fetched.
    is_waiting: bool,
    /// When the page was asked for last.
    #[schema(value_type = Option<String>, format = DateTime)]
    tried_at: Option<Timestamp>,
    /// Why nothing came of it: a word, such as `robots`, `denied`, `timeout`, `login` or `consent`.
    #[schema(value_type = Option<String>, example = "denied")]
    problem: Option<FullTextProblem>,
    /// The same in a sentence.
    message: Option<String>,
}

impl From<FullTextStatus> for Option<FullTextJson> {
    fn from(status: FullTextStatus) -> Self {
        let message = status.problem.map(|problem| problem.sentence(&status.host()));
        let FullTextStatus { url, is_waiting, tried_at, problem, has_text, is_fuller, shown } = status;
        let shown = shown.unwrap_or(ShownText::Feed);
        url.map(|url| FullTextJson { url, shown, has_text, is_fuller, is_waiting, tried_at, problem, message })
    }
}
