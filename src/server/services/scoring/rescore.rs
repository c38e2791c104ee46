//! Scoring again: which articles, which steps, how long it takes.

use crate::{
    domain::{
        ids::ArticleId,
        live_event::LiveEvent,
        score::RescoreMode,
        scoring::{RescorePreview, RescoreReport, RescoreScope, ScoringStep},
    },
    error::AppError,
    server::{
        scoring::fingerprint::ScoringFingerprint,
        services::{models, slices::SliceSize},
        state::App,
        storage::{preferences, rescore as store, scores},
    },
};

/// Queues articles to be scored again; `dry_run` only says what would be queued. `mode` `None`: failed articles resume where
/// they failed, the others do what the changes of settings since the last evaluation call for. When there was none, one
/// article begins anew, for then the reader wants to see everything done again; many are only scored again, since nothing calls
/// for other categories. 404 for an article that does not exist, 409 for a feed that is never scored and its articles.
#[tracing::instrument(name = "scoring.rescore.rescore", level = "debug", skip_all)]
pub async fn rescore(
    app: &App,
    scope: RescoreScope,
    mode: Option<RescoreMode>,
    dry_run: bool,
) -> Result<RescoreReport, AppError> {
    if let Some((feed, title)) = store::find_never_scored_feed(&app.db.read, scope).await? {
        return Err(AppError::conflict(format!("Articles of {title} are never scored."))
            .hint(format!("You chose so for this feed; change it with `gleaner feeds set {feed}` or on its page."))
            .link("Settings of the feed", format!("/feeds/{feed}")));
    }
    let now = current_fingerprint(app).await?;
    let due = load_last_fingerprint(app).await?.and_then(|last| last.required_rescore(&now));
    let without_reason = match scope {
        RescoreScope::Unread | RescoreScope::Feed(_) => RescoreMode::ScoreOnly,
        RescoreScope::Article(_) | RescoreScope::Failed => RescoreMode::Full,
    };
    let shown = mode.or(due).unwrap_or(without_reason);
    let requested = if scope == RescoreScope::Failed { mode } else { Some(shown) };

    if dry_run {
        let count = store::count_in_scope(&app.db.read, scope, requested).await?;
        return build_report(app, scope, count, shown, requested).await;
    }
    let ids = store::find_in_scope(&app.db.read, scope, requested).await?;
    let report = build_report(app, scope, i64::try_from(ids.len()).unwrap_or(i64::MAX), shown, requested).await?;
    let queueing = {
        let app = app.clone();
        async move { enqueue_in_slices(&app, &ids, (scope, requested), &now).await }
    };
    app.lifecycle.finish(queueing).await.unwrap_or(Ok(()))?;
    app.scoring_wakeup.notify_one();
    app.publish(LiveEvent::Scoring(super::load_status(app).await?));
    Ok(report)
}

/// Queues articles in short transactions. What they are evaluated with is remembered after the last of them: when the process ends
/// before, the page still calls for the evaluation, which queues the rest.
async fn enqueue_in_slices(
    app: &App,
    ids: &[ArticleId],
    (scope, mode): (RescoreScope, Option<RescoreMode>),
    now: &ScoringFingerprint,
) -> Result<(), AppError> {
    let (mut rest, mut size) = (ids, SliceSize::first());
    while !rest.is_empty() {
        if app.lifecycle.soft_stop.is_cancelled() {
            return Ok(());
        }
        let slice;
        (slice, rest) = rest.split_at(rest.len().min(usize::from(size.rows())));
        let mut db = app.db.write().await?;
        let began_ms = app.clock.monotonic_ms();
        store::enqueue(&mut db, slice, mode, queue_priority(scope)).await?;
        db.commit().await?;
        size = size.after(app.clock.monotonic_ms() - began_ms);
    }
    if scope == RescoreScope::Unread {
        let mut db = app.db.write().await?;
        store::set_last_fingerprint(&mut db, &now.to_json()).await?;
        db.commit().await?;
    }
    Ok(())
}

/// Takes a re-evaluation that waits back: of one article, or of all of them. How many keep the score they have.
#[tracing::instrument(name = "scoring.rescore.cancel_rescore", level = "debug", skip_all)]
pub async fn cancel_rescore(app: &App, article: Option<ArticleId>) -> Result<i64, AppError> {
    let (mut size, mut count) = (SliceSize::first(), 0);
    loop {
        let mut db = app.db.write().await?;
        let (began_ms, max) = (app.clock.monotonic_ms(), i64::from(size.rows()));
        let canceled = store::cancel(&mut db, article, max).await?;
        count += canceled;
        let is_last = canceled < max;
        if is_last && article.is_none() && count > 0 {
            store::restore_last_fingerprint(&mut db).await?;
        }
        db.commit().await?;
        if is_last {
            break;
        }
        size = size.after(app.clock.monotonic_ms() - began_ms);
    }
    app.publish(LiveEvent::Scoring(super::load_status(app).await?));
    Ok(count)
}

async fn build_report(
    app: &App,
    scope: RescoreScope,
    count: i64,
    mode: RescoreMode,
    requested: Option<RescoreMode>,
) -> Result<RescoreReport, AppError> {
    if let (RescoreScope::Article(id), true) = (scope, count == 0) {
        return Err(match requested {
            Some(RescoreMode::ScoreOnly) => {
                AppError::not_found(format!("There is no article {id} that could be scored again."))
                    .hint("A blocked article is only categorized again: ask for the mode full.")
            }
            _ => AppError::not_found(format!("There is no article {id}.")),
        });
    }
    // An article that waits to be categorized again stays so, whatever is asked of it later.
    let is_full_owed = matches!(scope, RescoreScope::Unread) && store::owes_full_pass(&app.db.read).await?;
    let mode = if is_full_owed { RescoreMode::Full } else { mode };
    Ok(RescoreReport {
        rescore_queued: count,
        rescore_mode: mode,
        estimate_seconds: estimate_seconds(app, count, mode).await?,
    })
}

/// What "re-evaluate unread articles" would do, and whether something relevant changed since the last time.
#[tracing::instrument(name = "scoring.rescore.preview_rescore", level = "debug", skip_all)]
pub async fn preview_rescore(app: &App) -> Result<RescorePreview, AppError> {
    let now = current_fingerprint(app).await?;
    let due = load_last_fingerprint(app).await?.and_then(|last| last.required_rescore(&now));
    Ok(RescorePreview {
        recommended_mode: due,
        report: rescore(app, RescoreScope::Unread, due, true).await?,
        cancellable_count: store::count_cancellable(&app.db.read).await?,
    })
}

/// What articles are evaluated with at this moment.
#[tracing::instrument(name = "scoring.rescore.current_fingerprint", level = "debug", skip_all)]
pub async fn current_fingerprint(app: &App) -> Result<ScoringFingerprint, AppError> {
    let config = models::load_config(app).await?;
    let saved = preferences::get(&app.db.read).await?;
    Ok(ScoringFingerprint::new(&config, &saved))
}

/// Settings of the last evaluation; `None` before the first article was scored.
#[tracing::instrument(name = "scoring.rescore.load_last_fingerprint", level = "debug", skip_all)]
pub async fn load_last_fingerprint(app: &App) -> Result<Option<ScoringFingerprint>, AppError> {
    Ok(store::load_last_fingerprint(&app.db.read).await?.as_deref().and_then(ScoringFingerprint::from_json))
}

/// Priority in the queue: one article before a list.
const fn queue_priority(scope: RescoreScope) -> i64 {
    match scope {
        RescoreScope::Article(_) => 2,
        RescoreScope::Unread | RescoreScope::Feed(_) => 1,
        RescoreScope::Failed => 0,
    }
}

/// By the pace of the last runs; `None` before there was one.
async fn estimate_seconds(app: &App, articles: i64, mode: RescoreMode) -> Result<Option<i64>, AppError> {
    let score = scores::average_duration_ms(&app.db.read, ScoringStep::Score).await?;
    let categorize = match mode {
        RescoreMode::Full => scores::average_duration_ms(&app.db.read, ScoringStep::Categorize).await?,
        RescoreMode::ScoreOnly => Some(0.0),
    };
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "an estimate in whole seconds")]
    let seconds =
        |each_ms: f64| (articles as f64 * each_ms / 1000.0 / app.config.ollama.concurrency.max(1) as f64).ceil() as i64;
    Ok(score.zip(categorize).map(|(score, categorize)| seconds(score + categorize)))
}
