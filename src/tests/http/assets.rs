//! Embedded assets, and the content security policy of pages.

use crate::support::test_app::TestApp;
use reqwest::{Method, StatusCode};

#[tokio::test]
async fn nothing_outside_of_the_site_is_served() {
    let app = TestApp::start().await;
    for path in [
        "/../Cargo.toml",
        "/pkg/../../../Cargo.toml",
        "/%2e%2e/Cargo.toml",
        "/pkg/%2e%2e%2f%2e%2e%2fCargo.toml",
        "/pkg//etc/passwd",
    ] {
        let answer = app.get(path).await;
        assert_ne!(answer.status, StatusCode::OK, "{path}");
        assert!(!answer.body.contains("[package]") && !answer.body.contains("root:"), "{path}");
    }
    app.finish().await;
}

#[tokio::test]
async fn unknown_addresses_get_a_page_or_json() {
    let app = TestApp::start().await;
    let page = app.send(app.request(Method::GET, "/no/such/page").header("accept", "text/html")).await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(page.body.contains("<html"), "{}", page.body);
    let api = app.get("/api/no-such-thing").await;
    assert_eq!((api.status, &api.json()["error"]["kind"]), (StatusCode::NOT_FOUND, &"not_found".into()));
    app.finish().await;
}

#[tokio::test]
async fn every_page_has_its_own_nonce_on_every_script() {
    let app = TestApp::start().await;
    let nonce_of = |policy: &str| {
        policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).expect("a nonce").to_owned()
    };
    let mut seen = Vec::new();
    for _ in 0..2 {
        let page = app.get("/no/such/page").await;
        let nonce = nonce_of(page.header("content-security-policy"));
        let scripts = page.body.matches("<script").count();
        let carrying = page.body.matches(&format!("nonce=\"{nonce}\"")).count();
        assert!(scripts > 0 && carrying >= scripts, "{scripts} scripts, {carrying} nonces: {}", page.body);
        assert!(!page.header("content-security-policy").contains("unsafe-inline"));
        seen.push(nonce);
    }
    assert_ne!(seen[0], seen[1]);
    app.finish().await;
}

#[tokio::test]
async fn pages_are_compressed_for_those_who_can_read_it() {
    let app = TestApp::start().await;
    for (accept, encoding) in [("br", "br"), ("gzip", "gzip"), ("identity", "")] {
        let request = app.request(Method::GET, "/no/such/page").header("accept-encoding", accept);
        // Not through the client's own decoding, which would hide the header.
        let response = request.send().await.expect("an answer");
        let told = response.headers().get("content-encoding").map_or("", |value| value.to_str().expect("text"));
        assert_eq!(told, encoding, "{accept}");
    }
    app.finish().await;
}
