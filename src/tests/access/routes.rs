//! Every route has an access rule and follows it.

use super::support::{Browser, start_closed};
use gleaner::server::http::{
    access::routes::{ROUTES, RouteAccess, find_rule},
    json::openapi_document,
};
use reqwest::Method;
use server_fn::axum::server_fn_paths;
use std::{collections::BTreeSet, fs, path::Path};

/// The templates of all routes: pages, server functions, the API, and what the sources hand to `.route(…)`.
pub(super) fn all_routes() -> BTreeSet<String> {
    let pages = leptos_axum::generate_route_list(gleaner::app::App);
    let pages = pages.iter().map(|page| page.path().to_owned()).filter(|path| path != "/{*any}");
    let functions = server_fn_paths().map(|(path, _)| path.to_owned());
    let api: Vec<String> = openapi_document().paths.paths.keys().cloned().collect();
    let mut all: BTreeSet<String> = pages.chain(functions).chain(api).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/server");
    for file in [root.join("router.rs")].into_iter().chain(rust_files(&root.join("http"))) {
        let text = fs::read_to_string(file).expect("readable");
        for literal in text.split(".route(").skip(1) {
            if let Some(path) = literal.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next()) {
                all.insert(path.to_owned());
            }
        }
    }
    all
}

fn rust_files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("readable").path());
    entries
        .flat_map(|path| if path.is_dir() { rust_files(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|kind| kind == "rs"))
        .collect()
}

#[tokio::test]
async fn every_route_has_a_rule_and_every_rule_a_route() {
    let routes = all_routes();
    assert!(routes.len() > 100 && routes.contains("/metrics") && routes.contains("/articles/{id}"), "{routes:?}");
    let without: Vec<_> = routes.iter().filter(|route| find_rule(route).is_none()).collect();
    assert!(without.is_empty(), "without a rule in http/access/routes.rs: {without:?}");
    let files = [
        "/pkg/*",
        "/favicon.svg",
        "/manifest.webmanifest",
        "/opml/import",
        "/fever",
        "/fever/",
        "/api/fever.php",
        "/v1/*",
        "/healthcheck",
    ];
    let idle: Vec<_> = ROUTES
        .iter()
        .map(|(pattern, _)| *pattern)
        .filter(|pattern| !files.contains(pattern))
        .filter(|pattern| !routes.iter().any(|route| route.starts_with(pattern.trim_end_matches('*'))))
        .collect();
    assert!(idle.is_empty(), "rules for no route: {idle:?}");
}

#[tokio::test]
async fn no_route_answers_without_a_login() {
    let app = start_closed(|_| {}).await;
    let foreign = format!("gleaner={0}; __Host-gleaner={0}", "0f".repeat(32));
    let mut browser = Browser::firefox().logged_in(&app).await;
    let ended = browser.cookie.clone();
    browser.post(&app, "/fn/access/logout", &[]).await;
    let mut told = Vec::new();
    for route in all_routes() {
        let access = find_rule(&route).expect("a rule");
        if !matches!(access, RouteAccess::Owner | RouteAccess::Api) {
            continue;
        }
        let path = route.replace("{id}", "1").replace("{name}", "qwen3:8b").replace("{*name}", "qwen3:8b");
        for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            for cookie in [None, Some(&foreign), Some(&ended)] {
                let mut request = app
                    .request(method.clone(), &path)
                    .header("sec-fetch-site", "same-origin")
                    .header("content-type", "application/x-www-form-urlencoded")
                    .header("accept", "application/json");
                if let Some(cookie) = cookie {
                    request = request.header("cookie", cookie);
                }
                let answer = app.send(request.body("id=1")).await;
                if answer.status != 401 {
                    told.push(format!("{method} {path} {cookie:?}: {}", answer.status));
                }
            }
        }
    }
    assert!(told.is_empty(), "{told:#?}");
    app.finish().await;
}

#[tokio::test]
async fn public_routes_show_nothing_of_the_owner() {
    let app = start_closed(|_| {}).await;
    gleaner::server::services::subscriptions::create_folder(&app.app, "Secret folder").await.expect("created");
    for path in
        ["/login", "/setup", "/pkg/nothing.js", "/login?next=%2Ffeeds", "/healthz", "/unknown", "/favicon.svg/x"]
    {
        for accept in ["text/html", "*/*"] {
            let answer = app.send(app.request(Method::GET, path).header("accept", accept)).await;
            assert!(!answer.body.contains("Secret folder") && !answer.body.contains("class=\"sidebar\""), "{path}");
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn monitoring_answers_this_machine_but_no_proxy_on_it() {
    let app = start_closed(|_| {}).await;
    for path in ["/readyz", "/metrics"] {
        assert_eq!(app.get(path).await.status, 200, "{path}");
        let proxied = app.request(Method::GET, path).header("x-forwarded-for", "198.51.100.1");
        assert_eq!(app.send(proxied).await.status, 401, "{path}");
    }
    app.finish().await;
}
