//! Hostile HTML on its way from a feed's entry to what is stored and to the page that shows it.

use crate::support::{
    corpora,
    feed_server::{FeedReply, FeedServer},
    test_app::TestApp,
};
use gleaner::domain::{article::ListQuery, feed::SubscribeOutcome};
use gleaner::server::services::{reading, subscriptions};
use scraper::{Html, Node};

/// Elements that run, load or steer something.
const FORBIDDEN_ELEMENTS: [&str; 25] = [
    "script", "style", "iframe", "object", "embed", "applet", "form", "input", "button", "select", "textarea", "link",
    "meta", "base", "svg", "template", "noscript", "video", "audio", "frame", "frameset", "marquee", "portal", "slot",
    "dialog",
];

#[tokio::test]
#[ignore = "GLEANER_CORPORA is not set"]
async fn payloads_reach_the_page_without_teeth() {
    let file = corpora::corpus_path("sanitizer/payloads.jsonl");
    let lines = std::fs::read_to_string(file).expect("readable");
    let payloads: Vec<String> = lines
        .lines()
        .map(|l| {
            serde_json::from_str::<serde_json::Value>(l).expect("JSON")["payload"].as_str().expect("a text").to_owned()
        })
        .collect();
    // JSON Feed carries any character, so that each payload arrives exactly as it is written.
    let items: Vec<_> = payloads
        .iter()
        .enumerate()
        .map(|(i, p)| serde_json::json!({"id": i.to_string(), "title": p, "content_html": p, "url": format!("https://example.org/{i}")}))
        .collect();
    let feed = serde_json::json!({"version": "https://jsonfeed.org/version/1.1", "title": "Payloads", "items": items});
    let server = FeedServer::start().await;
    server.on("/feed", FeedReply::ok("application/feed+json", feed.to_string()));
    let app = TestApp::start().await;
    let added = subscriptions::subscribe(&app.app, &server.url("/feed"), None).await.expect("subscribed");
    assert!(matches!(added, SubscribeOutcome::Added(_)));

    let mut seen = 0;
    let mut query = ListQuery { limit: 200, ..ListQuery::default() };
    loop {
        let page = reading::list(&app.app, &query).await.expect("a page");
        for row in &page.rows {
            let article = reading::load_article(&app.app, row.id).await.expect("an article");
            let found = unsafe_in_fragment(&article.content_html);
            assert_eq!(found, Vec::<String>::new(), "{}\nbecame\n{}", row.title, article.content_html);
            let page = app.get(&format!("/articles/{}", row.id)).await;
            assert_eq!(page.status.as_u16(), 200, "{}", row.title);
            assert_eq!(unsafe_in_page(&page.body), Vec::<String>::new(), "the page of {}", row.title);
            seen += 1;
        }
        match page.next {
            Some(next) => query.cursor = Some(next),
            None => break,
        }
    }
    assert_eq!(seen, payloads.len());
    println!("sanitizer: {seen} payloads, none with teeth");
}

/// What a browser would see on a whole page that is not Gleaner's own: scripts without the page's nonce, handlers, frames,
/// addresses that run something.
fn unsafe_in_page(html: &str) -> Vec<String> {
    let document = Html::parse_document(html);
    let elements = document.tree.values().filter_map(Node::as_element);
    let mut found = Vec::new();
    for element in elements {
        let name = element.name();
        if name == "script" && element.attr("nonce").is_none_or(str::is_empty) {
            found.push("a script without the nonce".into());
        }
        if matches!(name, "iframe" | "object" | "embed" | "frame" | "applet" | "base") {
            found.push(format!("element {name}"));
        }
        for (attribute, value) in element.attrs() {
            let bare: String = value.chars().filter(|c| !c.is_control() && !c.is_whitespace()).collect();
            let runs = !(name == "img" && is_raster_picture(value))
                && ["javascript:", "vbscript:", "data:"].iter().any(|s| bare.to_ascii_lowercase().starts_with(s));
            if attribute.starts_with("on") || matches!(attribute, "href" | "src" | "action" | "formaction") && runs {
                found.push(format!("{attribute}={value}"));
            }
        }
    }
    found
}

/// Whether an address holds a picture of a kind that cannot run anything.
fn is_raster_picture(value: &str) -> bool {
    ["png", "gif", "jpeg", "webp"].iter().any(|kind| value.starts_with(&format!("data:image/{kind};base64,")))
}

/// What a browser would see in the fragment that could do harm; also what would change on a second reading.
fn unsafe_in_fragment(html: &str) -> Vec<String> {
    let mut found = Vec::new();
    let wrapped = format!("<div id=\"own\">{html}</div><p id=\"after\"></p>");
    let document = Html::parse_fragment(&wrapped);
    for node in document.tree.nodes() {
        match node.value() {
            Node::Element(element) => {
                let name = element.name();
                if FORBIDDEN_ELEMENTS.contains(&name) {
                    found.push(format!("element {name}"));
                }
                for (attribute, value) in element.attrs() {
                    let ours = name == "div" && value == "own" || name == "p" && value == "after";
                    if attribute.starts_with("on")
                        || matches!(attribute, "style" | "srcdoc" | "srcset" | "class" | "name" | "action")
                    {
                        found.push(format!("attribute {attribute}"));
                    }
                    if attribute == "id" && !ours && !value.starts_with("content-") {
                        found.push("an id that could be the page's own".into());
                    }
                    if matches!(attribute, "href" | "src") {
                        let bare: String = value.chars().filter(|c| !c.is_control() && !c.is_whitespace()).collect();
                        let scheme = bare.split(':').next().unwrap_or_default().to_ascii_lowercase();
                        let is_inside = attribute == "href" && value.starts_with("#content-");
                        let is_picture = name == "img" && is_raster_picture(value);
                        if !is_inside && !is_picture && !matches!(scheme.as_str(), "http" | "https" | "mailto") {
                            found.push(format!("address {value}"));
                        }
                    }
                }
            }
            Node::Comment(_) | Node::Doctype(_) | Node::ProcessingInstruction(_) => found.push("a comment".into()),
            _ => {}
        }
    }
    // A balanced fragment leaves its neighbour outside.
    let selector = scraper::Selector::parse("#own #after").expect("a selector");
    if document.select(&selector).next().is_some() {
        found.push("not balanced".into());
    }
    found
}
