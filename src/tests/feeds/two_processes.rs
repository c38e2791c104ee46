//! Stored articles depend on the feed alone: two processes store the same bytes.

use crate::support::{
    feed_server::{FeedReply, FeedServer, rss_document},
    fixtures::fixture_path,
    gleaner_binary::{gleaner_command, output_texts},
};
use gleaner::server::storage::DATABASE_FILE_NAME;
use sqlx::{ConnectOptions, sqlite::SqliteConnectOptions};
use std::collections::HashSet;
use tempfile::TempDir;

/// HTML with many attributes, in orders of their own: whatever comes out of a hash table shows.
const BODIES: [&str; 6] = [
    "<p><img width=9 src=/a.png title=T height=8 alt=A dir=ltr lang=de id=i><img alt=B src=/b.png></p>",
    "<a title=t rel=x href=/y hreflang=de id=z lang=en dir=rtl>link</a><ol type=a start=3 reversed><li value=4>x</ol>",
    "<table><tr><th scope=row colspan=2 headers=h rowspan=3 id=h>A<td headers=h rowspan=2 colspan=3>1</table>",
    "<math display=block alttext=x displaystyle=true><mover accent=true><mi mathvariant=normal>x</mi><mo stretchy=true form=infix fence=true>^</mo></mover></math>",
    "<b><p>x</b>y<table><b>z</table><a href=/1><a href=/2>two</a><div id=a lang=fr dir=auto><details open id=q>",
    "<picture><source media=print srcset=p.png><source srcset='l.png 2x, s.png'><img data-src=/o.png alt=P></picture>",
];

/// The stored articles: the address of the feed, title and HTML.
async fn stored_html(home: &TempDir) -> Vec<(String, String, String)> {
    let path = home.path().join("data").join(DATABASE_FILE_NAME);
    let mut db = SqliteConnectOptions::new().filename(path).read_only(true).connect().await.expect("a database");
    sqlx::query_as(
        "SELECT f.url, a.title, b.html FROM articles a JOIN article_bodies b ON b.article_id = a.id JOIN feeds f ON f.id = a.feed_id
         ORDER BY 1, 2, 3",
    )
    .fetch_all(&mut db)
    .await
    .expect("articles")
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_store_the_same_bytes_of_every_feed() {
    let server = FeedServer::start().await;
    let titles: Vec<String> = (0..BODIES.len()).map(|n| format!("Number {n}")).collect();
    let entries: Vec<(&str, &str, &str)> =
        titles.iter().zip(BODIES).map(|(title, body)| (title.as_str(), title.as_str(), body)).collect();
    server.on("/f", FeedReply::feed(rss_document("F", &entries)));
    let mut addresses = vec![server.url("/f")];
    for file in std::fs::read_dir(fixture_path("feeds")).expect("a folder") {
        let file = file.expect("readable").path();
        let name = file.file_name().and_then(|name| name.to_str()).expect("a name");
        if !name.ends_with(".expected.json") {
            server.on(&format!("/{name}"), FeedReply::feed(std::fs::read(&file).expect("readable")));
            addresses.push(server.url(&format!("/{name}")));
        }
    }
    let outlines: String = addresses.iter().map(|url| format!("<outline type=\"rss\" xmlUrl=\"{url}\"/>")).collect();
    let list = format!("<opml version=\"2.0\"><body>{outlines}</body></opml>");
    let mut stored = Vec::new();
    for _ in 0..2 {
        let home = TempDir::new().expect("a folder");
        let opml = home.path().join("list.opml");
        std::fs::write(&opml, &list).expect("written");
        for words in [vec!["feeds", "import", opml.to_str().expect("text")], vec!["feeds", "refresh"]] {
            let mut command = gleaner_command(home.path());
            command
                .env("GLEANER_FETCH__ALLOW_NETWORKS", "127.0.0.0/8")
                .env("GLEANER_FETCH__FULL_TEXT", "false")
                .env("GLEANER_FETCH__PER_HOST_SPACING", "0s")
                .arg("--data-dir")
                .arg(home.path().join("data"));
            // The exit code of a refresh tells that some documents are no feeds.
            let output = tokio::task::block_in_place(|| command.args(words).output()).expect("it runs");
            assert!(output.status.code().is_some_and(|code| code < 100), "{:?}", output_texts(&output));
        }
        stored.push(stored_html(&home).await);
    }
    let feeds: HashSet<&str> = stored[0].iter().map(|(url, ..)| url.as_str()).collect();
    assert!(feeds.len() > 90 && stored[0].len() > 150, "{} articles of {} feeds", stored[0].len(), feeds.len());
    for (first, second) in stored[0].iter().zip(&stored[1]) {
        assert_eq!(first, second);
    }
    assert_eq!(stored[0].len(), stored[1].len());
}
