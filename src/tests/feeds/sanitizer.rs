//! Hostile HTML of a feed, as stored and as shown.

use crate::support::{
    corpora,
    feed_server::{FeedReply, FeedServer},
    fixtures::fixture_json,
    test_app::TestApp,
};
use gleaner::domain::{article::ListQuery, feed::SubscribeOutcome};
use gleaner::server::services::{reading, subscriptions};
use scraper::{Html, Node};
use serde::Deserialize;
use serde_json::{Value, json};

/// Elements that run, load or steer something.
const FORBIDDEN_ELEMENTS: [&str; 25] = [
    "script", "style", "iframe", "object", "embed", "applet", "form", "input", "button", "select", "textarea", "link",
    "meta", "base", "svg", "template", "noscript", "video", "audio", "frame", "frameset", "marquee", "portal", "slot",
    "dialog",
];

/// A payload of `hostile-html/payloads.json`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload {
    name: String,
    html: String,
    /// Parts that must not be left in the stored HTML; letters of either case.
    forbidden: Vec<String>,
    /// Texts that must be left.
    #[serde(default)]
    keep: Vec<String>,
    /// What is wrong today. The entry goes when the fault does.
    known_fault: Option<String>,
}

impl Payload {
    /// What is wrong with the stored HTML.
    fn problems(&self, stored: &str) -> Vec<String> {
        let lower_case = stored.to_lowercase();
        let survived = self.forbidden.iter().filter(|part| lower_case.contains(&part.to_lowercase()));
        let mut problems: Vec<String> = survived.map(|part| format!("{part} is left in {stored}")).collect();
        let text: String = Html::parse_fragment(stored).root_element().text().collect();
        let lost = self.keep.iter().filter(|part| !text.contains(part.as_str()));
        problems.extend(lost.map(|part| format!("{part} is lost in {stored}")));
        problems
    }
}

#[tokio::test]
async fn payloads_are_harmless_on_the_page() {
    let payloads: Vec<Payload> = fixture_json("hostile-html/payloads.json");
    let html: Vec<&str> = payloads.iter().map(|payload| payload.html.as_str()).collect();
    let stored = store_payloads(&html).await;
    let mut problems = Vec::new();
    for (payload, stored) in payloads.iter().zip(&stored) {
        let found = payload.problems(stored);
        match &payload.known_fault {
            None => problems.extend(found.iter().map(|problem| format!("{}: {problem}", payload.name))),
            Some(fault) if found.is_empty() => {
                problems.push(format!("{}: is right now, so take the known fault away: {fault}", payload.name));
            }
            Some(_) => {}
        }
    }
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

#[tokio::test]
#[ignore = "GLEANER_CORPORA is not set"]
async fn payloads_of_the_corpus_are_harmless_on_the_page() {
    let lines = std::fs::read_to_string(corpora::corpus_path("sanitizer/payloads.jsonl")).expect("readable");
    let payload =
        |line: &str| serde_json::from_str::<Value>(line).expect("JSON")["payload"].as_str().map(str::to_owned);
    let payloads: Vec<String> = lines.lines().filter_map(payload).collect();
    store_payloads(&payloads).await;
}

/// Subscribes to a feed with one article for each payload. What is stored and the pages that show it must be safe. The stored
/// HTML, in the same order.
async fn store_payloads(payloads: &[impl AsRef<str>]) -> Vec<String> {
    // JSON Feed carries any character, so that each payload arrives exactly as it is written.
    let items: Vec<_> = payloads
        .iter()
        .enumerate()
        .map(|(i, payload)| {
            let html = payload.as_ref();
            json!({"id": i.to_string(), "title": html, "content_html": html, "url": format!("https://example.org/{i}")})
        })
        .collect();
    let feed = json!({"version": "https://jsonfeed.org/version/1.1", "title": "Payloads", "items": items});
    let server = FeedServer::start().await;
    server.on("/feed", FeedReply::ok("application/feed+json", feed.to_string()));
    let app = TestApp::start().await;
    let added = subscriptions::subscribe(&app.app, &server.url("/feed"), None).await.expect("subscribed");
    assert!(matches!(added, SubscribeOutcome::Added(_)));

    let mut stored = vec![None; payloads.len()];
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
            let number =
                row.url.as_deref().and_then(|url| url.strip_prefix("https://example.org/")?.parse::<usize>().ok());
            stored[number.expect("the number of the payload")] = Some(article.content_html.to_string());
        }
        match page.next {
            Some(next) => query.cursor = Some(next),
            None => break,
        }
    }
    stored.into_iter().map(|html| html.expect("every payload is stored")).collect()
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
    // A balanced fragment leaves its neighbor outside.
    let selector = scraper::Selector::parse("#own #after").expect("a selector");
    if document.select(&selector).next().is_some() {
        found.push("not balanced".into());
    }
    found
}
