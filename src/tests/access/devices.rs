//! Devices: their secrets, scopes and end.

use super::support::{Browser, start_closed};
use crate::support::{
    markdown,
    test_app::{TestApp, TestResponse},
};
use gleaner::{
    domain::access::device::{DeviceView, LabelChoice},
    error::ErrorKind,
    server::{
        secrets::fever_digest,
        services::{
            access::ClientInfo,
            devices::{self, authenticate},
        },
    },
};
use reqwest::{Method, StatusCode};
use std::time::Duration;

async fn send(app: &TestApp, token: &str, method: Method, path: &str) -> TestResponse {
    let request = app.request(method, path).header("authorization", format!("Bearer {token}"));
    app.send(request.header("content-type", "application/json").body("{}")).await
}

fn client() -> ClientInfo {
    ClientInfo { address: [192, 0, 2, 1].into(), user_agent: "NetNewsWire (RSS Reader)".into(), is_secure: false }
}

#[tokio::test]
async fn a_token_does_what_its_scopes_say() {
    let app = start_closed(|_| {}).await;
    let (read, write) = ((Method::GET, "/api/feeds"), (Method::POST, "/api/scoring/pause"));
    for (scopes, expected) in [
        ("read", [200, 403, 403, 403]),
        ("write", [403, 200, 403, 403]),
        ("metrics", [403, 403, 200, 403]),
        ("read,write,metrics", [200, 200, 200, 403]),
    ] {
        let token = devices::add(&app.app, scopes, scopes).await.expect("added").secrets.token;
        let mut found = Vec::new();
        for (method, path) in [read.clone(), write.clone(), (Method::GET, "/metrics"), (Method::GET, "/feeds")] {
            found.push(send(&app, &token, method, path).await.status.as_u16());
        }
        assert_eq!(found, expected, "{scopes}: read, write, metrics, a page");
    }
    let refused =
        send(&app, &devices::add(&app.app, "r", "read").await.expect("added").secrets.token, write.0, write.1).await;
    assert!(refused.json()["error"]["message"].as_str().is_some_and(|m| m.contains("no scope `write`")), "{refused:?}");
    app.finish().await;
}

#[tokio::test]
async fn a_device_is_known_by_each_of_its_secrets_and_by_no_other() {
    let app = TestApp::start().await;
    let nobody = authenticate::authenticate_token(&app.app, "gl_00", &client()).await;
    assert_eq!(nobody.map_err(|error| error.kind), Err(ErrorKind::Unauthorized), "no device yet");
    let added = devices::add(&app.app, "My Phone", "read,write").await.expect("added");
    let (id, s) = (added.device.id, &added.secrets);
    assert_eq!((s.username.as_str(), s.password.len()), ("myphone", 28));
    let other = devices::add(&app.app, "my phone!", "read").await.expect("added");
    assert_eq!(other.secrets.username, "myphone2");

    let by_token = authenticate::authenticate_token(&app.app, &s.token, &client()).await.expect("known");
    let by_password =
        authenticate::authenticate_password(&app.app, "myphone", &s.password, &client()).await.expect("known");
    let key = fever_digest("myphone", &s.password);
    let by_fever = authenticate::authenticate_fever(&app.app, &key.to_uppercase(), &client()).await.expect("known");
    let auth = authenticate::google_reader_token(&app.app, &by_token).await.expect("there");
    assert!(auth.starts_with("myphone/") && auth.len() == 72, "{auth}");
    let by_auth = authenticate::authenticate_google_reader(&app.app, &auth, &client()).await.expect("known");
    assert!([by_token, by_password, by_fever, by_auth.clone()].iter().all(|device| device.id == id));

    for wrong in [s.password.as_str(), &key, &auth, &other.secrets.token[..66], "gl_", ""] {
        assert!(authenticate::authenticate_token(&app.app, wrong, &client()).await.is_err(), "{wrong}");
    }
    for (name, password) in [("myphone2", s.password.as_str()), ("myphone", &other.secrets.password), ("myphone", "")] {
        assert!(authenticate::authenticate_password(&app.app, name, password, &client()).await.is_err(), "{name}");
    }
    for wrong in ["myphone", "myphone/", &format!("myphone2/{}", &auth[8..]), &auth[..70]] {
        assert!(authenticate::authenticate_google_reader(&app.app, wrong, &client()).await.is_err(), "{wrong}");
    }
    for _ in 0..9 {
        let wrong = authenticate::authenticate_token(&app.app, "gl_wrong", &client()).await.expect_err("wrong");
        assert_eq!(wrong.kind, ErrorKind::Unauthorized, "tokens are not counted");
        let _ = authenticate::authenticate_password(&app.app, "myphone", "guess", &client()).await;
    }
    let last = authenticate::authenticate_password(&app.app, "myphone", "guess", &client()).await.expect_err("wrong");
    assert_eq!(last.kind, ErrorKind::TooManyRequests, "this address guessed too often");
    let right = authenticate::authenticate_password(&app.app, "myphone", &s.password, &client()).await;
    assert!(right.is_ok(), "the right one always works");

    devices::revoke_by_name(&app.app, "MY PHONE").await.expect("revoked");
    app.clock.advance(Duration::from_secs(86_400));
    for gone in [
        authenticate::authenticate_token(&app.app, &s.token, &client()).await,
        authenticate::authenticate_password(&app.app, "myphone", &s.password, &client()).await,
        authenticate::authenticate_fever(&app.app, &key, &client()).await,
        authenticate::authenticate_google_reader(&app.app, &auth, &client()).await,
    ] {
        assert_eq!(gone.map_err(|error| error.kind), Err(ErrorKind::Unauthorized));
    }
    app.finish().await;
}

#[tokio::test]
async fn no_secret_is_in_the_database() {
    let app = TestApp::start().await;
    let added = devices::add(&app.app, "phone", "read").await.expect("added").secrets;
    let browser = super::support::start_closed(|_| {}).await;
    let session = Browser::firefox().logged_in(&browser).await;
    let token = session.cookie.split_once('=').expect("a pair").1.to_owned();
    let key = fever_digest(&added.username, &added.password);
    let folders = [app.finish().await, browser.finish().await];
    let bytes: Vec<u8> =
        folders.iter().flat_map(|data| std::fs::read(data.path().join("gleaner.db")).expect("a file")).collect();
    for secret in [&added.password, &added.token[3..].to_owned(), &key, &token] {
        let (text, raw) = (secret.as_bytes(), hex::decode(secret).unwrap_or_else(|_| secret.clone().into_bytes()));
        for needle in [text, &raw] {
            assert!(!bytes.windows(needle.len()).any(|window| window == needle), "{secret}");
        }
    }
}

#[tokio::test]
async fn last_use_and_requests_of_today_are_shown() {
    let app = TestApp::start().await;
    let token = devices::add(&app.app, "phone", "read").await.expect("added").secrets.token;
    for _ in 0..5 {
        authenticate::authenticate_token(&app.app, &token, &client()).await.expect("known");
        app.clock.advance(Duration::from_secs(20));
    }
    let [phone] = <[_; 1]>::try_from(devices::list(&app.app).await.expect("listed")).expect("one");
    assert_eq!((phone.requests_today, phone.last_address.as_deref()), (5, Some("192.0.2.1")));
    assert_eq!(phone.last_program.as_deref(), Some("NetNewsWire (RSS Reader)"));
    let page = app.get("/settings/clients").await.body;
    assert!(page.contains("NetNewsWire") && page.contains("192.0.2.1") && page.contains("requests today"), "{page}");
    app.clock.advance(Duration::from_secs(86_400));
    assert_eq!(devices::list(&app.app).await.expect("listed")[0].requests_today, 0, "another day");
    app.finish().await;
}

#[tokio::test]
async fn the_page_shows_secrets_once_keeps_views_and_revokes() {
    let app = start_closed(|_| {}).await;
    let mut browser = Browser::firefox().logged_in(&app).await;
    let form = [("name", "Phone"), ("read", "true"), ("write", "true")];
    let added = browser.post(&app, "/fn/devices/add", &form).await;
    let page = browser.get(&app, added.header("location")).await.body;
    let token = page.split_once("<code>gl_").and_then(|(_, rest)| rest.split('<').next()).expect("a token").to_owned();
    let token = format!("gl_{token}");
    assert_eq!(send(&app, &token, Method::GET, "/api/feeds").await.status, StatusCode::OK);
    assert!(!browser.get(&app, added.header("location")).await.body.contains(&token), "shown once");
    for (fields, complaint) in [
        (&[("name", "phone"), ("read", "true")][..], "already"),
        (&[("name", "x")], "Choose what"),
        (&[("name", " ")], "1 to 60"),
    ] {
        let refused = browser.post(&app, "/fn/devices/add", fields).await;
        let page = browser.get(&app, refused.header("location").split('#').next().expect("a path")).await.body;
        assert!(page.contains(complaint), "{complaint}");
    }

    let id = devices::list(&app.app).await.expect("listed")[0].id.to_string();
    let view = [("id", id.as_str()), ("labels", "scores+topics"), ("min_score", "7.5"), ("score_in_title", "true")];
    browser.post(&app, "/fn/devices/view", &view).await;
    let saved = devices::list(&app.app).await.expect("listed")[0].view;
    let expected = DeviceView { labels: LabelChoice::ScoresAndTopics, min_score: Some(7.5), score_in_title: true };
    assert_eq!(saved, expected);

    let mut stream = app
        .request(Method::GET, "/api/events")
        .header("authorization", format!("Bearer {token}"))
        .send()
        .await
        .expect("a stream");
    assert!(stream.chunk().await.expect("open").is_some());
    browser.post(&app, "/fn/devices/revoke", &[("id", &id)]).await;
    let end = async { while stream.chunk().await.expect("ends well").is_some() {} };
    tokio::time::timeout(Duration::from_secs(10), end).await.expect("an open stream ends");
    assert_eq!(send(&app, &token, Method::GET, "/api/feeds").await.status, StatusCode::UNAUTHORIZED);
    app.finish().await;
}

#[tokio::test]
async fn the_page_shows_the_addresses_for_readers_under_the_name_it_was_asked_by() {
    let app = TestApp::with(|config| config.hosts = vec!["news.example".into()]).await;
    for host in ["news.example:8443", "localhost"] {
        let page = app.send(app.request(Method::GET, "/settings/clients").header("host", host)).await.body;
        for address in ["/api/greader.php", "/", "/fever/"] {
            let shown = format!("<code>http://{host}{address}<");
            assert!(page.contains(&shown), "{shown}: {page}");
        }
        let code = page.split_once("<svg role=\"img\" aria-label=\"The first address as a QR code\"");
        let code = code.and_then(|(_, rest)| rest.split("</svg>").next()).expect("a QR code");
        assert!(code.contains("fill=\"#fff\"") && code.matches("v1h-").count() > 100, "{code}");
    }
    app.finish().await;
}

#[tokio::test]
async fn the_page_says_what_to_choose_in_each_reader_of_the_document() {
    let document = markdown::project_root().join("docs/clients.md");
    let document = std::fs::read_to_string(document).expect("readable");
    let table = document.split_once("| app | on | choose |").expect("a table").1;
    let rows: Vec<Vec<&str>> = table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.split('|').map(str::trim).collect())
        .collect();
    assert_eq!(rows.len(), 13, "{rows:?}");
    let app = TestApp::start().await;
    let page = app.get("/settings/clients").await.body.replace("<!>", "");
    for row in rows {
        assert!(row.len() == 7 && row.iter().skip(1).take(5).all(|cell| !cell.is_empty()), "{row:?}");
        let shown = format!("<td>{}</td><td>{}</td>", row[1], row[3]);
        assert!(page.contains(&shown), "{shown}: {page}");
    }
    assert!(!page.contains(".md"), "an installed program has no documents");
    app.finish().await;
}
