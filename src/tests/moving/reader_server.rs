//! Miniflux and FreshRSS as far as an import asks them: answers in the shapes that the real ones gave (Miniflux 2.3.4, FreshRSS of 2024).

use axum::{
    Router,
    extract::{Path, RawQuery, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// The key of the API, and the password for it.
pub const SECRET: &str = "correct horse";

/// An article of the other reader.
#[derive(Clone, Debug)]
pub struct ServedArticle {
    pub feed: i64,
    pub number: i64,
    pub is_read: bool,
    pub is_starred: bool,
    pub labels: Vec<&'static str>,
}

/// So many articles of three feeds: every second read, every tenth starred, every twentieth labeled.
pub fn served_articles(count: i64) -> Vec<ServedArticle> {
    (1..=count)
        .map(|number| ServedArticle {
            feed: number % 3 + 1,
            number,
            is_read: number % 2 == 0,
            is_starred: number % 10 == 0,
            labels: if number % 20 == 0 { vec!["To do"] } else { Vec::new() },
        })
        .collect()
}

/// A reader on loopback.
#[derive(Clone)]
pub struct ReaderServer {
    pub url: String,
    articles: Arc<Vec<ServedArticle>>,
    /// Pages of articles that are answered before one fails; then all are.
    pages_left: Arc<AtomicUsize>,
    pages: Arc<AtomicUsize>,
}

impl ReaderServer {
    pub async fn start(count: i64) -> Self {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let server = Self {
            url: format!("http://{}", listener.local_addr().expect("bound")),
            articles: Arc::new(served_articles(count)),
            pages_left: Arc::new(AtomicUsize::new(usize::MAX)),
            pages: Arc::default(),
        };
        let router = Router::new()
            .route("/v1/me", get(miniflux_me))
            .route("/v1/feeds", get(miniflux_feeds))
            .route("/v1/entries", get(miniflux_entries))
            .route("/api/greader.php/accounts/ClientLogin", post(login))
            .route("/api/greader.php/reader/api/0/{*path}", get(google_reader))
            .with_state(server.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        server
    }

    /// The page after so many more fails once.
    pub fn fail_after(&self, pages: usize) {
        self.pages_left.store(pages, Ordering::SeqCst);
    }

    /// Pages of articles that were asked for.
    pub fn pages(&self) -> usize {
        self.pages.load(Ordering::SeqCst)
    }

    fn begin_page(&self) -> Result<(), StatusCode> {
        self.pages.fetch_add(1, Ordering::SeqCst);
        match self.pages_left.load(Ordering::SeqCst) {
            usize::MAX => Ok(()),
            0 => {
                self.pages_left.store(usize::MAX, Ordering::SeqCst);
                Err(StatusCode::BAD_GATEWAY)
            }
            left => {
                self.pages_left.store(left - 1, Ordering::SeqCst);
                Ok(())
            }
        }
    }
}

fn feed_url(feed: i64) -> String {
    format!("http://127.0.0.1:9/feed-{feed}.xml")
}

fn check_token(headers: &HeaderMap) -> Result<(), StatusCode> {
    let is_known = headers.get("x-auth-token").is_some_and(|token| token == SECRET);
    if is_known { Ok(()) } else { Err(StatusCode::UNAUTHORIZED) }
}

async fn miniflux_me(headers: HeaderMap) -> Response {
    if let Err(refused) = check_token(&headers) {
        return refused.into_response();
    }
    axum::Json(json!({ "id": 1, "username": "admin", "is_admin": true })).into_response()
}

async fn miniflux_feeds(headers: HeaderMap) -> Response {
    if let Err(refused) = check_token(&headers) {
        return refused.into_response();
    }
    let feed = |id: i64| {
        let category = if id == 1 { "All" } else { "News" };
        json!({
            "id": id, "user_id": 1, "feed_url": feed_url(id), "site_url": "http://127.0.0.1:9/", "title": format!("Feed {id}"),
            "category": { "id": id, "title": category, "user_id": 1, "hide_globally": false }, "disabled": false,
            "icon": { "feed_id": id, "icon_id": 1, "external_icon_id": "x" },
        })
    };
    // In no order, with one that cannot be fetched.
    let broken =
        json!({ "id": 9, "feed_url": "gopher://example.org/", "title": "Old", "site_url": "", "category": null });
    axum::Json(json!([feed(3), feed(1), broken, feed(2)])).into_response()
}

fn parameters(query: Option<&str>) -> Vec<(String, String)> {
    url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect()
}

fn parameter<'a>(parameters: &'a [(String, String)], name: &str) -> Option<&'a str> {
    parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

async fn miniflux_entries(
    State(server): State<ReaderServer>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    if let Err(refused) = check_token(&headers).and_then(|()| server.begin_page()) {
        return refused.into_response();
    }
    let query = parameters(query.as_deref());
    assert_eq!((parameter(&query, "order"), parameter(&query, "direction")), (Some("id"), Some("asc")));
    let after: i64 = parameter(&query, "after_entry_id").expect("a start").parse().expect("a number");
    let limit: usize = parameter(&query, "limit").expect("a limit").parse().expect("a number");
    let entries: Vec<Value> =
        server.articles.iter().filter(|article| article.number > after).take(limit).map(miniflux_entry).collect();
    axum::Json(json!({ "total": server.articles.len(), "entries": entries })).into_response()
}

fn miniflux_entry(article: &ServedArticle) -> Value {
    let number = article.number;
    json!({
        "id": number, "user_id": 1, "feed_id": article.feed, "status": if article.is_read { "read" } else { "unread" },
        "hash": format!("{number:064x}"), "title": format!("Article {number} & more"),
        "url": format!("http://example.org/{}/{number}", article.feed), "comments_url": "", "language": "",
        "published_at": "2026-02-21T14:13:20Z", "created_at": "2026-02-26T22:37:16.22901Z",
        "content": format!("<p>Text of <b>number</b> {number}.</p><script>x()</script>"), "author": "A. Writer", "share_code": "",
        "starred": article.is_starred, "reading_time": 1, "enclosures": [], "tags": ["Tag"],
    })
}

async fn login(body: String) -> Response {
    let fields = parameters(Some(&body));
    if parameter(&fields, "Email") != Some("alice") || parameter(&fields, "Passwd") != Some(SECRET) {
        return (StatusCode::UNAUTHORIZED, "Unauthorized!").into_response();
    }
    "SID=alice/22b3\nLSID=null\nAuth=alice/22b3\n".into_response()
}

async fn google_reader(
    State(server): State<ReaderServer>,
    headers: HeaderMap,
    Path(path): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    if headers.get("authorization").is_none_or(|value| value != "GoogleLogin auth=alice/22b3") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let query = parameters(query.as_deref());
    match path.as_str() {
        "subscription/list" => {
            let feed = |id: i64| {
                let label = if id == 1 { "Uncategorized" } else { "News" };
                json!({
                    "id": format!("feed/{id}"), "title": format!("Feed {id}"), "url": feed_url(id), "htmlUrl": "http://127.0.0.1:9/",
                    "categories": [{ "id": format!("user/-/label/{label}"), "label": label }], "iconUrl": "http://127.0.0.1:9/f.php",
                })
            };
            axum::Json(json!({ "subscriptions": [feed(2), feed(3), feed(1)] })).into_response()
        }
        "tag/list" => axum::Json(json!({ "tags": [
            { "id": "user/-/state/com.google/starred" },
            { "id": "user/-/label/News", "type": "folder" },
            { "id": "user/-/label/To do", "type": "tag" },
        ] }))
        .into_response(),
        "stream/contents/user/-/state/com.google/reading-list" => {
            if let Err(failed) = server.begin_page() {
                return failed.into_response();
            }
            assert_eq!(parameter(&query, "r"), Some("o"), "the oldest first");
            let limit: usize = parameter(&query, "n").expect("a number").parse().expect("a number");
            let after: i64 = parameter(&query, "c").map_or(0, |after| after.parse().expect("a number"));
            let rest: Vec<_> = server.articles.iter().filter(|article| article.number > after).collect();
            let items: Vec<Value> = rest.iter().take(limit).map(|article| google_item(article)).collect();
            let mut page = json!({ "id": "user/-/state/com.google/reading-list", "updated": 1, "items": items });
            if rest.len() > limit {
                page["continuation"] = rest[limit - 1].number.to_string().into();
            }
            axum::Json(page).into_response()
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

fn google_item(article: &ServedArticle) -> Value {
    let number = article.number;
    let mut categories = vec!["user/-/state/com.google/reading-list".to_owned()];
    categories.push(format!("user/-/label/{}", if article.feed == 1 { "Uncategorized" } else { "News" }));
    categories.extend(article.is_read.then(|| "user/-/state/com.google/read".to_owned()));
    categories.extend(article.is_starred.then(|| "user/-/state/com.google/starred".to_owned()));
    categories.extend(article.labels.iter().map(|label| format!("user/-/label/{label}")));
    let link = json!([{ "href": format!("http://example.org/{}/{number}", article.feed) }]);
    json!({
        "id": format!("tag:google.com,2005:reader/item/{number:016x}"), "crawlTimeMsec": "1771684400000",
        "timestampUsec": "1771684400000000", "published": 1_771_683_200, "title": format!("Article {number} ＆amp; more"),
        "canonical": link, "alternate": link, "categories": categories,
        "origin": { "streamId": format!("feed/{}", article.feed), "htmlUrl": "http://127.0.0.1:9/", "title": "Feed" },
        "summary": { "content": format!("<p>Text of <b>number</b> {number}.</p><script>x()</script>") }, "author": "A. Writer",
    })
}
