//! The text of an article for other readers: with its score before it, which is added at reading (docs/spec/client-apis.md "Scores").

use super::view::ClientView;
use crate::{domain::score::Score, server::storage::client_rows::ClientArticle};
use html_escape::encode_text;

/// The title; with the score before it where the device wants that: "8.4 · Title". Plain text.
pub fn title(article: &ClientArticle, view: &ClientView) -> String {
    match shown_score(article, view).filter(|_| view.score_in_title) {
        Some(score) => format!("{:.1} · {}", score.composite, article.row.title),
        None => article.row.title.clone(),
    }
}

/// The text as HTML, after a paragraph with score, reason and categories; without a score of a model, only the text.
pub fn html(article: &ClientArticle, view: &ClientView) -> String {
    let Some(score) = shown_score(article, view) else { return article.html.as_str().to_owned() };
    let mut line = format!("Score {:.1}", score.composite);
    if !score.reasoning.is_empty() {
        line.push_str(" — ");
        line.push_str(&score.reasoning);
    }
    let topics: Vec<&str> = article.row.categories.iter().map(|label| label.name.as_str()).collect();
    if !topics.is_empty() {
        line.push_str(" · ");
        line.push_str(&topics.join(", "));
    }
    format!("<p>{}</p>{}", encode_text(&line), article.html.as_str())
}

/// The score, when a model gave it and models are used.
fn shown_score<'a>(article: &'a ClientArticle, view: &ClientView) -> Option<&'a Score> {
    article.row.score.as_ref().filter(|score| view.has_model && !score.is_keyword_rank)
}
