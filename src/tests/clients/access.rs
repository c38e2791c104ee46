//! Access to the APIs for other readers: only devices, by their secrets in each request.

use super::support::ClientApp;
use crate::{
    access::support::{Browser, start_closed},
    support::test_app::TestResponse,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use gleaner::server::{secrets::fever_digest, services::devices};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use std::{fs, path::Path};

/// Every route below `/v1`, with the methods that it knows.
const V1_ROUTES: [(&str, &str); 49] = [
    ("GET", "/v1/me"),
    ("GET", "/v1/version"),
    ("GET", "/v1/integrations/status"),
    ("GET", "/v1/users"),
    ("POST", "/v1/users"),
    ("GET", "/v1/users/1"),
    ("PUT", "/v1/users/1"),
    ("DELETE", "/v1/users/1"),
    ("PUT", "/v1/users/1/mark-all-as-read"),
    ("GET", "/v1/categories"),
    ("POST", "/v1/categories"),
    ("PUT", "/v1/categories/1"),
    ("DELETE", "/v1/categories/1"),
    ("GET", "/v1/categories/1/feeds"),
    ("PUT", "/v1/categories/1/refresh"),
    ("PUT", "/v1/categories/1/mark-all-as-read"),
    ("GET", "/v1/categories/1/entries"),
    ("GET", "/v1/categories/1/entries/1"),
    ("GET", "/v1/feeds"),
    ("POST", "/v1/feeds"),
    ("GET", "/v1/feeds/counters"),
    ("PUT", "/v1/feeds/refresh"),
    ("GET", "/v1/feeds/1"),
    ("PUT", "/v1/feeds/1"),
    ("DELETE", "/v1/feeds/1"),
    ("PUT", "/v1/feeds/1/refresh"),
    ("GET", "/v1/feeds/1/icon"),
    ("PUT", "/v1/feeds/1/mark-all-as-read"),
    ("GET", "/v1/feeds/1/entries"),
    ("GET", "/v1/feeds/1/entries/1"),
    ("GET", "/v1/icons/1"),
    ("POST", "/v1/discover"),
    ("GET", "/v1/entries"),
    ("PUT", "/v1/entries"),
    ("GET", "/v1/entries/ids"),
    ("GET", "/v1/entries/1"),
    ("PUT", "/v1/entries/1"),
    ("PUT", "/v1/entries/1/bookmark"),
    ("PUT", "/v1/entries/1/star"),
    ("GET", "/v1/entries/1/fetch-content"),
    ("POST", "/v1/entries/1/save"),
    ("GET", "/v1/export"),
    ("POST", "/v1/import"),
    ("PUT", "/v1/flush-history"),
    ("DELETE", "/v1/flush-history"),
    ("HEAD", "/v1/me"),
    ("HEAD", "/v1/entries"),
    ("HEAD", "/v1/feeds"),
    ("HEAD", "/v1/categories"),
];

fn method(name: &str) -> Method {
    Method::from_bytes(name.as_bytes()).expect("a method")
}

fn basic(username: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{username}:{password}")))
}

/// Whether an answer is none that readers cannot handle: a redirect, a cookie, HTML.
fn is_plain(answer: &TestResponse) -> bool {
    !answer.status.is_redirection() && !answer.headers.contains_key("set-cookie") && !answer.body.contains("<html")
}

#[tokio::test]
async fn every_route_of_miniflux_refuses_requests_without_a_device() {
    let client = ClientApp::start().await;
    let app = &client.app;
    let session = Browser::firefox().logged_in(app).await.cookie;
    let sources =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/server/http/clients/miniflux/mod.rs"));
    for route in sources.expect("readable").split(".route(\"/v1/").skip(1) {
        let template = format!("/v1/{}", route.split('"').next().expect("a path"));
        let pattern = template.replace("{id}", "1").replace("{entry}", "1");
        let is_known =
            pattern == "/v1/" || pattern.contains("{*") || V1_ROUTES.iter().any(|(_, path)| *path == pattern);
        assert!(is_known, "{template} is not in the table");
    }
    type Dress = fn(RequestBuilder) -> RequestBuilder;
    let dresses: [(&str, Dress); 4] = [
        ("nothing", |request| request),
        ("a wrong token", |request| request.header("x-auth-token", "gl_00")),
        ("a bearer token", |request| request.header("authorization", "Bearer gl_00")),
        ("another site", |request| {
            request.header("sec-fetch-site", "cross-site").header("origin", "http://evil.example")
        }),
    ];
    for (name, path) in V1_ROUTES {
        for (case, dress) in dresses {
            let request =
                dress(app.request(method(name), path)).header("cookie", &session).header("accept", "text/html");
            let answer = app.send(request).await;
            let case = format!("{name} {path} with {case}: {answer:?}");
            assert_eq!(answer.status, 401, "{case}");
            assert!(is_plain(&answer), "{case}");
            assert_eq!(answer.header("www-authenticate"), "Basic realm=\"Gleaner\"", "{case}");
            if name != "HEAD" {
                assert!(answer.json()["error_message"].is_string(), "{case}");
            }
        }
    }
    client.app.finish().await;
}

#[tokio::test]
async fn a_device_is_known_by_its_token_and_by_its_password() {
    let client = ClientApp::start().await;
    let (app, s) = (&client.app, &client.secrets);
    let other = devices::add(&app.app, "tablet", "read").await.expect("added").secrets;
    for (name, value, status) in [
        ("x-auth-token", s.token.clone(), 200),
        ("x-auth-token", s.password.clone(), 401),
        ("authorization", basic(&s.username, &s.password), 200),
        ("authorization", basic(&s.username, &s.password).replace("Basic", "basic"), 200),
        ("authorization", basic(&s.username, &other.password), 401),
        ("authorization", basic("owner", crate::access::support::PASSWORD), 401),
        ("authorization", basic(&s.username, ""), 401),
        ("authorization", "Basic !".to_owned(), 401),
        ("authorization", "Basic".to_owned(), 401),
        ("authorization", format!("Bearer {}", s.token), 401),
    ] {
        let answer = app.send(app.request(Method::GET, "/v1/me").header(name, &value)).await;
        assert_eq!(answer.status.as_u16(), status, "{name}: {value}: {}", answer.body);
        if status == 200 {
            assert_eq!(answer.json()["username"], "phone");
        }
    }
    client.app.finish().await;
}

#[tokio::test]
async fn a_device_keeps_within_its_scopes() {
    let client = ClientApp::start().await;
    let app = &client.app;
    let fixture = super::support::fill(app).await;
    let change = json!({ "entry_ids": [fixture.articles[0]], "status": "read" }).to_string();
    for (scopes, reading, writing, fever) in [("read", 200, 403, 1), ("write", 403, 204, 0), ("metrics", 403, 403, 0)] {
        let s = devices::add(&app.app, scopes, scopes).await.expect("added").secrets;
        let ask = |method, body: String| app.request(method, "/v1/entries").header("x-auth-token", &s.token).body(body);
        assert_eq!(app.send(ask(Method::GET, String::new())).await.status.as_u16(), reading, "{scopes}");
        let written = app.send(ask(Method::PUT, change.clone())).await;
        assert_eq!(written.status.as_u16(), writing, "{scopes}");
        if writing == 403 {
            let message = written.json()["error_message"].as_str().expect("a message").to_owned();
            assert_eq!(message, format!("The device “{scopes}” has no scope `write`."));
        }
        let form =
            format!("api_key={}&mark=item&as=saved&id={}", fever_digest(&s.username, &s.password), fixture.articles[3]);
        let request = app.request(Method::POST, "/fever/?api&saved_item_ids").body(form);
        let answer = app.send(request.header("content-type", "application/x-www-form-urlencoded")).await.json();
        assert_eq!(answer["auth"], fever, "{scopes}");
        if fever == 1 {
            assert_eq!(
                answer["saved_item_ids"],
                format!("{},{}", fixture.articles[2], fixture.articles[4]),
                "{scopes}"
            );
        }
    }
    client.app.finish().await;
}

#[tokio::test]
async fn a_revoked_device_is_refused_at_once() {
    let client = ClientApp::start().await;
    assert_eq!(client.send(Method::GET, "/v1/me", Value::Null).await.status, 200);
    assert_eq!(client.fever("").await["auth"], 1);
    devices::revoke(&client.app.app, client.device.id).await.expect("revoked");
    assert_eq!(client.send(Method::GET, "/v1/me", Value::Null).await.status, 401);
    let password = basic(&client.secrets.username, &client.secrets.password);
    let by_password = client.app.request(Method::GET, "/v1/me").header("authorization", password);
    assert_eq!(client.app.send(by_password).await.status, 401);
    assert_eq!(client.fever("unread_item_ids").await, json!({ "api_version": 3, "auth": 0 }));
    client.app.finish().await;
}

#[tokio::test]
async fn pages_of_any_origin_may_read_these_routes_and_no_others() {
    let client = ClientApp::start().await;
    let app = &client.app;
    for (path, is_open) in [
        ("/v1/me", true),
        ("/v1/entries", true),
        ("/fever/", true),
        ("/fever", true),
        ("/api/fever.php", true),
        ("/healthcheck", true),
        ("/accounts/ClientLogin", true),
        ("/reader/api/0/tag/list", true),
        ("/reader/api/0/nothing", true),
        ("/api/greader.php", true),
        ("/api/greader.php/accounts/ClientLogin", true),
        ("/api/greader.php/reader/api/0/edit-tag", true),
        ("/api/feeds", false),
        ("/", false),
        ("/fn/articles/list", false),
        ("/opml/export", false),
    ] {
        let origin = |method| app.request(method, path).header("origin", "https://fluent.example");
        let answer = app.send(origin(Method::GET)).await;
        let allowed = answer.header("access-control-allow-origin");
        assert_eq!(allowed, if is_open { "*" } else { "" }, "{path}");
        assert_eq!(answer.header("access-control-allow-credentials"), "", "{path}");
        let asked = origin(Method::OPTIONS)
            .header("access-control-request-method", "PUT")
            .header("access-control-request-headers", "x-auth-token,authorization,content-type");
        let preflight = app.send(asked).await;
        if is_open {
            assert_eq!(preflight.status, 204, "{path}");
            let headers = preflight.header("access-control-allow-headers").to_lowercase();
            assert!(["x-auth-token", "authorization", "content-type"].iter().all(|h| headers.contains(h)), "{headers}");
            assert!(preflight.header("access-control-allow-methods").contains("PUT"), "{path}");
        } else {
            assert_eq!(preflight.header("access-control-allow-origin"), "", "{path}");
        }
    }
    client.app.finish().await;
}

/// Clients show what they find where their API has its error.
#[tokio::test]
async fn an_unknown_host_name_is_refused_in_the_form_of_each_api() {
    let client = ClientApp::start().await;
    let told = "The host name evil.example is not allowed.";
    for (path, kind, member) in [
        ("/v1/me", "application/json", "error_message"),
        ("/healthcheck", "application/json", "error_message"),
        ("/fever/?api", "application/json", "error"),
        ("/api/fever.php?api", "application/json", "error"),
        ("/accounts/ClientLogin", "text/plain; charset=utf-8", ""),
        ("/reader/api/0/token", "text/plain; charset=utf-8", ""),
        ("/api/greader.php/reader/api/0/token", "text/plain; charset=utf-8", ""),
    ] {
        let request = client.request(Method::GET, path).header("host", "evil.example").header("accept", "text/html");
        let answer = client.app.send(request).await;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (403, kind), "{path}");
        let message = if member.is_empty() { json!(answer.body) } else { answer.json()[member].clone() };
        assert!(message.as_str().is_some_and(|message| message.starts_with(told)), "{path}: {}", answer.body);
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{path}");
    }
    client.app.finish().await;
}

#[tokio::test]
async fn a_program_in_a_browser_may_write_whatever_its_origin() {
    let client = ClientApp::start().await;
    let fixture = super::support::fill(&client.app).await;
    let body = json!({ "entry_ids": [fixture.articles[0]], "status": "read" }).to_string();
    for headers in [
        &[("origin", "null")][..],
        &[("origin", "file://"), ("sec-fetch-site", "cross-site")],
        &[("cookie", "SID=x"), ("referer", "https://elsewhere.example/")],
    ] {
        let request = client.request(Method::PUT, "/v1/entries").body(body.clone());
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        assert_eq!(client.app.send(request).await.status, 204, "{headers:?}");
    }
    client.app.finish().await;
}

#[tokio::test]
async fn without_a_password_of_the_owner_devices_are_asked_for_their_secrets_too() {
    let app = crate::support::test_app::TestApp::start().await;
    assert_eq!(app.get("/").await.status, 200);
    assert_eq!(app.get("/v1/me").await.status, 401);
    assert_eq!(app.get("/healthcheck").await.body, "OK");
    assert_eq!(app.get("/fever/?api").await.json()["auth"], 0);
    app.finish().await;
}

#[tokio::test]
async fn unknown_routes_below_v1_answer_json() {
    let client = ClientApp::start().await;
    for (name, path, status) in [
        ("GET", "/v1/nothing", 404),
        ("GET", "/v1/", 404),
        ("PATCH", "/v1/entries", 404),
        ("GET", "/v1/entries/zero", 400),
        ("GET", "/v1/entries/999", 404),
        ("GET", "/v1/feeds/999/entries", 404),
        ("GET", "/v1/categories/999/entries", 404),
        ("GET", "/v1/feeds/999/icon", 404),
    ] {
        let answer = client.send(method(name), path, Value::Null).await;
        assert_eq!(answer.status.as_u16(), status, "{name} {path}: {}", answer.body);
        assert!(answer.json()["error_message"].is_string() && is_plain(&answer), "{name} {path}: {}", answer.body);
    }
    client.app.finish().await;
}

/// The slow hash of passwords is for logins; the requests of devices must not wait for it.
#[test]
fn no_route_of_other_readers_hashes_a_password_slowly() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/server");
    let mut folders = vec![root.join("http/clients"), root.join("services/clients"), root.join("services/devices")];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("readable").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(&path).expect("readable");
            seen += 1;
            for name in ["argon2", "PasswordPool", "app.passwords", "verify_password", "access::password"] {
                assert!(!text.contains(name), "{} uses {name}", path.display());
            }
        }
    }
    assert!(seen > 20, "{seen} files");
}

#[tokio::test]
async fn wrong_secrets_are_throttled_without_locking_out_a_device() {
    let app = start_closed(|_| {}).await;
    let added = devices::add(&app.app, "phone", "read").await.expect("added").secrets;
    let mut statuses = Vec::new();
    for n in 0..40 {
        let wrong = app.request(Method::GET, "/v1/me").header("authorization", basic("phone", &format!("guess{n}")));
        let answer = app.send(wrong).await;
        statuses.push((answer.status.as_u16(), answer.header("retry-after").to_owned()));
        assert!(answer.json()["error_message"].is_string());
    }
    assert_eq!(statuses[4..6], [(401, String::new()), (429, "30".to_owned())], "{statuses:?}");
    app.clock.advance(std::time::Duration::from_secs(12));
    let form = "Email=phone&Passwd=guess";
    let login = app.request(Method::POST, "/accounts/ClientLogin").body(form.to_owned());
    let login = app.send(login.header("content-type", "application/x-www-form-urlencoded")).await;
    assert_eq!((login.status.as_u16(), login.header("retry-after")), (429, "18"));
    let by_token = app.send(app.request(Method::GET, "/v1/me").header("x-auth-token", "gl_00")).await;
    assert_eq!(by_token.status, 401, "a revoked token is told as such at any time");
    let by_token = app.request(Method::GET, "/reader/api/0/token").header("authorization", "GoogleLogin auth=phone/00");
    let by_token = app.send(by_token).await;
    assert_eq!((by_token.status.as_u16(), by_token.header("x-reader-google-bad-token")), (401, "true"));
    let right = app.request(Method::GET, "/v1/me").header("authorization", basic("phone", &added.password));
    assert_eq!(app.send(right).await.status, 200);
    let fever = app.request(Method::POST, "/fever/?api").body("api_key=0".to_owned());
    let fever = app.send(fever.header("content-type", "application/x-www-form-urlencoded")).await;
    assert_eq!((fever.status.as_u16(), fever.json()["auth"].clone()), (200, json!(0)));
    app.finish().await;
}
