//! Storing a page of articles of another reader, with marks and labels, in one transaction.

use super::{
    import_state::{FeedsByKey, ImportState, count_of},
    source::SourceArticle,
};
use crate::{
    domain::{
        category::category_identity,
        ids::{ArticleId, CategoryId, FeedId},
        time::MICROS_PER_SECOND,
    },
    error::AppError,
    server::{
        services::{
            categories,
            subscriptions::{MovedArticle, MovedArticles, plan_moved_articles},
        },
        state::App,
        storage::{
            categories as category_rows, identities,
            imports::{self, ImportedMarks},
            ingest::{self, ArticleWrite},
            ranking,
        },
    },
};
use sqlx::SqliteConnection;
use std::collections::{BTreeMap, HashMap};

/// How often a page is compared anew, because somebody else stored articles of its feeds meanwhile.
const MAX_ATTEMPTS: usize = 20;

/// Stores a page and how far the import is with it; `next`: where the page after it begins.
pub(super) async fn store_page(
    app: &App,
    feeds: &FeedsByKey,
    articles: Vec<SourceArticle>,
    next: Option<String>,
    state: &mut ImportState,
) -> Result<(), AppError> {
    let mut by_feed: BTreeMap<&str, Vec<&SourceArticle>> = BTreeMap::new();
    let mut report = state.report.clone();
    for article in &articles {
        if feeds.contains_key(&article.feed) {
            report.count_article(article);
            by_feed.entry(&article.feed).or_default().push(article);
        } else {
            report.left_out += 1;
        }
    }
    for _ in 0..MAX_ATTEMPTS {
        let mut plans = Vec::with_capacity(by_feed.len());
        for (key, articles) in &by_feed {
            let Some((feed, url, site)) = feeds.get(*key) else { continue };
            let entries = articles.iter().map(|article| article.entry.clone()).collect();
            plans.push((*feed, plan_moved_articles(app, (*feed, url), site.clone(), entries).await?, articles));
        }
        let mut tx = app.db.write().await?;
        let (mut marks, mut labels, mut is_current) = (Vec::new(), HashMap::new(), true);
        let mut new_articles = 0;
        for (feed, plan, articles) in plans {
            if !identities::advance_revision(&mut tx, feed, plan.revision).await? {
                is_current = false;
                break;
            }
            let ids = write_new(app, &mut tx, feed, plan).await?;
            for ((id, is_new), article) in ids.into_iter().zip(articles) {
                new_articles += i64::from(is_new);
                let chosen = label_categories(app, &mut tx, &article.labels, &mut labels).await?;
                for category in &chosen {
                    imports::add_label(&mut tx, id, *category).await?;
                }
                marks.push(ImportedMarks {
                    id: id.0,
                    is_new,
                    is_read: article.is_read,
                    is_starred: article.is_starred,
                    has_labels: !chosen.is_empty(),
                });
            }
        }
        if !is_current {
            tx.rollback().await?;
            continue;
        }
        imports::set_marks(&mut tx, &marks).await?;
        let labeled: Vec<_> = marks.iter().filter(|marks| marks.has_labels).map(|marks| ArticleId(marks.id)).collect();
        ranking::apply_category_changes(&mut tx, &[], &labeled).await?;
        report.new_articles += new_articles;
        (state.report, state.position) = (report, next);
        state.save(&mut tx).await?;
        return Ok(tx.commit().await?);
    }
    Err(AppError::conflict("The feeds changed all the time while their articles were imported.")
        .hint("Import again: it goes on where it stopped."))
}

/// Writes the new articles of a feed; the id of each article, and whether it is new.
async fn write_new(
    app: &App,
    tx: &mut SqliteConnection,
    feed: FeedId,
    plan: MovedArticles,
) -> Result<Vec<(ArticleId, bool)>, AppError> {
    let mut writes = Vec::new();
    let mut places = Vec::with_capacity(plan.articles.len());
    for article in plan.articles {
        places.push(match article {
            MovedArticle::New(article) => {
                writes.push(ArticleWrite::Insert(*article));
                MovedPlace::New(count_of(writes.len()))
            }
            MovedArticle::Known(id) => MovedPlace::Known(id),
            MovedArticle::SameAs(position) => MovedPlace::SameAs(position),
        });
    }
    let now_us = app.clock.now().0.saturating_mul(MICROS_PER_SECOND);
    if !writes.is_empty() {
        ingest::write_articles(tx, feed, &writes, now_us).await?;
    }
    // Ids are given in the order of the articles.
    let before_first = ingest::last_article_id(tx).await? - count_of(writes.len());
    let mut ids: Vec<(ArticleId, bool)> = Vec::with_capacity(places.len());
    for place in places {
        ids.push(match place {
            MovedPlace::New(nth) => (ArticleId(before_first + nth), true),
            MovedPlace::Known(id) => (id, false),
            // The first of them stands before it.
            MovedPlace::SameAs(position) => (ids.get(position).map_or(ArticleId(0), |(id, _)| *id), false),
        });
    }
    Ok(ids)
}

/// Where an article of a page is stored: the number of the new one, the known one, or the one at a place before it.
enum MovedPlace {
    New(i64),
    Known(ArticleId),
    SameAs(usize),
}

/// The categories of labels; missing ones are created, and labels that cannot be the name of one are left out.
async fn label_categories(
    app: &App,
    tx: &mut SqliteConnection,
    labels: &[String],
    known: &mut HashMap<String, Option<CategoryId>>,
) -> Result<Vec<CategoryId>, AppError> {
    let mut chosen = Vec::with_capacity(labels.len());
    for label in labels {
        let category = match known.get(label) {
            Some(category) => *category,
            None => {
                let found = category_rows::find_by_identity(&mut *tx, &category_identity(label)).await?;
                let category = match found {
                    Some((id, _)) => Some(id),
                    None => categories::insert(tx, app, label, None).await.ok(),
                };
                known.insert(label.clone(), category);
                category
            }
        };
        chosen.extend(category);
    }
    Ok(chosen)
}
