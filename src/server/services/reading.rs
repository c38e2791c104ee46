//! Lists, the reader, read and star.

use crate::{
    domain::{
        article::{
            ArticleChange, ArticleDetail, ArticlePage, ArticleRow, Cursor, ListQuery, MarkScope, Marked, Scope, Sort,
            ViewCounts,
        },
        event::Event,
        ids::ArticleId,
        interests::Matched,
        list::MAX_LIMIT,
        time::Timestamp,
    },
    error::AppError,
    server::{
        feed::text::plain,
        services::interests,
        state::App,
        storage::{
            articles::{self, Table},
            counts,
            lists::{self, Find},
            marks, search, votes,
        },
    },
};

/// How long a bulk "mark read" can be undone, in seconds; http-api.md.
const UNDO_SECONDS: i64 = 600;

/// A page of a list.
pub async fn list(app: &App, query: &ListQuery) -> Result<ArticlePage, AppError> {
    if !(1..=MAX_LIMIT).contains(&query.limit) {
        return Err(AppError::invalid(format!("`limit` is a number from 1 to {MAX_LIMIT}.")));
    }
    let Some(matching) = Matching::of(query) else { return Ok(ArticlePage { rows: Vec::new(), next: None }) };
    // One snapshot for keys and rows: what another connection writes in between cannot tear the page.
    let mut db = app.db.read.begin().await?;
    let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
    // One more than the page holds tells whether there is another.
    let mut keys =
        lists::keys(&mut db, &matching.find(query, query.sort, query.cursor, i64::from(query.limit) + 1)).await?;
    let more = keys.len() > limit;
    keys.truncate(limit);
    let ids: Vec<ArticleId> = keys.iter().map(|key| key.id).collect();
    let mut rows = articles::rows(&mut db, &ids).await?;
    if rows.iter().any(is_provisional) {
        let words = interests::words(app).await?;
        for row in rows.iter_mut().filter(|row| is_provisional(row)) {
            // A list knows only the beginning of a text. When no word stands there, it shows that beginning and no reason.
            let matched = words.matched(&format!("{} {}", row.title, row.summary));
            if !matched.is_empty() {
                explain(row, &matched);
            }
        }
    }
    Ok(ArticlePage { rows, next: keys.last().copied().filter(|_| more) })
}

/// How many articles each view of a scope holds.
pub async fn counts(app: &App, scope: Scope) -> Result<ViewCounts, AppError> {
    let mut db = app.db.read.acquire().await?;
    Ok(counts::of_scope(&mut db, scope).await?)
}

/// An article for the reader. 404.
pub async fn article(app: &App, id: ArticleId) -> Result<ArticleDetail, AppError> {
    let mut db = app.db.read.begin().await?;
    let mut detail = articles::detail(&mut db, id).await?.ok_or_else(no_article)?;
    if is_provisional(&detail.row) {
        let words = interests::words(app).await?;
        let matched = words.matched(&format!("{} {}", detail.row.title, plain(&detail.content_html)));
        // Here the whole text is known: that none of the words stands in it is a reason too.
        explain(&mut detail.row, &matched);
        detail.matched = Some(matched);
    }
    Ok(detail)
}

/// The articles before and after `id` in the list that `query` describes (its cursor and limit do not matter). The article
/// itself need not be in the list any more: its key says where it stood.
pub async fn neighbours(
    app: &App,
    id: ArticleId,
    query: &ListQuery,
) -> Result<(Option<ArticleId>, Option<ArticleId>), AppError> {
    let mut db = app.db.read.begin().await?;
    let key = articles::key(&mut db, id).await?.ok_or_else(no_article)?;
    let Some(matching) = Matching::of(query) else { return Ok((None, None)) };
    let before = lists::keys(&mut db, &matching.find(query, query.sort.reversed(), Some(key), 1)).await?;
    let after = lists::keys(&mut db, &matching.find(query, query.sort, Some(key), 1)).await?;
    Ok((before.first().map(|k| k.id), after.first().map(|k| k.id)))
}

/// Sets marks and vote, each only when given. 404.
pub async fn update(app: &App, id: ArticleId, change: ArticleChange) -> Result<ArticleRow, AppError> {
    let mut db = app.db.write().await?;
    if change.is_read.is_some() || change.is_starred.is_some() {
        marks::set(&mut db, id, change.is_read, change.is_starred).await?;
    }
    if let Some(vote) = change.vote {
        votes::set(&mut db, id, vote, app.clock.now()).await?;
    }
    let row = articles::rows(&mut db, &[id]).await?.pop().ok_or_else(no_article)?;
    db.commit().await?;
    app.tell(Event::Article { id });
    Ok(row)
}

/// Marks everything in `scope` read that arrived up to `before` (default: now). 404 when the scope does not exist.
pub async fn mark_read(app: &App, scope: MarkScope, before: Option<Timestamp>) -> Result<Marked, AppError> {
    let now = app.clock.now();
    let undo_token = format!("{:032x}", rand::random::<u128>());
    let mut db = app.db.write().await?;
    let place = match scope {
        MarkScope::All | MarkScope::View(_) => None,
        MarkScope::Feed(id) => Some((Table::Feeds, id.0, "feed")),
        MarkScope::Folder(id) => Some((Table::Folders, id.0, "folder")),
        MarkScope::Category(id) => Some((Table::Categories, id.0, "category")),
    };
    if let Some((table, id, noun)) = place
        && !articles::exists(&mut db, table, id).await?
    {
        return Err(AppError::not_found(format!("There is no {noun} with the id {id}.")));
    }
    let marked = marks::mark(&mut db, scope, before.unwrap_or(now), &undo_token, now, UNDO_SECONDS).await?;
    db.commit().await?;
    app.tell(Event::Feeds { new_articles: 0 });
    Ok(Marked { marked, undo_token })
}

/// Undoes a [`mark_read`] of the last ten minutes; how many articles are unread again. 404 for an unknown or old token.
pub async fn undo(app: &App, token: &str) -> Result<i64, AppError> {
    let since = app.clock.now().plus(-UNDO_SECONDS);
    let mut db = app.db.write().await?;
    let Some(unread) = marks::undo(&mut db, token, since).await? else {
        return Err(AppError::not_found("There is nothing to undo under this token.")
            .hint("Marking articles read can be undone once, within ten minutes."));
    };
    db.commit().await?;
    app.tell(Event::Feeds { new_articles: 0 });
    Ok(unread)
}

fn is_provisional(row: &ArticleRow) -> bool {
    row.score.as_ref().is_some_and(|score| score.provisional)
}

/// Gives a provisional score its reason.
fn explain(row: &mut ArticleRow, matched: &Matched) {
    if let Some(score) = &mut row.score {
        score.reasoning = matched.sentence();
    }
}

fn no_article() -> AppError {
    AppError::not_found("There is no such article.").hint("Its feed may have been removed.")
}

/// The words of a query, ready for the index.
struct Matching(Option<String>);

impl Matching {
    /// `None`: there are words, but none that any text could hold.
    fn of(query: &ListQuery) -> Option<Self> {
        match query.search.as_deref().map(str::trim).filter(|typed| !typed.is_empty()) {
            None => Some(Self(None)),
            Some(typed) => search::expression(typed).map(|words| Self(Some(words))),
        }
    }

    fn find(&self, query: &ListQuery, sort: Sort, after: Option<Cursor>, limit: i64) -> Find<'_> {
        Find { view: query.view, scope: query.scope, sort, matching: self.0.as_deref(), after, limit }
    }
}
