//! Queries compared with a naive filter over 2,000 articles: the same hits, number and order.

use super::query_conditions::CONDITIONS;
use crate::support::{data, test_app::TestApp};
use gleaner::{
    domain::{
        article::{ArticleSort, ArticleView, ListQuery},
        query::{
            ArticleStatus, AttachmentKind, ConditionKind, Measure, NameMatch, QueryExpr, TextPart, TimeKind, parse,
        },
        search::{HitCount, MAX_COUNTED_HITS},
        time::Timestamp,
        vote::Vote,
        words::{IndexedText, Term},
    },
    server::{
        html::text::html_to_text,
        services::{list_search::ListSearch, reading, search_index},
    },
};
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};

/// What the operators ask for, so that each has hits and misses.
const VARIETY: &str = "
    UPDATE articles SET author = 'Jane Doe' WHERE id % 7 = 0;
    UPDATE articles SET url = 'https://blog.example.net/rust/' || id WHERE id % 8 = 0;
    UPDATE articles SET arrived_us = sorted_at * 1000000 + id;
    UPDATE articles SET updated_at = 5 WHERE id % 13 = 0;
    UPDATE articles SET read_at = sorted_at + 86400 WHERE is_read = 1;
    UPDATE article_bodies SET html = html || '<img src=\"https://x.example/i.png\">' WHERE article_id % 10 = 0;
    UPDATE article_bodies SET html = html || '<p>and a good deal more of text that goes on</p>' WHERE article_id % 3 = 0;
    INSERT INTO article_details (article_id, hash, language, comments_url)
        SELECT id, id, CASE id % 10 WHEN 0 THEN 'en-GB' WHEN 2 THEN 'de' WHEN 4 THEN NULL ELSE 'EN' END, iif(id % 3, NULL, 'https://c.example/')
        FROM articles WHERE id % 2 = 0;
    INSERT INTO article_media (article_id, position, kind, url)
        SELECT id, 0, CASE id % 5 WHEN 0 THEN 'image' WHEN 1 THEN 'thumbnail' WHEN 2 THEN 'audio' WHEN 3 THEN 'video' ELSE 'file' END,
               'https://m.example/' FROM articles WHERE id % 3 = 0;
    INSERT INTO votes (article_id, vote, at) SELECT id, iif(id % 2, 'up', 'down'), 0 FROM articles WHERE id % 9 = 0;
    INSERT INTO article_suspicions (article_id, signs) SELECT id, '[]' FROM articles WHERE id % 31 = 0;
    UPDATE model_runs SET model = 'gemma3:4b', model_digest = 'a3f0' || article_id, prompt_version = 'ffee' WHERE article_id % 4 = 0;
    DELETE FROM article_categories WHERE article_id % 17 = 0;
    UPDATE articles SET story_id = id - id % 12 + 1, is_duplicate = id % 12 = 2, is_hidden = id % 24 = 2 WHERE id % 12 IN (1, 2);
    UPDATE articles SET (is_read, read_at, is_starred) = (SELECT l.is_read, l.read_at, l.is_starred FROM articles l WHERE l.id = articles.id - 1)
        WHERE is_hidden = 1;
    UPDATE articles SET is_hidden = 1, hidden_by_rule = 1 WHERE id % 19 = 0;
    INSERT INTO article_full_texts (article_id, url, tried_at, problem, html)
        SELECT id, 'https://p.example/', 0, iif(id % 2, 'timeout', NULL), iif(id % 2, NULL, '<p>page</p>') FROM articles WHERE id % 7 = 0;
    UPDATE search_index_progress SET below = 1000000;";

/// Languages as if they were detected; after the articles were indexed.
const LANGUAGES: &str =
    "UPDATE article_traits SET language = CASE article_id % 4 WHEN 0 THEN 'de' WHEN 1 THEN 'fr' WHEN 2 THEN 'en' END;";

/// What the filter knows of an article.
#[derive(Clone, Debug, sqlx::FromRow)]
struct KnownRow {
    id: i64,
    feed_id: i64,
    feed_title: String,
    folder_id: Option<i64>,
    folder_name: Option<String>,
    title: String,
    author: Option<String>,
    url: Option<String>,
    html: String,
    is_read: bool,
    is_starred: bool,
    is_duplicate: bool,
    is_hidden: bool,
    is_hidden_by_rule: bool,
    state: String,
    composite: Option<f64>,
    provisional: Option<f64>,
    rank: f64,
    sorted_at: i64,
    arrived_us: i64,
    updated_at: Option<i64>,
    read_at: Option<i64>,
    interest: Option<f64>,
    quality: Option<f64>,
    vote: Option<String>,
    language: Option<String>,
    detected_language: Option<String>,
    has_full_text: bool,
    comments_url: Option<String>,
    media: String,
    is_suspicious: bool,
    /// Name, digest and prompt of each run, with spaces between them.
    runs: String,
    /// Ids of the categories and of their parents, with commas around them.
    categories: String,
}

struct KnownText {
    row: KnownRow,
    title: IndexedText,
    author: IndexedText,
    body: IndexedText,
    link: IndexedText,
    words: f64,
}

async fn change(app: &TestApp, sql: &'static str) {
    let mut db = app.app.db.write().await.expect("a transaction");
    sqlx::raw_sql(sql).execute(&mut *db).await.expect("changed");
    db.commit().await.expect("committed");
}

async fn load(app: &TestApp) -> Vec<KnownText> {
    let rows: Vec<KnownRow> = sqlx::query_as(
        "SELECT a.id, a.feed_id, f.title AS feed_title, f.folder_id, o.name AS folder_name, a.title, a.author, a.url, b.html,
                a.is_read, a.is_starred, a.is_duplicate, a.is_hidden, a.hidden_by_rule IS NOT NULL AS is_hidden_by_rule, a.state, a.composite, a.provisional, a.rank, a.sorted_at, a.arrived_us, a.updated_at,
                a.read_at, CAST(s.interest AS REAL) AS interest, CAST(s.quality AS REAL) AS quality, v.vote, d.language,
                t.language AS detected_language, p.html IS NOT NULL AS has_full_text,
                d.comments_url, u.article_id IS NOT NULL AS is_suspicious,
                coalesce((SELECT group_concat(kind, ' ') FROM article_media m WHERE m.article_id = a.id), '') AS media,
                coalesce((SELECT group_concat(model || ' ' || coalesce(model_digest, '-') || ' ' || prompt_version, ' ')
                          FROM model_runs r WHERE r.article_id = a.id), '') AS runs,
                coalesce((SELECT group_concat(',' || l.category_id || ',' || coalesce(c.parent_id, 0) || ',', '')
                          FROM article_categories l JOIN categories c ON c.id = l.category_id WHERE l.article_id = a.id), '')
                    AS categories
         FROM articles a JOIN feeds f ON f.id = a.feed_id LEFT JOIN folders o ON o.id = f.folder_id
              JOIN article_bodies b ON b.article_id = a.id LEFT JOIN scores s ON s.article_id = a.id
              LEFT JOIN votes v ON v.article_id = a.id LEFT JOIN article_details d ON d.article_id = a.id
              LEFT JOIN article_suspicions u ON u.article_id = a.id LEFT JOIN article_traits t ON t.article_id = a.id
              LEFT JOIN article_full_texts p ON p.article_id = a.id",
    )
    .fetch_all(&app.app.db.read)
    .await
    .expect("readable");
    rows.into_iter()
        .map(|row| {
            let text = html_to_text(&row.html);
            let count = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).count();
            KnownText {
                title: IndexedText::new(&row.title),
                author: IndexedText::new(row.author.as_deref().unwrap_or_default()),
                body: IndexedText::new(&text),
                link: IndexedText::new(row.url.as_deref().unwrap_or_default()),
                words: f64::from(u32::try_from(count).expect("few")),
                row,
            }
        })
        .collect()
}

impl KnownText {
    fn matches(&self, expr: &QueryExpr, now: Timestamp) -> bool {
        match expr {
            QueryExpr::All(parts) => parts.iter().all(|part| self.matches(part, now)),
            QueryExpr::Any(parts) => parts.iter().any(|part| self.matches(part, now)),
            QueryExpr::Not(part) => !self.matches(part, now),
            QueryExpr::Is(condition) => self.is(&condition.kind, now),
        }
    }

    fn is(&self, kind: &ConditionKind, now: Timestamp) -> bool {
        let row = &self.row;
        let has_run = |start: &str, column: usize| {
            row.runs
                .split(' ')
                .collect::<Vec<_>>()
                .chunks(3)
                .any(|run| run.get(column).is_some_and(|c| c.starts_with(start)))
        };
        let has_media = |kinds: &[&str]| row.media.split(' ').any(|kind| kinds.contains(&kind));
        match kind {
            ConditionKind::Words(part, term) => self.holds(*part, term),
            ConditionKind::Feed(name) => name.matches(row.feed_id, &[&row.feed_title]),
            ConditionKind::Folder(name) => {
                row.folder_id.is_some_and(|id| name.matches(id, &[row.folder_name.as_deref().unwrap_or_default()]))
            }
            ConditionKind::Category(None) => row.categories.is_empty(),
            ConditionKind::Category(Some(NameMatch::Id(id))) => row.categories.contains(&format!(",{id},")),
            ConditionKind::Category(Some(_)) => panic!("categories are named by id here"),
            ConditionKind::Status(status) => self.has_status(*status),
            ConditionKind::Number(measure, range) => {
                let is_scored = row.composite.is_some();
                let number = match measure {
                    // A score is shown with one digit.
                    Measure::Score if range.from == range.to => {
                        let shown = row.composite.or(row.provisional).map(|score| (score * 10.0 + 1e-9).round() / 10.0);
                        return shown.is_some_and(|score| range.contains(score));
                    }
                    Measure::Score => row.composite.or(row.provisional),
                    Measure::Interest => row.interest.filter(|_| is_scored),
                    Measure::Quality => row.quality.filter(|_| is_scored),
                    Measure::Words => Some(self.words),
                };
                number.is_some_and(|number| range.contains(number))
            }
            ConditionKind::Vote(vote) => row.vote.as_deref() == vote.map(Vote::as_str),
            ConditionKind::Model(start) => has_run(start, 0) || has_run(start, 1),
            ConditionKind::Prompt(start) => has_run(start, 2),
            ConditionKind::Language(tag) => row
                .language
                .as_deref()
                .or(row.detected_language.as_deref())
                .is_some_and(|language| language.to_lowercase().split('-').next() == Some(tag.as_str())),
            ConditionKind::Has(AttachmentKind::Image) => {
                row.html.contains("<img ") || has_media(&["image", "thumbnail"])
            }
            ConditionKind::Has(AttachmentKind::Audio) => has_media(&["audio"]),
            ConditionKind::Has(AttachmentKind::Video) => has_media(&["video"]),
            ConditionKind::Has(AttachmentKind::Enclosure) => has_media(&["image", "audio", "video", "file"]),
            ConditionKind::Has(AttachmentKind::FullText) => row.has_full_text,
            ConditionKind::Has(AttachmentKind::Comments) => row.comments_url.is_some(),
            ConditionKind::Time(kind, range) => {
                let at = match kind {
                    TimeKind::Published => Some(row.sorted_at),
                    TimeKind::Arrived => Some(row.arrived_us.div_euclid(1_000_000)),
                    TimeKind::Read => row.read_at,
                };
                at.is_some_and(|at| range.contains(at, now))
            }
        }
    }

    fn holds(&self, part: TextPart, term: &Term) -> bool {
        match part {
            TextPart::Anywhere => [&self.title, &self.author, &self.body].iter().any(|text| term.is_in(text)),
            TextPart::Title => term.is_in(&self.title),
            TextPart::Body => term.is_in(&self.body),
            TextPart::Author => term.is_in(&self.author),
            TextPart::Link => term.is_in(&self.link),
        }
    }

    fn has_status(&self, status: ArticleStatus) -> bool {
        let row = &self.row;
        match status {
            ArticleStatus::Unread => !row.is_read,
            ArticleStatus::Read => row.is_read,
            ArticleStatus::Starred => row.is_starred,
            ArticleStatus::Queued => ["queued", "categorizing", "scoring"].contains(&row.state.as_str()),
            ArticleStatus::Unscored | ArticleStatus::Blocked | ArticleStatus::Failed => row.state == status.as_str(),
            ArticleStatus::Scored => row.composite.is_some(),
            ArticleStatus::Provisional => row.composite.is_none() && row.provisional.is_some(),
            ArticleStatus::Suspicious => row.is_suspicious,
            ArticleStatus::Updated => row.updated_at.is_some(),
            ArticleStatus::Duplicate => row.is_duplicate,
            ArticleStatus::Hidden => row.is_hidden_by_rule,
        }
    }
}

/// Blocked and hidden articles are found only where the whole query asks for them.
fn asks_for(expr: &QueryExpr, status: ArticleStatus) -> bool {
    match expr {
        QueryExpr::All(parts) => parts.iter().any(|part| asks_for(part, status)),
        QueryExpr::Is(condition) => condition.kind == ConditionKind::Status(status),
        QueryExpr::Any(_) | QueryExpr::Not(_) => false,
    }
}

fn expected(all: &[KnownText], text: &str, sort: ArticleSort, now: Timestamp) -> Vec<i64> {
    let query = parse(text);
    let expr = query.expr.expect("a condition");
    let is_blocked = asks_for(&expr, ArticleStatus::Blocked);
    let asks_for = |status: ArticleStatus| asks_for(&expr, status);
    // What the state lists hold is shown whatever hides it elsewhere; a list of duplicates leaves out what a rule hid.
    let is_of_state = |row: &KnownRow| {
        is_blocked
            || match (asks_for(ArticleStatus::Hidden), asks_for(ArticleStatus::Duplicate)) {
                (true, _) => true,
                (false, true) => !row.is_hidden_by_rule,
                (false, false) => asks_for(ArticleStatus::Failed) || asks_for(ArticleStatus::Queued),
            }
    };
    let mut found: Vec<&KnownRow> = all
        .iter()
        .filter(|article| {
            (article.row.state == "blocked") == is_blocked
                && (is_of_state(&article.row) || !article.row.is_hidden)
                && article.matches(&expr, now)
        })
        .map(|article| &article.row)
        .collect();
    let by_date = |a: &KnownRow, b: &KnownRow| (a.sorted_at, a.id).cmp(&(b.sorted_at, b.id));
    let by_rank = |a: &KnownRow, b: &KnownRow| a.rank.total_cmp(&b.rank).then(by_date(a, b));
    found.sort_by(|a, b| match sort {
        ArticleSort::Best => by_rank(b, a),
        ArticleSort::Lowest => by_rank(a, b),
        ArticleSort::Oldest => by_date(a, b),
        ArticleSort::Newest | ArticleSort::Relevance => by_date(b, a),
    });
    found.into_iter().map(|row| row.id).collect()
}

/// One to four conditions with all operators.
fn random_query(random: &mut StdRng) -> String {
    let mut condition = || {
        let sign = ["", "", "", "-", "NOT "].choose(random).copied().unwrap_or_default();
        format!("{sign}{}", CONDITIONS.choose(random).copied().unwrap_or_default())
    };
    let (a, b, c, d) = (condition(), condition(), condition(), condition());
    match random.random_range(0..8) {
        0 => a,
        1 => format!("{a} {b}"),
        2 => format!("{a} OR {b}"),
        3 => format!("{a} {b} {c}"),
        4 => format!("({a} OR {b}) {c}"),
        5 => format!("-({a} {b}) {c}"),
        6 => format!("({a} OR {b}) ({c} OR {d})"),
        _ => format!("{a} {b} OR {c} {d}"),
    }
}

#[tokio::test]
async fn hits_are_those_of_a_slow_filter() {
    let app = TestApp::start().await;
    data::seed(&app.app.db, data::DataSize { articles: 2_600, feeds: 40 }).await.expect("data");
    change(&app, VARIETY).await;
    search_index::index_pending(&app.app).await.expect("indexed");
    change(&app, LANGUAGES).await;
    let all = load(&app).await;
    let now = app.app.clock.now();
    let mut random = StdRng::seed_from_u64(15);
    let alone = CONDITIONS.iter().flat_map(|condition| [(*condition).to_owned(), format!("-{condition}")]);
    let queries: Vec<String> = alone.chain((0..150).map(|_| random_query(&mut random))).collect();
    let mut hits = 0;
    for text in queries {
        let sort = ArticleSort::OF_LISTS.choose(&mut random).copied().unwrap_or_default();
        let mut list =
            ListQuery { view: ArticleView::All, search: Some(text.clone()), sort, limit: 200, ..ListQuery::default() };
        let expected = expected(&all, &text, sort, now);
        let mut connection = app.app.db.read.acquire().await.expect("a connection");
        let search = ListSearch::load(&mut connection, &list, now).await.expect("read");
        assert_eq!(
            search.count_hits(&mut connection, MAX_COUNTED_HITS).await.expect("counted"),
            Some(HitCount::Exactly(i64::try_from(expected.len()).expect("few"))),
            "{text}"
        );
        drop(connection);
        for page in expected.chunks(200).take(2) {
            let found = reading::list(&app.app, &list).await.unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(found.rows.iter().map(|row| row.id.0).collect::<Vec<_>>(), page, "{text} {sort:?}");
            list.cursor = found.next;
        }
        hits += expected.len();
    }
    assert!(hits > 50_000, "only {hits} hits in all");
}
