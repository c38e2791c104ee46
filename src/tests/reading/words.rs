//! Words of many languages: search, ranking by interests and matched words agree.

use crate::support::{
    articles::{article_records, new_article, store_articles},
    test_app::TestApp,
};
use gleaner::{
    domain::{
        article::ListQuery,
        ids::ArticleId,
        interests::{InterestKeywords, NEUTRAL_KEYWORD_RANK},
        words::IndexedArticle,
    },
    server::{
        services::{keyword_rank, preferences, reading, search_index},
        state::App,
    },
};
use std::collections::BTreeSet;

/// A title, a query, and whether the query is in the title.
const CASES: &[(&str, &str, bool)] = &[
    ("Learning Rust in a month", "rust", true),
    ("Trusting nobody", "rust", false),
    ("A history of databases", "database", true),
    ("The databases of everything", "databases", true),
    ("Modern C++ for engineers", "C++", true),
    ("Modern C++ for engineers", "c++", true),
    ("Vitamin C and health", "C++", false),
    ("What is new in C++23", "C++", true),
    ("Generics in C# explained", "C#", true),
    ("Generics in C# explained", "C++", false),
    ("Porting to .NET again", ".net", true),
    ("The internet of things", ".net", false),
    ("Servers with node.js today", "node.js", true),
    ("Statistics with R for beginners", "R", true),
    ("A car racing story", "R", false),
    ("Letters by J. R. Tolkien were found", "R", false),
    ("Jobs in IT are changing", "IT", true),
    ("It is raining again", "IT", false),
    ("The WHO warns about measles", "WHO", true),
    ("People who warn about measles", "WHO", false),
    ("AI and the law", "AI", true),
    ("Aid for farmers", "AI", false),
    ("Web3 is not over", "web3", true),
    ("A machine-learning primer", "machine-learning", true),
    ("Machine learning primer", "machine-learning", true),
    ("Die Straße nach Bern", "strasse", true),
    ("Die Strasse nach Bern", "Straße", true),
    ("Künstliche Intelligenz im Alltag", "kunstliche", true),
    ("Kunst im Alltag", "Künstler", false),
    ("Wieczór w Łodzi", "lodzi", true),
    ("Zażółć gęślą jaźń", "zazolc", true),
    ("L'économie française", "economie", true),
    ("Le café de la gare", "CAFÉ", true),
    ("La inteligencia artificial en España", "espana", true),
    ("Música en la calle", "musica", true),
    ("İstanbul'da deprem", "istanbul", true),
    ("Ærø er en ø", "aero", true),
    ("Новости науки и техники", "НАУКИ", true),
    ("Ещё одна новость", "еще", true),
    ("Чай и кофе", "цай", false),
    ("Η Ελλάδα σήμερα", "ελλαδα", true),
    ("Ο ΔΡΟΜΟΣ", "δρομος", true),
    ("新的视频网站上线", "视频", true),
    ("食品安全新规", "视频", false),
    ("今天很快乐的一天", "快乐", true),
    ("日本北部发生地震", "地震", true),
    ("人工智能改变世界", "人工智能", true),
    ("人工制品与智能", "人工智能", false),
    ("最新のニュースです", "ニュース", true),
    ("ｶﾞﾗｽの建物", "ガラス", true),
    ("機械学習に関する記事", "機械学習", true),
    ("りんごの季節", "りんご", true),
    ("猫が好きな人", "猫", true),
    ("犬が好きな人", "猫", false),
    ("인공지능은 세상을 바꾼다", "인공지능", true),
    ("한국경제뉴스 속보", "뉴스", true),
    ("날씨가 좋다", "경제", false),
    ("ข่าวเทคโนโลยีวันนี้", "เทคโนโลยี", true),
    ("ข่าวกีฬาวันนี้", "เทคโนโลยี", false),
    ("हिन्दी समाचार आज", "समाचार", true),
    ("हिन्दी समाचार आज", "खेल", false),
    ("أخبارُ العِلْم اليوم", "العلم", true),
    ("אָמָּנוּת מודרנית", "אמנות", true),
    ("iPhone手机评测", "iphone手机", true),
    ("Ｒｕｓｔ 入門", "rust", true),
    ("Tin tức công nghệ hôm nay", "cong", true),
];

async fn find(app: &App, typed: &str) -> BTreeSet<ArticleId> {
    let query = ListQuery::from_params([("q", typed), ("view", "all"), ("limit", "200")]).expect("a query");
    reading::list(app, &query).await.expect("a list").rows.into_iter().map(|row| row.id).collect()
}

#[tokio::test]
async fn search_interests_and_matched_words_agree() {
    let app = TestApp::start().await;
    let titles: BTreeSet<&str> = CASES.iter().map(|(title, ..)| *title).collect();
    let articles: Vec<_> = titles.iter().map(|title| new_article(title, "")).collect();
    let ids = store_articles(&app.app, &articles).await;
    let mut wrong = Vec::new();
    for (title, query, expected) in CASES {
        let at = titles.iter().position(|other| other == title).expect("stored");
        let is_found = find(&app.app, query).await.contains(&ids[at]);
        let is_matched = !InterestKeywords::from_texts(query, "").find_matches(&[title]).is_empty();
        let interests = preferences::change(&app.app, |saved| saved.interests = (*query).into());
        interests.await.expect("saved");
        keyword_rank::update_keyword_ranks(&app.app).await.expect("ranked");
        let rank = article_records(&app.app).await[at].provisional;
        let is_ranked = rank.is_some_and(|rank| rank > NEUTRAL_KEYWORD_RANK);
        if [is_found, is_matched, is_ranked] != [*expected; 3] {
            wrong.push(format!("{query} in “{title}”: found {is_found}, matched {is_matched}, ranked {is_ranked}"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[tokio::test]
async fn phrases_exclusions_and_authors() {
    let app = TestApp::start().await;
    let mut articles = vec![
        new_article("heise: free software", "<p>An open source editor.</p>"),
        new_article("heise: a new editor", "<p>Source code that is open.</p>"),
        new_article("Something else", "<p>Nothing.</p>"),
    ];
    let author = "Ursula K. Le Guin";
    articles[2].author = Some(author.to_owned());
    articles[2].index = IndexedArticle::new(&articles[2].title, Some(author), "Nothing.");
    let ids = store_articles(&app.app, &articles).await;
    for (typed, expected) in [
        ("heise", &[0, 1][..]),
        ("heise -free", &[1]),
        ("\"open source\"", &[0]),
        ("open source", &[0, 1]),
        ("-\"open source\"", &[1, 2]),
        ("-heise", &[2]),
        ("Guin", &[2]),
        ("\"le guin\"", &[2]),
        ("-", &[]),
    ] {
        let expected: BTreeSet<ArticleId> = expected.iter().map(|n| ids[*n]).collect();
        assert_eq!(find(&app.app, typed).await, expected, "{typed}");
    }
}

#[tokio::test]
async fn articles_of_an_earlier_version_are_indexed_in_batches() {
    let app = TestApp::start().await;
    let articles: Vec<_> = (0..60).map(|n| new_article(&format!("Article {n}"), "<p>今天很快乐</p>")).collect();
    store_articles(&app.app, &articles).await;
    let mut db = app.app.db.write().await.expect("a transaction");
    // As the migration leaves it.
    sqlx::raw_sql(
        "DELETE FROM articles_fts; UPDATE search_index_progress SET below = (SELECT max(id) + 1 FROM articles)",
    )
    .execute(&mut *db)
    .await
    .expect("emptied");
    db.commit().await.expect("committed");
    assert_eq!(find(&app.app, "快乐").await.len(), 0);
    // Edited before its turn comes.
    let edited = store_articles(&app.app, &[new_article("Article 7", "<p>地震</p>")]).await[0];
    assert_eq!(search_index::index_pending(&app.app).await.expect("indexed"), 60);
    assert_eq!(find(&app.app, "快乐").await.len(), 59);
    assert_eq!(find(&app.app, "地震").await, BTreeSet::from([edited]));
    assert_eq!(search_index::index_pending(&app.app).await.expect("indexed"), 0, "once");
}
