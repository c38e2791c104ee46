//! Below a base path every address of Gleaner begins with it, and nothing else differs.

use crate::{
    access::{
        second_factor::switch_on,
        support::{Browser, PASSWORD},
    },
    support::{
        articles::{new_article, store_articles},
        pulls::simulator_and_app,
        test_app::{TestApp, TestResponse},
    },
};
use gleaner::server::{
    http::access::routes::{ROUTES, RouteAccess},
    secrets::fever_digest,
    services::{
        access::password::{NewPassword, set_password},
        devices,
    },
};
use reqwest::{Method, StatusCode};
use scraper::{Html, Selector};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use tempfile::TempDir;

const BASE: &str = "/reader";

/// A folder with something of everything that pages show.
async fn filled_folder() -> TempDir {
    let (sim, app) = simulator_and_app().await;
    let html = "<p>See <a href=\"https://loom.example/feeds\">the list</a> and <code>href=\"/feeds\"</code>.</p>";
    store_articles(&app.app, &[new_article("A loom", html), new_article("Another <a href=\"/x\">", html)]).await;
    app.post_form("/fn/folders/add", &[("name", "News")]).await;
    app.post_form("/fn/chat/ask", &[("message", "Say yes.")]).await;
    drop(sim);
    app.finish().await
}

async fn start(data: TempDir, base: &str) -> TestApp {
    let base = base.parse().expect("a path");
    TestApp::on(data, move |config| config.access.base_path = base).await
}

fn is_address(attribute: &str) -> bool {
    matches!(attribute, "href" | "src" | "action" | "formaction" | "poster" | "srcset" | "data" | "ping" | "cite")
}

/// The addresses in a page, each with its attribute: every value of a tag that is one or looks like a path, those of reloads
/// without a script and of the loader.
fn addresses(html: &str) -> Vec<(String, String)> {
    let document = Html::parse_document(html);
    let mut found = Vec::new();
    for element in document.select(&Selector::parse("*").expect("a selector")).map(|element| element.value()) {
        for (name, value) in element.attrs() {
            let value = value.trim();
            if name == "content" && element.attr("http-equiv") == Some("refresh") {
                let address = value.split_once("url=").expect("an address").1;
                found.push((name.to_owned(), address.to_owned()));
            } else if value.starts_with('/') || is_address(name) {
                found.push((name.to_owned(), value.to_owned()));
            }
        }
    }
    for script in document.select(&Selector::parse("script").expect("a selector")) {
        let text = script.text().collect::<String>();
        let literals = text.split('"').skip(1).step_by(2).filter(|literal| literal.starts_with('/'));
        found.extend(literals.map(|literal| ("script".to_owned(), literal.to_owned())));
    }
    // What stands within <noscript> is text to the parser.
    for hidden in document.select(&Selector::parse("noscript").expect("a selector")) {
        found.extend(addresses(&hidden.text().collect::<String>()));
    }
    found
}

/// Whether a browser that follows the address stays below the base path, or leaves Gleaner as it is meant to.
fn stays_below(address: &str) -> bool {
    let is_elsewhere = ["https://", "http://", "data:", "mailto:"].iter().any(|scheme| address.starts_with(scheme));
    let is_relative = address.is_empty() || address.starts_with(['?', '#']);
    is_elsewhere || is_relative || address == BASE || address.starts_with(&format!("{BASE}/"))
}

/// Holds every address of an answer to [`stays_below`]. What a form sends and a server function is told are paths as Gleaner knows them.
fn assert_stays_below(page: &str, answer: &TestResponse) {
    let astray: Vec<_> = addresses(&answer.body)
        .into_iter()
        .filter(|(name, address)| name != "value" && !stays_below(address))
        .collect();
    assert!(astray.is_empty(), "{page}: {astray:?}");
    for header in ["location", "refresh", "link", "content-location"] {
        assert!(stays_below(answer.header(header)), "{page}: {header}: {}", answer.header(header));
    }
}

/// The pages that can be reached from the inbox and those that no link leads to, by address; the code is asked for in another test.
async fn crawl(app: &TestApp, base: &str) -> BTreeMap<String, TestResponse> {
    let unlinked = [
        "/login",
        "/login/code",
        "/setup",
        "/search?q=loom",
        "/settings/ollama/delete?model=qwen3:8b",
        "/settings/ollama/new",
        "/missing",
    ];
    let mut waiting: Vec<String> = unlinked.iter().map(|path| format!("{base}{path}")).collect();
    waiting.push(format!("{base}/"));
    let mut pages = BTreeMap::new();
    let mut visits: BTreeMap<String, usize> = BTreeMap::new();
    while let Some(address) = waiting.pop() {
        // Lists differ by their parameters in hundreds of ways; some of each page are enough.
        let count = visits.entry(address.split('?').next().unwrap_or_default().to_owned()).or_default();
        if pages.contains_key(&address) || *count == 8 {
            continue;
        }
        *count += 1;
        let answer = app.send(app.request(Method::GET, &address).header("accept", "text/html")).await;
        if answer.header("content-type").starts_with("text/html") {
            let own = format!("{base}/");
            let links =
                addresses(&answer.body).into_iter().filter(|(name, _)| name == "href").map(|(_, address)| address);
            let links = links.map(|link| link.split('#').next().unwrap_or_default().to_owned());
            waiting.extend(links.filter(|link| link.starts_with(&own)));
        }
        pages.insert(address, answer);
    }
    pages
}

/// The template of the route that a path has.
fn template(path: &str) -> Option<&'static str> {
    let path = path.split('?').next().unwrap_or_default();
    ROUTES.iter().map(|(pattern, _)| *pattern).find(|pattern| {
        let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
        wanted.clone().count() == given.clone().count()
            && wanted.all(|wanted| given.next().is_some_and(|given| wanted == given || wanted.starts_with('{')))
    })
}

#[tokio::test]
async fn every_address_on_every_page_is_below_the_base_path() {
    let app = start(filled_folder().await, BASE).await;
    let pages = crawl(&app, BASE).await;
    let visited: BTreeSet<_> = pages.keys().filter_map(|page| template(page.strip_prefix(BASE)?)).collect();
    let is_page = |access: &RouteAccess| matches!(access, RouteAccess::Owner | RouteAccess::Public);
    let no_pages = ["/fn/", "/opml/import", "/icons/{hash}"];
    let missed: Vec<_> = ROUTES
        .iter()
        .filter(|(pattern, access)| is_page(access) && !no_pages.iter().any(|other| pattern.starts_with(other)))
        .filter(|(pattern, _)| !pattern.ends_with('*') && !visited.contains(pattern))
        .collect();
    assert!(missed.is_empty(), "not reached: {missed:?}");
    for (page, answer) in &pages {
        assert_stays_below(page, answer);
    }
    let article =
        pages.iter().find(|(page, _)| template(&page[BASE.len()..]) == Some("/articles/{id}")).expect("read").1;
    assert!(article.body.contains("<code>href=\"/feeds\"</code>"), "words are no addresses: {}", article.body);
    app.finish().await;
}

/// The shape of a page: digits, nonces and the base path taken away.
fn shape(html: &str, base: &str) -> Vec<String> {
    let own = |address: String| {
        let path = address
            .strip_prefix(base)
            .map_or(address.clone(), |rest| if rest.is_empty() { "/".into() } else { rest.into() });
        path.chars().filter(|c| !c.is_ascii_digit()).collect::<String>()
    };
    let found = addresses(html).into_iter().filter(|(name, _)| name != "data-base");
    found.map(|(name, address)| format!("{name}={}", own(address))).collect()
}

#[tokio::test]
async fn without_a_base_path_pages_have_the_same_addresses() {
    let paths = [
        "/",
        "/feeds",
        "/feeds/new",
        "/categories",
        "/chat",
        "/interests",
        "/settings",
        "/settings/access",
        "/settings/clients",
        "/settings/servers",
        "/models",
        "/status",
        "/keys",
        "/login",
        "/missing",
    ];
    let mut shapes = Vec::new();
    for base in ["", BASE] {
        let app = start(TempDir::new().expect("a folder"), base).await;
        let mut found = Vec::new();
        for path in paths {
            let page = app.send(app.request(Method::GET, &format!("{base}{path}")).header("accept", "text/html")).await;
            assert_eq!(page.body.contains("data-base") || page.body.contains(BASE), !base.is_empty(), "{path}");
            found.push((path, shape(&page.body, base)));
        }
        shapes.push(found);
        app.finish().await;
    }
    let (below, plain) = (shapes.pop().expect("two"), shapes.pop().expect("two"));
    assert_eq!(plain, below);
}

#[tokio::test]
async fn the_second_factor_works_below_it() {
    let app = start(TempDir::new().expect("a folder"), BASE).await;
    let new = NewPassword { password: PASSWORD.into(), repeated: PASSWORD.into() };
    set_password(&app.app, new).await.expect("a valid password");
    let mut browser = Browser::firefox();
    let login = [("name", "owner"), ("password", PASSWORD), ("next", "/feeds")];
    browser.post(&app, "/reader/fn/access/login", &login).await;
    let (secret, _) = switch_on(&app, &mut browser).await;

    let mut other = Browser::safari();
    let asked = other.post(&app, "/reader/fn/access/login", &login).await;
    assert_eq!(asked.header("location"), "/reader/login/code?next=%2Ffeeds");
    assert!(asked.header("set-cookie").starts_with("gleaner-login="), "{}", asked.header("set-cookie"));
    assert!(asked.header("set-cookie").contains("; Path=/reader;"), "{}", asked.header("set-cookie"));
    let page = other.get(&app, asked.header("location")).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("action=\"/reader/fn/access/login/code\""), "{}", page.body);
    assert_stays_below("/login/code", &page);
    let code = secret.code_at(app.app.clock.now().plus(30));
    let entered = other.post(&app, "/reader/fn/access/login/code", &[("code", &code), ("next", "/feeds")]).await;
    assert_eq!((entered.status, entered.header("location")), (StatusCode::FOUND, "/reader/feeds"), "{}", entered.body);
    app.finish().await;
}

#[tokio::test]
async fn logins_forms_and_programs_work_below_it_whether_the_proxy_strips_it_or_not() {
    for sent_base in [BASE, ""] {
        let app = start(TempDir::new().expect("a folder"), BASE).await;
        let new = NewPassword { password: PASSWORD.into(), repeated: PASSWORD.into() };
        set_password(&app.app, new).await.expect("a valid password");
        let mut browser = Browser::firefox();
        let led = browser.get(&app, &format!("{sent_base}/feeds?view=all")).await;
        assert_eq!(led.header("location"), "/reader/login?next=%2Ffeeds%3Fview%3Dall");

        let fields = [("name", "owner"), ("password", PASSWORD), ("next", "/feeds?view=all")];
        let answer = browser.post(&app, &format!("{sent_base}/fn/access/login"), &fields).await;
        assert_eq!((answer.status, answer.header("location")), (StatusCode::FOUND, "/reader/feeds?view=all"));
        assert!(answer.header("set-cookie").contains("; Path=/reader;"), "{}", answer.header("set-cookie"));

        // A form without an address of its own leads back to the page that it was on.
        let request = app
            .request(Method::POST, &format!("{sent_base}/fn/articles/mark"))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .header("referer", format!("{}{BASE}/?view=all", app.url))
            .header("cookie", &browser.cookie)
            .header("accept", "text/html");
        let answer = app.send(request.body("read=1")).await;
        assert_eq!(answer.status, StatusCode::FOUND, "{}", answer.body);
        assert!(answer.header("location").starts_with("/reader/?view=all"), "{}", answer.header("location"));

        let document = browser.get(&app, &format!("{sent_base}/api/openapi.json")).await.json();
        assert_eq!(document["servers"], json!([{"url": "/reader"}]));
        let list = browser.get(&app, &format!("{sent_base}/opml/export")).await;
        assert!(list.status == StatusCode::OK && !list.body.contains("=\"/"), "{}", list.body);

        let refused = app.get(&format!("{sent_base}/api/articles")).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
        for path in ["/healthz", "/manifest.webmanifest", "/favicon.svg"] {
            // Files of the site are not part of every test build.
            let answer = app.get(&format!("{sent_base}{path}")).await;
            assert!(answer.status == StatusCode::OK || path != "/healthz", "{path}: {}", answer.status);
        }
        app.finish().await;
    }
}

/// The addresses of other readers: with the prefix from the proxy or without it, also where the prefix is the first part of their own.
#[tokio::test]
async fn other_readers_work_below_it_whether_the_proxy_strips_it_or_not() {
    let app = start(TempDir::new().expect("a folder"), BASE).await;
    let s = devices::add(&app.app, "phone", "read,write").await.expect("added").secrets;
    let form = format!("Email={}&Passwd={}", s.username, s.password);
    let key = format!("api_key={}", fever_digest(&s.username, &s.password));
    let post = |path: String, body: &str| {
        let request = app.request(Method::POST, &path).header("content-type", "application/x-www-form-urlencoded");
        app.send(request.body(body.to_owned()))
    };
    for sent_base in [BASE, ""] {
        for place in ["", "/api/greader.php"] {
            let login = post(format!("{sent_base}{place}/accounts/ClientLogin"), &form).await;
            let token = login.body.lines().find_map(|line| line.strip_prefix("Auth=")).expect("a token").to_owned();
            for call in ["token", "user-info", "tag/list", "subscription/list", "stream/contents/feed/1"] {
                let request = app.request(Method::GET, &format!("{sent_base}{place}/reader/api/0/{call}"));
                let answer = app.send(request.header("authorization", format!("GoogleLogin auth={token}"))).await;
                let expected = if call.ends_with("feed/1") { 404 } else { 200 };
                assert_eq!(answer.status.as_u16(), expected, "{sent_base} {place} {call}: {}", answer.body);
            }
        }
        for path in ["/v1/me", "/v1/feeds", "/healthcheck"] {
            let request = app.request(Method::GET, &format!("{sent_base}{path}")).header("x-auth-token", &s.token);
            assert_eq!(app.send(request).await.status, StatusCode::OK, "{sent_base}{path}");
        }
        for path in ["/fever/", "/fever", "/api/fever.php"] {
            assert_eq!(post(format!("{sent_base}{path}?api"), &key).await.json()["auth"], 1, "{sent_base}{path}");
        }
        let request = app.request(Method::GET, &format!("{sent_base}/api/feeds"));
        let answer = app.send(request.header("authorization", format!("Bearer {}", s.token))).await;
        assert_eq!(answer.status, StatusCode::OK, "{sent_base}/api/feeds");
    }
    app.finish().await;
}

#[tokio::test]
async fn the_manifest_names_its_files_beside_itself() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/public/manifest.webmanifest"));
    let manifest: serde_json::Value = serde_json::from_str(&text.expect("readable")).expect("JSON");
    let base = url::Url::parse("https://h/reader/manifest.webmanifest").expect("an address");
    for address in [&manifest["start_url"], &manifest["icons"][0]["src"]] {
        let there = base.join(address.as_str().expect("text")).expect("an address");
        assert!(there.path().starts_with("/reader/"), "{there}");
    }
    assert_eq!(manifest["icons"][0]["src"], json!("favicon.svg"));
}
