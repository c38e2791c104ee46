//! Lists, the reader, and changes to articles.

use crate::{
    domain::inbox::{ArticleWithNeighbors, Inbox},
    error::AppError,
};
use leptos::prelude::*;

/// A page of the list of `query` (the part of its address after `?`) with everything around it.
#[server(prefix = "/fn", endpoint = "articles/list")]
pub async fn load_inbox(#[server(default)] query: String) -> Result<Inbox, AppError> {
    use crate::{
        domain::{article::ListQuery, recent_articles::RecentArticles},
        server::{
            services::{inbox, preferences},
            state::App,
        },
    };
    let app = expect_context::<App>();
    let settings = preferences::get(&app).await?.list_settings();
    let recent = RecentArticles::from_query(&query);
    inbox::load_inbox(&app, ListQuery::from_query_with(&query, settings.defaults)?, recent, settings).await
}

/// An article with its neighbors in the list that `query` describes. A person's visit marks it read.
#[server(prefix = "/fn", endpoint = "articles/open")]
pub async fn load_article(id: String, #[server(default)] query: String) -> Result<ArticleWithNeighbors, AppError> {
    use crate::{
        domain::{article::ListQuery, ids::ArticleId, recent_articles::RecentArticles},
        server::{
            http::visit,
            services::{inbox, preferences},
            state::App,
        },
    };
    let app = expect_context::<App>();
    let recent = RecentArticles::from_query(&query);
    let query = ListQuery::from_query_with(&query, preferences::get(&app).await?.list_settings().defaults)?;
    let id: ArticleId = id.parse().map_err(|_| AppError::not_found("There is no such article."))?;
    inbox::load_reader(&app, id, query, recent, visit::is_visit()).await
}

/// Marks one article or votes on it: exactly one argument, named by the action, has the article's id.
#[server(name = MarkArticle, prefix = "/fn", endpoint = "articles/mark")]
pub async fn mark_article(
    read: Option<i64>,
    unread: Option<i64>,
    star: Option<i64>,
    unstar: Option<i64>,
    up: Option<i64>,
    down: Option<i64>,
    unvote: Option<i64>,
) -> Result<(), AppError> {
    use crate::{
        domain::{article::ArticleChange, vote::Vote},
        server::{http::form_response, services::reading, state::App},
    };
    let pressed = [
        (read, ArticleChange::mark_read(true)),
        (unread, ArticleChange::mark_read(false)),
        (star, ArticleChange::set_starred(true)),
        (unstar, ArticleChange::set_starred(false)),
        (up, ArticleChange::set_vote(Some(Vote::Up))),
        (down, ArticleChange::set_vote(Some(Vote::Down))),
        (unvote, ArticleChange::set_vote(None)),
    ];
    let mut pressed = pressed.into_iter().filter_map(|(id, change)| Some((id?, change)));
    let (Some((id, change)), None) = (pressed.next(), pressed.next()) else {
        let sentence = "Name one of read, unread, star, unstar, up, down and unvote.";
        return Err(AppError::invalid(sentence));
    };
    reading::update_article(&expect_context::<App>(), id.into(), change).await?;
    form_response::redirect_back(&format!("a{id}"), &[]);
    Ok(())
}

/// Marks read what the list of `query` (the part of its address after `?`) covers and had arrived `before` (Unix seconds).
#[server(name = MarkAllRead, prefix = "/fn", endpoint = "articles/mark-all-read")]
pub async fn mark_all_read(#[server(default)] query: String, before: i64) -> Result<(), AppError> {
    use crate::{
        domain::{article::ListQuery, inbox::mark_read_scope, notice::Notice, time::Timestamp},
        server::{http::form_response, services::bulk_marks, state::App},
    };
    let query = ListQuery::from_query(&query)?;
    let scope = mark_read_scope(&query).ok_or_else(|| AppError::invalid("This list cannot be marked as read."))?;
    let marked = bulk_marks::mark_read(&expect_context::<App>(), scope, Some(Timestamp(before))).await;
    let marked = marked?;
    let count = marked.marked_count.to_string();
    form_response::redirect_back(
        "main",
        &[("done", Notice::MarkedRead.code()), ("n", &count), ("undo", &marked.undo_token)],
    );
    Ok(())
}

/// Undoes a bulk "mark read" of the last ten minutes.
#[server(name = UndoMarkRead, prefix = "/fn", endpoint = "articles/undo")]
pub async fn undo_mark_read(token: String) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{http::form_response, services::bulk_marks, state::App},
    };
    let count = bulk_marks::undo_mark_read(&expect_context::<App>(), &token).await?;
    form_response::redirect_back("main", &[("done", Notice::MarkReadUndone.code()), ("n", &count.to_string())]);
    Ok(())
}

/// Queues one article to be categorized and scored again.
#[server(name = RescoreArticle, prefix = "/fn", endpoint = "articles/rescore")]
pub async fn rescore_article(rescore: i64) -> Result<(), AppError> {
    use crate::{
        domain::{notice::Notice, score::RescoreMode, scoring::RescoreScope},
        server::{http::form_response, services::scoring, state::App},
    };
    let scope = RescoreScope::Article(rescore.into());
    scoring::rescore(&expect_context::<App>(), scope, Some(RescoreMode::Full), false).await?;
    form_response::redirect_back("main", &[("done", Notice::ArticleQueued.code())]);
    Ok(())
}

/// Fetches the page of an article now; the article says how it went.
#[server(name = FetchFullText, prefix = "/fn", endpoint = "articles/fetch-full-text")]
pub async fn fetch_full_text(article: i64) -> Result<(), AppError> {
    use crate::server::{http::form_response, services::full_text, state::App};
    full_text::fetch_now(&expect_context::<App>(), article.into()).await?;
    form_response::redirect_back("full-text", &[]);
    Ok(())
}

/// Shows one of the two texts of an article: the button pressed gives the article's id under the name of the text.
#[server(name = ShowText, prefix = "/fn", endpoint = "articles/show-text")]
pub async fn show_text(feed: Option<i64>, full: Option<i64>) -> Result<(), AppError> {
    use crate::{
        domain::full_text::ShownText,
        server::{http::form_response, services::full_text, state::App},
    };
    let (id, shown) = match (feed, full) {
        (Some(id), None) => (id, ShownText::Feed),
        (None, Some(id)) => (id, ShownText::Full),
        _ => return Err(AppError::invalid("Name one of feed and full.")),
    };
    full_text::show_text(&expect_context::<App>(), id.into(), shown).await?;
    form_response::redirect_back("full-text", &[]);
    Ok(())
}

/// Stores how far an audio or video file of an article was played, in seconds; 0: it begins anew. For the player of the page.
#[server(name = SaveMediaPosition, prefix = "/fn", endpoint = "articles/media-position")]
pub async fn save_media_position(article: i64, url: String, seconds: i64) -> Result<(), AppError> {
    use crate::{
        domain::publisher_details::MediaPosition,
        server::{services::media_positions, state::App},
    };
    media_positions::save(&expect_context::<App>(), article.into(), &MediaPosition { url, seconds }).await
}
