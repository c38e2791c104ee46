//! Moving a Gleaner to an empty folder through an archive.

use crate::support::{
    articles::{article_records, new_article, store_articles},
    data,
    gleaner_binary::{output_texts, run_gleaner},
    test_app::TestApp,
};
use gleaner::{
    domain::{
        article::ArticleChange,
        feed::FeedChange,
        ids::{CategoryId, FeedId},
        publisher_details::{ArticleMedia, MediaKind, MediaPosition},
        rule::{RuleActions, RuleInput},
        vote::Vote,
    },
    error::ErrorKind,
    server::services::{
        feed_requests, media_positions, moving, preferences, reading, retention, rules, saved_searches, subscriptions,
    },
};
use std::{
    collections::BTreeMap,
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

/// The files of an archive but the manifest, which has the time.
fn files(archive: &Path) -> BTreeMap<String, String> {
    let mut zip = zip::ZipArchive::new(File::open(archive).expect("there")).expect("an archive");
    let names: Vec<String> = zip.file_names().map(str::to_owned).filter(|name| name != "manifest.json").collect();
    let read = |name: String| {
        let mut text = String::new();
        zip.by_name(&name).expect("there").read_to_string(&mut text).expect("text");
        (name, text)
    };
    names.into_iter().map(read).collect()
}

/// A Gleaner with something of everything.
async fn full_app() -> TestApp {
    let app = TestApp::start().await;
    data::seed(&app.app.db, data::DataSize { articles: 300, feeds: 5 }).await.expect("data");
    let change = FeedChange { weight: Some(2), own_interval: Some(Some(600)), ..FeedChange::default() };
    subscriptions::update_feed(&app.app, FeedId(1), change).await.expect("changed");
    let mut articles = [new_article("Gone", "<p>x</p>"), new_article("Kept", "<p>A <b>loom</b></p>")];
    articles[1].details.hash = 1;
    articles[1].details.details.media.push(ArticleMedia {
        kind: MediaKind::Audio,
        url: "https://x.example/a.mp3".into(),
        mime_type: None,
        bytes: None,
        width: None,
        height: None,
        title: None,
        duration_seconds: Some(3_600),
    });
    let ids = store_articles(&app.app, &articles).await;
    reading::update_article(&app.app, ids[1], ArticleChange::set_vote(Some(Vote::Up))).await.expect("voted");
    reading::update_article(&app.app, ids[1], ArticleChange::set_starred(true)).await.expect("starred");
    let position = MediaPosition { url: "https://x.example/a.mp3".into(), seconds: 754 };
    media_positions::save(&app.app, ids[1], &position).await.expect("saved");
    retention::save(&app.app, &["title:gone".to_owned()]).await.expect("saved");
    retention::run(&app.app).await.expect("run");
    saved_searches::create(&app.app, "Looms", "loom").await.expect("saved");
    let actions = RuleActions { hide: true, weight: 2, category: Some(CategoryId(3)), ..RuleActions::default() };
    for (name, is_removed) in [("Seldom", false), ("Gone", true)] {
        let input = RuleInput { name: name.into(), query: "title:article is:read".into(), actions, is_enabled: true };
        let rule = rules::save(&app.app, None, input).await.expect("saved").id;
        rules::begin_application(&app.app, rule).await.expect("begun");
        rules::work_off(&app.app).await.expect("applied");
        if is_removed {
            rules::remove(&app.app, rule).await.expect("removed");
        }
    }
    preferences::change(&app.app, |saved| saved.interests = "looms".into()).await.expect("saved");
    app
}

#[tokio::test]
async fn an_archive_gives_an_equal_gleaner_without_secrets() {
    let app = full_app().await;
    let feed = gleaner::domain::feed_request_summary::FeedRequestInput {
        user_agent: String::new(),
        username: "alice".into(),
        password: "open sesame".into(),
        cookie: "session=topsecret".into(),
        headers: String::new(),
    };
    feed_requests::save_request(&app.app, FeedId(1), feed).await.expect("saved");
    let folder = TempDir::new().expect("a folder");
    let (first, second) = (folder.path().join("a.zip"), folder.path().join("b.zip"));
    let exported = moving::export(&app.app, &first).await.expect("exported");
    assert_eq!((exported.feeds, exported.articles, exported.searches), (6, 301, 1));
    let written = files(&first);
    for secret in ["open sesame", "topsecret", "password"] {
        assert!(!written.values().any(|text| text.contains(secret)), "{secret}");
    }
    assert!(written["subscriptions.opml"].contains("<opml"));

    let copy = TestApp::start().await;
    assert_eq!(moving::import_archive(&copy.app, &first, |_| {}).await.expect("imported"), exported);
    moving::export(&copy.app, &second).await.expect("exported");
    for (name, text) in files(&second) {
        for (old, new) in written[&name].lines().zip(text.lines()) {
            // A copy fetches every feed anew.
            assert_eq!(old.replace(r#""state":"ok""#, r#""state":"new""#), new, "{name}");
        }
        assert_eq!(written[&name].lines().count(), text.lines().count(), "{name}");
    }
    let (old, new) = (article_records(&app.app).await, article_records(&copy.app).await);
    assert_eq!(old.len(), new.len());
    for query in [
        "/api/articles?q=loom&view=all",
        "/api/articles/counts",
        "/api/searches",
        "/api/articles?q=is:hidden&view=all",
        "/api/categories",
        "/api/preferences",
    ] {
        assert_eq!(copy.get(query).await.json(), app.get(query).await.json(), "{query}");
    }
    let kept = old.iter().find(|record| record.title == "Kept").expect("there").id;
    for app in [&app, &copy] {
        let article = app.get(&format!("/api/articles/{kept}")).await.json();
        assert_eq!(article["media"][0]["position_seconds"], 754, "{article}");
    }
    // New articles arrive after those that were moved, and what a rule removed does not come back.
    let more = store_articles(&copy.app, &[new_article("Newer", "<p>x</p>")]).await;
    assert!(old.iter().all(|record| record.id < more[0].0));
    app.finish().await;
    copy.finish().await;
}

#[tokio::test]
async fn an_archive_goes_into_an_empty_folder_only_and_an_import_goes_on() {
    let app = full_app().await;
    let folder = TempDir::new().expect("a folder");
    let archive = folder.path().join("a.zip");
    moving::export(&app.app, &archive).await.expect("exported");
    let error = moving::import_archive(&app.app, &archive, |_| {}).await.expect_err("not empty");
    assert_eq!(error.kind, ErrorKind::Conflict);
    assert_eq!(moving::export(&app.app, &archive).await.expect_err("there").kind, ErrorKind::Conflict);

    let copy = TestApp::start().await;
    let stop = copy.app.lifecycle.soft_stop.clone();
    let interrupted = moving::import_archive(&copy.app, &archive, |report| {
        if report.articles >= 100 {
            stop.cancel();
        }
    });
    assert_eq!(interrupted.await.expect_err("interrupted").kind, ErrorKind::Unavailable);
    let copy = TestApp::on(copy.finish().await, |_| {}).await;
    let report = moving::import_archive(&copy.app, &archive, |_| {}).await.expect("imported");
    assert_eq!(report.articles, 301);
    assert_eq!(article_records(&copy.app).await.len(), 301);
    app.finish().await;
    copy.finish().await;
}

#[test]
fn the_commands_export_and_import() {
    let (home, other) = (TempDir::new().expect("a folder"), TempDir::new().expect("a folder"));
    let file = home.path().join("all.zip");
    let file = file.to_str().expect("text");
    let run = |home: &TempDir, args: &[&str]| {
        let output = run_gleaner(home.path(), args);
        let (text, said) = output_texts(&output);
        (output.status.code(), text, said)
    };
    assert_eq!(run(&home, &["searches", "add", "Looms", "loom"]).0, Some(0));
    let (code, text, said) = run(&home, &["export", file]);
    assert_eq!((code, text.trim()), (Some(0), "Exported 0 feeds, 0 articles."), "{said}");
    let (code, text, said) = run(&other, &["import", "gleaner", file]);
    assert_eq!((code, text.trim()), (Some(0), "Imported 0 feeds, 0 articles."), "{said}");
    assert!(run(&other, &["searches", "list"]).1.contains("Looms"));
    let (code, _, said) = run(&other, &["import", "gleaner", file]);
    assert!(code == Some(1) && said.contains("There is data already"), "{said}");
    let nothing = PathBuf::from(home.path()).join("none.txt");
    std::fs::write(&nothing, "no archive").expect("written");
    let (code, _, said) = run(&other, &["import", "gleaner", nothing.to_str().expect("text")]);
    assert!(code == Some(1) && said.contains("is no archive of Gleaner"), "{said}");
}
