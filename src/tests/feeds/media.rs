//! Pictures and files of entries: read from all kinds of feeds, stored and shown; changes of them do not cause another score.
//!
//! An expectation names for each entry its `media` in words, the `layout` (where the reader shows which), and the other details
//! that it has: `language`, `categories`, `comments_url`, `source`.

use crate::support::{
    articles::article_records,
    expectations,
    feed_server::{FeedReply, FeedServer},
    test_app::TestApp,
};
use gleaner::{
    domain::{
        feed::SubscribeOutcome,
        ids::FeedId,
        publisher_details::{ArticleMedia, MediaLayout, PublisherDetails, arrange_media},
    },
    server::{
        feed::parse::{self, parsed::ParsedEntry},
        html::sanitize::sanitize,
        services::subscriptions,
    },
};
use serde_json::{Value, json};
use std::fmt::Write as _;
use url::Url;

#[test]
fn media_of_every_kind_are_read_and_placed() {
    let (mut entries, mut right, mut differences) = (0, 0, Vec::new());
    for document in expectations::load_documents("media") {
        let base = Url::parse(&format!("https://feeds.example.org/dir/{}", document.file_name)).expect("an address");
        let feed = parse::parse(&document.bytes, None, &base).expect("a feed");
        entries += feed.entries.len();
        let found = json!({ "entries": feed.entries.iter().map(entry_json).collect::<Vec<_>>() });
        let expected = json!({ "entries": document.expected["entries"] });
        let (equal, different) = expectations::compare_values(&document.name, &expected, &found);
        right += equal;
        differences.extend(different);
    }
    println!("media fixtures: {entries} entries, {right} values right");
    assert!(entries >= 40, "{entries}");
    expectations::assert_only_known_faults(&differences, &[]);
}

fn entry_json(entry: &ParsedEntry) -> Value {
    let PublisherDetails { language, comments_url, source, categories, media } = &entry.details;
    let html = sanitize(entry.body(), None);
    json!({
        "media": media.iter().map(describe).collect::<Vec<_>>(),
        "layout": describe_layout(&arrange_media(media, &html)),
        "language": language,
        "comments_url": comments_url,
        "source": source.as_ref().map(|source| format!("{} {}", source.title, source.url.as_deref().unwrap_or("-"))),
        "categories": categories,
    })
}

/// Everything that is known of a file, in a line.
fn describe(media: &ArticleMedia) -> String {
    let mut line = format!("{} {}", media.kind.as_str(), media.url);
    let mut add = |part: Option<String>| part.map_or(Ok(()), |part| write!(line, " {part}")).expect("a string");
    add(media.mime_type.clone());
    add(media.bytes.map(|bytes| format!("{bytes} B")));
    let side = |pixels: Option<u32>| pixels.map_or_else(|| "?".to_owned(), |pixels| pixels.to_string());
    add((media.width.or(media.height)).map(|_| format!("{}x{}", side(media.width), side(media.height))));
    add(media.duration_seconds.map(|seconds| format!("{seconds} s")));
    add(media.title.as_ref().map(|title| format!("“{title}”")));
    line
}

/// What the reader shows, in its order.
fn describe_layout(layout: &MediaLayout) -> String {
    let name = |address: &str| address.rsplit('/').next().unwrap_or_default().to_owned();
    let of = |kind: &str, media: &[ArticleMedia]| -> Vec<String> {
        media.iter().map(|media| format!("{kind}:{}", media.label())).collect()
    };
    let mut parts: Vec<String> = layout.cover.iter().map(|cover| format!("cover:{}", name(&cover.url))).collect();
    parts.extend(layout.poster.iter().map(|poster| format!("poster:{}", name(poster))));
    parts.extend(layout.players.iter().map(|media| format!("{}:{}", media.kind.as_str(), media.label())));
    parts.extend(of("picture", &layout.pictures));
    parts.extend(of("file", &layout.files));
    parts.join(" ")
}

const EPISODE: &str = "<rss version=\"2.0\" xmlns:itunes=\"http://www.itunes.com/dtds/podcast-1.0.dtd\" \
     xmlns:media=\"http://search.yahoo.com/mrss/\"><channel><title>קול</title><language>he</language>\
     <item><guid>e1</guid><link>https://pod.example/1</link><title>Episode ראשון</title><author>דנה</author>\
     <description>מילים</description>\
     <comments>https://pod.example/1#c</comments><category>קומקום</category><source url=\"https://o.example/\">Other</source>\
     <enclosure url=\"https://pod.example/1.mp3\" length=\"24000000\" type=\"audio/mpeg\"/><itunes:duration>34:00</itunes:duration>\
     <media:content url=\"https://pod.example/1.jpg\" medium=\"image\"><media:description>A kettle</media:description></media:content>\
     </item></channel></rss>";

async fn subscribe(app: &TestApp, url: &str) -> FeedId {
    match subscriptions::subscribe(&app.app, url, None).await {
        Ok(SubscribeOutcome::Added(feed)) => feed,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_reader_and_the_api_show_what_the_publisher_sent() {
    let server = FeedServer::start().await;
    server.on("/f", FeedReply::feed(EPISODE));
    let app = TestApp::start().await;
    subscribe(&app, &server.url("/f")).await;
    let id = article_records(&app.app).await[0].id();

    let page = app.get(&format!("/articles/{id}")).await.body.replace("<!>", "");
    for part in [
        "<audio controls preload=\"none\" src=\"https://pod.example/1.mp3\" data-file=\"https://pod.example/1.mp3\" aria-label=\"1.mp3\">",
        "<a href=\"https://pod.example/1.mp3\" dir=\"auto\" rel=\"noopener noreferrer nofollow external\">1.mp3</a>",
        " · 34 min · 24.0 MB",
        "<img src=\"https://pod.example/1.jpg\" alt=\"A kettle\"",
        "href=\"https://pod.example/1#c\"",
        "<span lang=\"he\" dir=\"auto\" class=\"chip\">קומקום</span>",
        "<h1 lang=\"he\" dir=\"auto\">Episode ראשון</h1>",
        "<div lang=\"he\" dir=\"rtl\" class=\"prose\">מילים</div>",
        "<span dir=\"auto\">דנה</span>",
        "href=\"https://o.example/\"",
    ] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
    assert!(!page.contains(">Listen"), "no label of ours stands in the text");
    let list = app.get("/?view=all").await.body.replace("<!>", "");
    assert!(list.contains("lang=\"he\" dir=\"auto\">Episode ראשון</a>"), "{list}");
    assert!(list.contains("lang=\"he\" dir=\"auto\" class=\"why\">מילים</p>"), "{list}");

    let article = app.get(&format!("/api/articles/{id}")).await.json();
    assert_eq!(article["title"], "Episode ראשון");
    assert_eq!(article["summary"], "מילים");
    assert_eq!(article["language"], "he");
    assert_eq!(article["comments_url"], "https://pod.example/1#c");
    assert_eq!(article["publisher_categories"], json!(["קומקום"]));
    assert_eq!(article["source"], json!({ "title": "Other", "url": "https://o.example/" }));
    let audio = json!({
        "kind": "audio", "url": "https://pod.example/1.mp3", "mime_type": "audio/mpeg", "bytes": 24_000_000,
        "width": null, "height": null, "title": null, "position_seconds": null, "duration_seconds": 2_040,
    });
    assert_eq!(article["media"][0], audio);
    assert_eq!(article["media"][1]["title"], "A kettle");
    assert_eq!(article["media"].as_array().map(Vec::len), Some(2));
}

/// Everything of an article that says whether it was touched, and whether it will be scored.
async fn marks(app: &TestApp) -> Vec<String> {
    let marks = "SELECT json_array(a.id, a.title, a.state, a.next_step, a.updated_at, i.words, i.content)
                 FROM articles a JOIN article_identities i ON i.article_id = a.id ORDER BY a.id";
    sqlx::query_scalar(marks).fetch_all(&app.app.db.read).await.expect("readable")
}

async fn stored_media(app: &TestApp) -> Vec<String> {
    let media = "SELECT kind || ' ' || url FROM article_media ORDER BY article_id, position";
    sqlx::query_scalar(media).fetch_all(&app.app.db.read).await.expect("readable")
}

#[tokio::test]
async fn details_come_later_and_change_without_scoring_anything_again() {
    let server = FeedServer::start().await;
    server.on("/f", FeedReply::feed(EPISODE));
    let app = TestApp::start().await;
    let feed = subscribe(&app, &server.url("/f")).await;
    // As the version before left it: the same identities, no details, a score.
    let mut db = app.app.db.write().await.expect("a transaction");
    sqlx::raw_sql(
        "DELETE FROM article_media; DELETE FROM article_details; UPDATE articles SET state = 'scored', next_step = NULL",
    )
    .execute(&mut *db)
    .await
    .expect("written");
    db.commit().await.expect("committed");
    let before = marks(&app).await;

    // Anything that makes the document a new one; then another picture.
    let other_picture = EPISODE.replace("1.jpg", "2.jpg");
    for (document, picture) in [(format!("{EPISODE}<!-- new -->"), "1.jpg"), (other_picture, "2.jpg")] {
        server.on("/f", FeedReply::feed(document));
        subscriptions::refresh_feed(&app.app, feed).await.expect("refreshed");
        assert_eq!(marks(&app).await, before, "nothing is edited, nothing is scored again");
        let expected = ["audio https://pod.example/1.mp3".to_owned(), format!("image https://pod.example/{picture}")];
        assert_eq!(stored_media(&app).await, expected);
    }

    // What the publisher takes away goes.
    server.on("/f", FeedReply::feed(EPISODE.replace("<media:content", "<media:other")));
    subscriptions::refresh_feed(&app.app, feed).await.expect("refreshed");
    assert_eq!(stored_media(&app).await, ["audio https://pod.example/1.mp3"]);
    assert_eq!(marks(&app).await, before);
}
