//! `access.public_url`: the address at which browsers reach Gleaner, whatever their requests name.

use super::support::{PASSWORD, start_closed};
use crate::support::test_app::{TestApp, TestResponse};
use gleaner::server::config::Config;
use reqwest::{Method, StatusCode};

fn public(url: &'static str) -> impl FnOnce(&mut Config) {
    move |config| config.access.public_url = Some(url.parse().expect("an address"))
}

async fn log_in(app: &TestApp, host: &str) -> TestResponse {
    let request = app
        .request(Method::POST, "/fn/access/login")
        .header("host", host)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-origin")
        .header("accept", "text/html");
    app.send(request.body(format!("name=owner&password={}", PASSWORD.replace(' ', "+")))).await
}

#[tokio::test]
async fn the_public_host_is_allowed_and_https_sets_secure_cookies_and_hsts() {
    let own = |app: &TestApp| app.url.trim_start_matches("http://").to_owned();
    for (url, host, cookie, binds) in [
        ("https://news.example.org", Some("news.example.org"), "__Host-gleaner=", true),
        ("https://news.example.org:8443", Some("news.example.org:8443"), "__Host-gleaner=", true),
        ("https://news.example.org", None, "gleaner=", false),
        ("http://news.example.org", Some("news.example.org"), "gleaner=", false),
    ] {
        let app = start_closed(public(url)).await;
        let host = host.map_or_else(|| own(&app), str::to_owned);
        let answer = log_in(&app, &host).await;
        assert_eq!(answer.status, StatusCode::FOUND, "{url} {host}");
        let set = answer.header("set-cookie");
        assert!(set.starts_with(cookie) && set.ends_with("; Secure") == binds, "{url} {host}: {set}");
        let hsts = answer.header("strict-transport-security");
        assert_eq!(hsts, if binds { "max-age=31536000" } else { "" }, "{url} {host}");
        app.finish().await;
    }
}

#[tokio::test]
async fn other_hosts_stay_refused_also_when_a_header_of_proxies_names_it() {
    let app = TestApp::with(|config| {
        public("https://news.example.org")(config);
        config.access.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
    })
    .await;
    let request =
        app.request(Method::GET, "/").header("host", "evil.example").header("x-forwarded-host", "news.example.org");
    let answer = app.send(request).await;
    assert_eq!((answer.status, answer.header("strict-transport-security")), (StatusCode::FORBIDDEN, ""));
    app.finish().await;
}

#[tokio::test]
async fn the_addresses_for_readers_never_come_from_a_request() {
    let app = TestApp::with(|config| {
        public("https://news.example.org")(config);
        config.access.base_path = "/reader".parse().expect("a path");
    })
    .await;
    let page = app.get("/settings/clients").await.body;
    for address in ["https://news.example.org/reader/", "https://news.example.org/reader/fever/"] {
        assert!(page.contains(&format!("<code>{address}<")), "{address}: {page}");
    }
    app.finish().await;
}
