//! Lists and marks compared with a naive implementation: every view, scope, order and search, and any sequence of marks.

use crate::support::{articles::store_plain_articles, data, test_app::TestApp};
use gleaner::{
    domain::{
        article::{ArticleChange, ArticleScope, ArticleSort, ArticleView, ListQuery, MarkReadScope},
        ids::{ArticleId, CategoryId, FeedId, FolderId},
        time::Timestamp,
    },
    error::ErrorKind,
    server::services::{bulk_marks, reading},
};
use proptest::{prelude::*, test_runner::Config};
use std::{collections::HashMap, time::Duration};

/// What the model knows of an article.
#[derive(Clone, Debug, sqlx::FromRow)]
struct ArticleModel {
    id: i64,
    feed_id: i64,
    folder_id: Option<i64>,
    rank: f64,
    sorted_at: i64,
    fetched_at: i64,
    is_read: bool,
    is_starred: bool,
    state: String,
    next_step: Option<String>,
    text: String,
    categories: String,
}

async fn load_articles(app: &TestApp) -> Vec<ArticleModel> {
    sqlx::query_as(
        "SELECT a.id, a.feed_id, f.folder_id, a.rank, a.sorted_at, a.fetched_at, a.is_read, a.is_starred, a.state, a.next_step,
                lower(a.title || ' ' || b.html) AS text,
                coalesce((SELECT group_concat(',' || l.category_id || ',' || coalesce(c.parent_id, 0) || ',', '')
                          FROM article_categories l JOIN categories c ON c.id = l.category_id
                          WHERE l.article_id = a.id), '') AS categories
         FROM articles a JOIN feeds f ON f.id = a.feed_id JOIN article_bodies b ON b.article_id = a.id",
    )
    .fetch_all(&app.app.db.read)
    .await
    .expect("facts")
}

impl ArticleModel {
    fn in_view(&self, view: ArticleView) -> bool {
        match view {
            ArticleView::Unread => !self.is_read && self.state != "blocked",
            ArticleView::All => self.state != "blocked",
            ArticleView::Starred => self.is_starred,
            ArticleView::Scoring => ["queued", "categorizing", "scoring"].contains(&self.state.as_str()),
            ArticleView::Blocked => self.state == "blocked",
            ArticleView::Failed => self.state == "failed",
        }
    }

    fn in_scope(&self, scope: ArticleScope) -> bool {
        match scope {
            ArticleScope::All => true,
            ArticleScope::Feed(id) => self.feed_id == id.0,
            ArticleScope::Folder(id) => self.folder_id == Some(id.0),
            ArticleScope::Category(id) => self.categories.contains(&format!(",{id},")),
        }
    }

    fn holds(&self, search: Option<&str>) -> bool {
        let words = self.text.split(|c: char| !c.is_alphanumeric());
        search.is_none_or(|search| search.split(' ').all(|start| words.clone().any(|word| word.starts_with(start))))
    }
}

fn expected(facts: &[ArticleModel], query: &ListQuery) -> Vec<i64> {
    let mut found: Vec<&ArticleModel> = facts
        .iter()
        .filter(|f| f.in_view(query.view) && f.in_scope(query.scope) && f.holds(query.search.as_deref()))
        .collect();
    let by_rank = |a: &ArticleModel, b: &ArticleModel| a.rank.total_cmp(&b.rank);
    let by_date = |a: &ArticleModel, b: &ArticleModel| (a.sorted_at, a.id).cmp(&(b.sorted_at, b.id));
    found.sort_by(|a, b| match query.sort {
        ArticleSort::Best => by_rank(b, a).then(by_date(b, a)),
        ArticleSort::Lowest => by_rank(a, b).then(by_date(a, b)),
        ArticleSort::Newest | ArticleSort::Relevance => by_date(b, a),
        ArticleSort::Oldest => by_date(a, b),
    });
    found.into_iter().map(|f| f.id).collect()
}

async fn list_page(app: &TestApp, query: &ListQuery) -> (Vec<i64>, ListQuery) {
    let page = reading::list(&app.app, query).await.unwrap_or_else(|error| panic!("{query:?}: {error}"));
    let ids = page.rows.iter().map(|row| row.id.0).collect();
    (ids, ListQuery { cursor: page.next, ..query.clone() })
}

const SCOPES: [ArticleScope; 6] = [
    ArticleScope::All,
    ArticleScope::Folder(FolderId(2)),
    ArticleScope::Folder(FolderId(19)),
    ArticleScope::Feed(FeedId(1)),
    ArticleScope::Category(CategoryId(1)),
    ArticleScope::Category(CategoryId(20)),
];

/// More than the bounded walk looks at, so that every plan is taken by some list.
#[tokio::test]
async fn every_list_holds_what_the_model_says_in_its_order() {
    let app = TestApp::start().await;
    data::seed(&app.app.db, data::DataSize { articles: 2_600, feeds: 40 }).await.expect("data");
    let facts = load_articles(&app).await;
    let searches = [None, Some("common"), Some("seldom"), Some("rareword"), Some("common sel")];
    let mut lists = 0;
    for (view, scope) in ArticleView::ALL.iter().flat_map(|view| SCOPES.map(|scope| (*view, scope))) {
        for (sort, search) in ArticleSort::OF_LISTS.iter().flat_map(|sort| searches.map(|search| (*sort, search))) {
            let first = ListQuery { view, scope, sort, search: search.map(str::to_owned), limit: 50, cursor: None };
            let expected = expected(&facts, &first);
            let (found, second) = list_page(&app, &first).await;
            assert_eq!(found, expected[..expected.len().min(50)], "{first:?}");
            assert_eq!(second.cursor.is_some(), expected.len() > 50, "{first:?}");
            if second.cursor.is_some() {
                assert_eq!(list_page(&app, &second).await.0, expected[50..expected.len().min(100)], "{second:?}");
            }
            lists += 1;
        }
    }
    assert_eq!(lists, 6 * 6 * 4 * 5);
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_repetition() {
    let app = TestApp::start().await;
    data::seed(&app.app.db, data::DataSize { articles: 600, feeds: 10 }).await.expect("data");
    let facts = load_articles(&app).await;
    for sort in ArticleSort::OF_LISTS {
        let mut query = ListQuery { view: ArticleView::All, sort, limit: 37, ..ListQuery::default() };
        let mut found = Vec::new();
        loop {
            let (ids, next) = list_page(&app, &query).await;
            found.extend(ids);
            query = next;
            if query.cursor.is_none() {
                break;
            }
        }
        let expected = expected(&facts, &query);
        assert_eq!(found, expected, "{sort:?}");
        for (place, id) in expected.iter().enumerate().step_by(50) {
            let (before, after) =
                reading::find_neighbors(&app.app, ArticleId(*id), &query, &[]).await.expect("neighbors");
            let at = |place: Option<usize>| place.and_then(|p| expected.get(p)).copied().map(ArticleId);
            assert_eq!((before, after), (at(place.checked_sub(1)), at(Some(place + 1))), "{sort:?} {id}");
        }
    }
}

#[tokio::test]
async fn operators_of_the_index_are_plain_words() {
    let app = TestApp::start().await;
    data::seed(&app.app.db, data::DataSize { articles: 50, feeds: 10 }).await.expect("data");
    for typed in
        ["\"", "the OR", "NOT the", "title:the", "the*", "(the", "NEAR(the common, 2)", "-the", "^the", "💡", "'; --"]
    {
        let query = ListQuery { search: Some(typed.into()), ..ListQuery::default() };
        reading::list(&app.app, &query).await.unwrap_or_else(|error| panic!("{typed}: {error}"));
    }
}

#[tokio::test]
async fn counters_of_each_scope_are_those_of_the_model() {
    let app = TestApp::start().await;
    data::seed(&app.app.db, data::DataSize { articles: 600, feeds: 10 }).await.expect("data");
    let facts = load_articles(&app).await;
    for scope in SCOPES {
        let counts = reading::load_view_counts(&app.app, scope).await.expect("counts");
        let of =
            |view| i64::try_from(facts.iter().filter(|f| f.in_view(view) && f.in_scope(scope)).count()).expect("few");
        let found = [counts.unread, counts.all, counts.starred, counts.scoring, counts.blocked, counts.failed];
        let views = [
            ArticleView::Unread,
            ArticleView::All,
            ArticleView::Starred,
            ArticleView::Scoring,
            ArticleView::Blocked,
            ArticleView::Failed,
        ];
        assert_eq!(found, views.map(of), "{scope:?}");
    }
}

/// Something a reader does.
#[derive(Clone, Debug)]
enum ReaderAction {
    Set {
        article: usize,
        read: Option<bool>,
        starred: Option<bool>,
    },
    Mark {
        scope: MarkReadScope,
        age: i64,
    },
    /// Undoes one of the marks so far, the last one being 0; may be too late.
    Undo {
        back: usize,
    },
    Wait {
        seconds: u64,
    },
}

fn reader_actions() -> impl Strategy<Value = Vec<ReaderAction>> {
    let scope = prop_oneof![
        Just(MarkReadScope::All),
        (1..=10i64).prop_map(|id| MarkReadScope::Feed(FeedId(id))),
        (1..=20i64).prop_map(|id| MarkReadScope::Folder(FolderId(id))),
        (1..=24i64).prop_map(|id| MarkReadScope::Category(CategoryId(id))),
        prop::sample::select(ArticleView::ALL).prop_map(MarkReadScope::View),
    ];
    let act = prop_oneof![
        3 => (0..300usize, any::<Option<bool>>(), any::<Option<bool>>())
            .prop_map(|(article, read, starred)| ReaderAction::Set { article, read, starred }),
        3 => (scope, 0..300i64).prop_map(|(scope, minutes)| ReaderAction::Mark { scope, age: minutes * 60 }),
        2 => (0..3usize).prop_map(|back| ReaderAction::Undo { back }),
        1 => (1..700u64).prop_map(|seconds| ReaderAction::Wait { seconds }),
    ];
    prop::collection::vec(act, 1..30)
}

fn scope_covers(scope: MarkReadScope, fact: &ArticleModel) -> bool {
    match scope {
        MarkReadScope::All => fact.in_view(ArticleView::All),
        MarkReadScope::Feed(id) => fact.in_view(ArticleView::All) && fact.in_scope(ArticleScope::Feed(id)),
        MarkReadScope::Folder(id) => fact.in_view(ArticleView::All) && fact.in_scope(ArticleScope::Folder(id)),
        MarkReadScope::Category(id) => fact.in_view(ArticleView::All) && fact.in_scope(ArticleScope::Category(id)),
        MarkReadScope::View(view) => fact.in_view(view),
    }
}

async fn check_marks(acts: Vec<ReaderAction>) {
    let app = TestApp::start().await;
    data::seed(&app.app.db, data::DataSize { articles: 300, feeds: 10 }).await.expect("data");
    let mut model = load_articles(&app).await;
    // Which mark an article was read by last, and each mark with its token and time.
    let mut read_by: HashMap<i64, usize> = HashMap::new();
    let mut marks: Vec<(String, Timestamp, bool)> = Vec::new();
    for act in &acts {
        match *act {
            ReaderAction::Set { article, read, starred } => {
                let fact = &mut model[article];
                let row = reading::update_article(
                    &app.app,
                    ArticleId(fact.id),
                    ArticleChange { is_read: read, is_starred: starred, vote: None },
                )
                .await
                .expect("a row");
                fact.is_read = read.unwrap_or(fact.is_read);
                fact.is_starred = starred.unwrap_or(fact.is_starred);
                if read.is_some() {
                    read_by.remove(&fact.id);
                }
                assert_eq!((row.is_read, row.is_starred), (fact.is_read, fact.is_starred), "{act:?}");
            }
            ReaderAction::Mark { scope, age } => {
                let (before, now) = (Timestamp(data::NOW - age), app.app.clock.now());
                let marked = match bulk_marks::mark_read(&app.app, scope, Some(before)).await {
                    Ok(marked) => marked,
                    Err(error) => panic!("{act:?}: {error}"),
                };
                let number = marks.len();
                let mut touched = 0;
                let arrived = |f: &ArticleModel| f.fetched_at <= before.0 || f.fetched_at > now.0;
                for fact in model.iter_mut().filter(|f| !f.is_read && arrived(f)) {
                    if scope_covers(scope, fact) {
                        fact.is_read = true;
                        read_by.insert(fact.id, number);
                        touched += 1;
                    }
                }
                assert_eq!(marked.marked_count, touched, "{act:?}");
                marks.push((marked.undo_token, app.app.clock.now(), false));
            }
            ReaderAction::Undo { back } => {
                let Some(number) = marks.len().checked_sub(1 + back) else { continue };
                let (token, at, undone) = marks[number].clone();
                let result = bulk_marks::undo_mark_read(&app.app, &token).await;
                if undone || app.app.clock.now().since(at) > 600 {
                    assert_eq!(result.expect_err("too late or done").kind, ErrorKind::NotFound);
                    continue;
                }
                marks[number].2 = true;
                let mut restored = 0;
                for fact in model.iter_mut().filter(|f| read_by.get(&f.id) == Some(&number)) {
                    fact.is_read = false;
                    restored += 1;
                }
                read_by.retain(|_, by| *by != number);
                assert_eq!(result, Ok(restored), "{act:?}");
            }
            ReaderAction::Wait { seconds } => app.clock.advance(Duration::from_secs(seconds)),
        }
    }
    let stored = load_articles(&app).await;
    let marks_of = |facts: &[ArticleModel]| facts.iter().map(|f| (f.id, f.is_read, f.is_starred)).collect::<Vec<_>>();
    assert_eq!(marks_of(&stored), marks_of(&model));
    // Nobody's place in the queue changed: read articles are still scored.
    let places =
        |facts: &[ArticleModel]| facts.iter().map(|f| (f.state.clone(), f.next_step.clone())).collect::<Vec<_>>();
    assert_eq!(places(&stored), places(&model));
    // TestApp recounts every kept counter when it is dropped.
}

proptest! {
    #![proptest_config(Config { cases: 12, max_shrink_iters: 60, ..Config::default() })]
    #[test]
    fn any_sequence_of_marks_agrees_with_the_model(acts in reader_actions()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(check_marks(acts));
    }
}

#[tokio::test]
async fn missing_articles_cannot_be_marked() {
    let app = TestApp::start().await;
    for scope in [
        MarkReadScope::Feed(FeedId(9)),
        MarkReadScope::Folder(FolderId(9)),
        MarkReadScope::Category(CategoryId(99_999)),
    ] {
        assert_eq!(bulk_marks::mark_read(&app.app, scope, None).await.expect_err("404").kind, ErrorKind::NotFound);
    }
    assert_eq!(
        reading::update_article(&app.app, ArticleId(1), ArticleChange::mark_read(true)).await.expect_err("404").kind,
        ErrorKind::NotFound
    );
    assert_eq!(bulk_marks::undo_mark_read(&app.app, "none").await.expect_err("404").kind, ErrorKind::NotFound);
}

#[tokio::test]
async fn ranks_are_read_to_their_last_digit() {
    let app = TestApp::start().await;
    let ids = store_plain_articles(&app.app, 200).await;
    let ranks: HashMap<ArticleId, f64> =
        ids.iter().zip(1_u32..).map(|(id, n)| (*id, f64::from(n * 7_919 % 211) / 21.1 / 3.0)).collect();
    let mut db = app.app.db.write().await.expect("a transaction");
    for (id, rank) in &ranks {
        sqlx::query!("UPDATE articles SET provisional = ? WHERE id = ?", rank, id.0)
            .execute(&mut *db)
            .await
            .expect("ranked");
    }
    db.commit().await.expect("committed");
    let mut list = ListQuery { limit: 7, ..ListQuery::default() };
    let mut found = Vec::new();
    loop {
        let page = reading::list(&app.app, &list).await.expect("a page");
        for row in &page.rows {
            assert_eq!(row.cursor.rank.to_bits(), ranks[&row.id].to_bits(), "{}", row.id);
            assert_eq!(row.score.as_ref().map(|score| score.composite.to_bits()), Some(ranks[&row.id].to_bits()));
        }
        found.extend(page.rows.into_iter().map(|row| row.id));
        list.cursor = page.next;
        if list.cursor.is_none() {
            break;
        }
    }
    let mut expected = ids.clone();
    expected.sort_by(|a, b| ranks[b].total_cmp(&ranks[a]));
    assert_eq!(found, expected);
    app.finish().await;
}
