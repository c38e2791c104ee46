//! Lists of articles, single articles, marks and votes.

use crate::{
    domain::{
        article::{
            ArticleChange, ArticleDetail, ArticleListPage, ArticleRow, ArticleScope, ArticleSort, Cursor, ListQuery,
            ViewCounts,
        },
        ids::ArticleId,
        interests::KeywordMatches,
        list_query::MAX_PAGE_ROWS,
        live_event::LiveEvent,
    },
    error::AppError,
    server::{
        feed::aggregators,
        html::text::html_to_text,
        services::{keyword_rank, list_search::ListSearch},
        state::App,
        storage::{articles, counts, marks, query::FoundKeys, votes},
    },
};
use std::cmp::Ordering;

/// Hits of a list by relevance among which neighbors are looked for.
const MAX_RANKED_NEIGHBORS: i64 = 1_000;

/// A page of a list.
pub async fn list(app: &App, query: &ListQuery) -> Result<ArticleListPage, AppError> {
    list_with(app, query, &[]).await
}

/// A page of a list together with those of the `recent` articles whose place is on this page, though they left the list.
#[tracing::instrument(name = "reading.list", level = "debug", skip_all)]
pub async fn list_with(app: &App, query: &ListQuery, recent: &[ArticleId]) -> Result<ArticleListPage, AppError> {
    if !(1..=MAX_PAGE_ROWS).contains(&query.limit) {
        return Err(AppError::invalid(format!("`limit` is a number from 1 to {MAX_PAGE_ROWS}.")));
    }
    // One snapshot for keys and rows, so that writes in between cannot make them differ.
    let mut db = app.db.read.begin().await?;
    let search = ListSearch::load(&mut db, query, app.clock.now()).await?;
    let sort = search.sort;
    let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
    // One more than the page holds tells whether there is another.
    let FoundKeys { mut keys, stopped_at } =
        search.find_keys(&mut db, sort, query.cursor, i64::from(query.limit) + 1).await?;
    let more = keys.len() > limit;
    keys.truncate(limit);
    let next = if more { keys.last().copied() } else { stopped_at };
    // The key of an article says nothing of its relevance.
    let recent = if sort == ArticleSort::Relevance { &[] } else { recent };
    for key in articles::load_cursors(&mut db, recent).await? {
        let is_after_start = query.cursor.is_none_or(|start| key.compare(&start, sort).is_gt());
        let is_before_end = next.is_none_or(|end| key.compare(&end, sort).is_lt());
        if is_after_start && is_before_end && !keys.iter().any(|other| other.id == key.id) {
            keys.push(key);
        }
    }
    keys.sort_by(|a, b| a.compare(b, sort));
    let ids: Vec<ArticleId> = keys.iter().map(|key| key.id).collect();
    let mut rows = articles::load_rows(&mut db, &ids).await?;
    if rows.iter().any(is_keyword_ranked) {
        let words = keyword_rank::load_interest_keywords(&mut *db).await?;
        for row in rows.iter_mut().filter(|row| is_keyword_ranked(row)) {
            // A list loads only the beginning of a text. When no word stands there, the row shows no reason.
            let matched = words.find_matches(&[&row.title, row.author.as_deref().unwrap_or_default(), &row.summary]);
            if !matched.is_empty() {
                set_match_reason(row, &matched);
            }
        }
    }
    Ok(ArticleListPage { rows, next, search_problems: search.problems })
}

/// How many articles each view of a scope holds.
#[tracing::instrument(name = "reading.load_view_counts", level = "debug", skip_all)]
pub async fn load_view_counts(app: &App, scope: ArticleScope) -> Result<ViewCounts, AppError> {
    let mut db = app.db.read.acquire().await?;
    Ok(counts::load_scope_counts(&mut db, scope).await?)
}

/// An article for the reader. 404 when there is none.
#[tracing::instrument(name = "reading.load_article", level = "debug", skip_all, fields(%id))]
pub async fn load_article(app: &App, id: ArticleId) -> Result<ArticleDetail, AppError> {
    let mut db = app.db.read.begin().await?;
    let mut detail = articles::load_detail(&mut db, id).await?.ok_or_else(article_not_found)?;
    add_pages(&mut detail);
    if is_keyword_ranked(&detail.row) {
        let words = keyword_rank::load_interest_keywords(&mut *db).await?;
        let (title, author) = (&detail.row.title, detail.row.author.as_deref().unwrap_or_default());
        let matched = words.find_matches(&[title, author, &html_to_text(&detail.content_html)]);
        // The whole text is loaded here: that none of the words is in it is a reason too.
        set_match_reason(&mut detail.row, &matched);
        detail.keyword_matches = Some(matched);
    }
    Ok(detail)
}

/// Adds the page that could be fetched, and the discussion that the article links to in its place.
fn add_pages(detail: &mut ArticleDetail) {
    let Some(link) = detail.row.url.as_deref() else { return };
    let full_text = &mut detail.full_text;
    if full_text.url.is_none() {
        full_text.url = aggregators::find_page(link, &detail.content_html).map(|page| page.to_string());
    }
    if detail.details.comments_url.is_none() && aggregators::is_discussion(link) {
        detail.details.comments_url = Some(link.to_owned());
    }
}

/// The articles before and after `id` in the list that `query` describes (its cursor and limit do not matter). The article
/// itself need not be in the list any more: its key says where it stood. The `recent` articles count as articles of the list.
#[tracing::instrument(name = "reading.find_neighbors", level = "debug", skip_all, fields(%id))]
pub async fn find_neighbors(
    app: &App,
    id: ArticleId,
    query: &ListQuery,
    recent: &[ArticleId],
) -> Result<(Option<ArticleId>, Option<ArticleId>), AppError> {
    let mut db = app.db.read.begin().await?;
    let key = articles::load_cursors(&mut db, &[id]).await?.pop().ok_or_else(article_not_found)?;
    let search = ListSearch::load(&mut db, query, app.clock.now()).await?;
    let sort = search.sort;
    if sort == ArticleSort::Relevance {
        let ids: Vec<ArticleId> =
            search.find_keys(&mut db, sort, None, MAX_RANKED_NEIGHBORS).await?.keys.iter().map(|key| key.id).collect();
        let Some(place) = ids.iter().position(|other| *other == id) else { return Ok((None, None)) };
        return Ok((place.checked_sub(1).and_then(|before| ids.get(before)).copied(), ids.get(place + 1).copied()));
    }
    let before = search.find_keys(&mut db, sort.reversed(), Some(key), 1).await?.keys;
    let after = search.find_keys(&mut db, sort, Some(key), 1).await?.keys;
    let recent = articles::load_cursors(&mut db, recent).await?;
    let nearest = |keys: Vec<Cursor>, side: Ordering| {
        let recent = recent.iter().copied().filter(|other| other.compare(&key, sort) == side);
        let by_distance = |a: &Cursor, b: &Cursor| {
            let order = a.compare(b, sort);
            if side == Ordering::Less { order.reverse() } else { order }
        };
        keys.into_iter().chain(recent).min_by(by_distance).map(|nearest| nearest.id)
    };
    Ok((nearest(before, Ordering::Less), nearest(after, Ordering::Greater)))
}

/// Sets marks and vote, each only when given. 404 when there is no such article.
#[tracing::instrument(name = "reading.update_article", level = "debug", skip_all, fields(%id))]
pub async fn update_article(app: &App, id: ArticleId, change: ArticleChange) -> Result<ArticleRow, AppError> {
    let mut db = app.db.write().await?;
    if change.is_read.is_some() || change.is_starred.is_some() {
        marks::set(&mut db, id, change.is_read, change.is_starred, app.clock.now()).await?;
    }
    if let Some(vote) = change.vote {
        votes::set(&mut db, id, vote, app.clock.now()).await?;
    }
    let row = articles::load_rows(&mut db, &[id]).await?.pop().ok_or_else(article_not_found)?;
    db.commit().await?;
    app.publish(LiveEvent::Article { id });
    Ok(row)
}

fn is_keyword_ranked(row: &ArticleRow) -> bool {
    row.score.as_ref().is_some_and(|score| score.is_keyword_rank)
}

/// Gives a provisional score its reason.
fn set_match_reason(row: &mut ArticleRow, matched: &KeywordMatches) {
    if let Some(score) = &mut row.score {
        score.reasoning = matched.message();
    }
}

fn article_not_found() -> AppError {
    AppError::not_found("There is no such article.").hint("Its feed may have been removed.")
}
