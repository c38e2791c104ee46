//! Storing articles without fetching feeds, and reading their rows.

use super::test_app::START_TIME;
use gleaner::{
    domain::{
        article::ModelRun,
        article_identity::ArticleIdentity,
        feed_url::FeedUrl,
        ids::{ArticleId, FeedId},
        safe_html::SafeHtml,
        scoring::ScoringStep,
        words::IndexedArticle,
    },
    server::{
        state::App,
        storage::{
            details::PreparedDetails,
            feeds::{self, NewFeed},
            ingest::{self, ArticleWrite, PreparedArticle},
        },
    },
};

/// An article with this title and body.
pub fn new_article(title: &str, html: &str) -> PreparedArticle {
    PreparedArticle {
        guid: Some(title.to_owned()),
        url: None,
        title: title.to_owned(),
        author: None,
        summary: html.chars().take(100).collect(),
        published_at: None,
        html: SafeHtml::from_sanitized(html.to_owned()),
        index: IndexedArticle::new(title, None, html),
        signs: Vec::new(),
        identity: ArticleIdentity {
            guid: None,
            link: None,
            path: None,
            label: 0,
            date: None,
            words: None,
            content: None,
        },
        details: PreparedDetails::default(),
        page: None,
        story: None,
    }
}

/// A model run of a step, for tests that store answers.
pub fn model_run(step: ScoringStep) -> ModelRun {
    ModelRun {
        step,
        model: "m".into(),
        server: None,
        model_digest: None,
        prompt_version: "v".into(),
        options: "{}".into(),
        prompt_tokens: None,
        output_tokens: None,
        duration_ms: 1,
        cut_chars: 0,
        at: START_TIME,
    }
}

/// Stores articles as a refresh does, and returns their ids in order; an article with a stored title is an edit of that one.
pub async fn store_articles(app: &App, articles: &[PreparedArticle]) -> Vec<ArticleId> {
    store_articles_in(app, "https://loom.example/feed", articles).await
}

/// As [`store_articles`], in the feed at an address.
pub async fn store_articles_in(app: &App, url: &str, articles: &[PreparedArticle]) -> Vec<ArticleId> {
    let known = article_records(app).await;
    let write = |article: &PreparedArticle| match known.iter().find(|known| known.title == article.title) {
        Some(known) => ArticleWrite::Update { id: known.id(), words_changed: true, article: article.clone() },
        None => ArticleWrite::Insert(article.clone()),
    };
    let writes: Vec<ArticleWrite> = articles.iter().map(write).collect();
    let mut db = app.db.write().await.expect("a transaction");
    let url = FeedUrl::parse(url).expect(url);
    let new = NewFeed { url: &url, site_url: None, title: "The Loom", custom_title: None, folder: None };
    let feed = match feeds::insert(&mut db, &new, app.clock.now()).await.expect("stored") {
        Some(feed) => feed,
        None => feeds::find_id(&app.db.read, &url).await.expect("readable").expect("there"),
    };
    ingest::write_articles(&mut db, feed, &writes, app.clock.now().0 * 1_000_000).await.expect("stored");
    db.commit().await.expect("committed");
    let all = article_records(app).await;
    articles.iter().map(|e| all.iter().find(|l| l.title == e.title).expect("stored").id()).collect()
}

/// Stores `count` plain articles.
pub async fn store_plain_articles(app: &App, count: usize) -> Vec<ArticleId> {
    let text = "<p>Weavers compare a new loom with an old one.</p><p>The new one is quicker.</p>";
    let entries: Vec<PreparedArticle> = (0..count).map(|n| new_article(&format!("Article {n}"), text)).collect();
    store_articles(app, &entries).await
}

/// The row of an article, with values that it must agree with.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct ArticleRecord {
    pub id: i64,
    pub title: String,
    pub state: String,
    pub next_step: Option<String>,
    pub leased: bool,
    pub attempts: i64,
    pub last_error: Option<String>,
    pub composite: Option<f64>,
    pub provisional: Option<f64>,
    pub interest: Option<i64>,
    pub quality: Option<i64>,
    /// The words of the weights of its categories.
    pub weights: String,
    pub categories: String,
    pub rescore_mode: Option<String>,
    pub scoring_priority: i64,
    pub feed_weight: i64,
}

impl ArticleRecord {
    pub fn id(&self) -> ArticleId {
        ArticleId(self.id)
    }
}

/// All articles, by id.
pub async fn article_records(app: &App) -> Vec<ArticleRecord> {
    sqlx::query_as(
        "SELECT a.id, a.title, a.state, a.next_step, a.lease IS NOT NULL AS leased, a.attempts, a.last_error, a.composite,
                a.provisional, s.interest, s.quality, a.rescore_mode, a.scoring_priority, f.weight AS feed_weight,
                coalesce((SELECT group_concat(w.weight, ' ') FROM article_categories l JOIN category_weights w USING (category_id)
                          WHERE l.article_id = a.id), '') AS weights,
                coalesce((SELECT group_concat(c.name, ', ' ORDER BY l.position) FROM article_categories l
                          JOIN categories c ON c.id = l.category_id WHERE l.article_id = a.id), '') AS categories
         FROM articles a JOIN feeds f ON f.id = a.feed_id LEFT JOIN scores s ON s.article_id = a.id ORDER BY a.id",
    )
    .fetch_all(&app.db.read)
    .await
    .expect("readable")
}

/// One article.
pub async fn article_record(app: &App, id: ArticleId) -> ArticleRecord {
    article_records(app).await.into_iter().find(|l| l.id() == id).expect("there")
}

/// The feed that [`store_articles`] stores into.
pub async fn test_feed_id(app: &App) -> FeedId {
    let url = FeedUrl::parse("https://loom.example/feed").expect("an address");
    feeds::find_id(&app.db.read, &url).await.expect("readable").expect("there")
}

/// Violations of the invariants of states in scoring.md.
pub fn invariant_violations(looks: &[ArticleRecord]) -> Vec<String> {
    use gleaner::domain::{category::CategoryWeight, score::composite_score};
    let mut broken = Vec::new();
    for l in looks {
        let weights: Vec<CategoryWeight> = l.weights.split_whitespace().filter_map(CategoryWeight::parse).collect();
        let blocks = weights.contains(&CategoryWeight::Block);
        let scored = l.interest.zip(l.quality);
        let points = |n: i64| u8::try_from(n).expect("0-10");
        let formula = scored.and_then(|(i, q)| composite_score(points(i), points(q), &weights, l.feed_weight));
        let same = match (formula, l.composite) {
            (None, None) => true,
            (Some(a), Some(b)) => (a - b).abs() < 1e-9,
            _ => false,
        };
        let step = l.next_step.as_deref();
        for (holds, promise) in [
            (blocks == (l.state == "blocked"), "blocked while, and only while, a category blocks"),
            (same, "the composite is the formula of score and weights"),
            (l.leased || !matches!(l.state.as_str(), "categorizing" | "scoring"), "at work only under a lease"),
            (!l.leased || matches!(l.state.as_str(), "categorizing" | "scoring" | "blocked"), "a lease only at work"),
            (l.state != "queued" || step.is_some(), "queued for something"),
            (l.state != "categorizing" || step == Some("categorize"), "categorizing at the first step"),
            (l.state != "scoring" || step == Some("score"), "scoring at the second step"),
            (l.state != "scored" || (scored.is_some() && step.is_none()), "scored means a score and nothing to do"),
            (l.state != "blocked" || step != Some("score"), "a blocked article is never scored"),
            (l.state != "failed" || (l.attempts >= 3 && l.last_error.is_some()), "failed after three, with a reason"),
            (l.state == "failed" || l.attempts < 3, "given up after three"),
        ] {
            if !holds {
                broken.push(format!("{promise}: {l:?}"));
            }
        }
    }
    broken
}
