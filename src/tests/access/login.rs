//! The login, sessions, the first-run code and trusted proxies.

use super::support::{Browser, PASSWORD, start_closed};
use crate::support::test_app::{TestApp, TestResponse};
use gleaner::{domain::access::AccessMode, server::services::access};
use reqwest::{Method, StatusCode};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);

/// The page that a refused form leads to.
async fn refused_page(app: &TestApp, browser: &Browser, answer: &TestResponse) -> String {
    assert_eq!(answer.status, StatusCode::FOUND, "{answer:?}");
    let page = answer.header("location").split('#').next().expect("a path").to_owned();
    browser.get(app, &page).await.body
}

#[tokio::test]
async fn without_a_password_this_machine_has_access() {
    let app = TestApp::start().await;
    assert_eq!(access::mode(&app.app).await, Ok(AccessMode::Open));
    let browser = Browser::firefox();
    assert!(browser.is_let_in(&app).await);
    let page = browser.get(&app, "/settings/access").await.body;
    assert!(page.contains("everybody on this machine") && page.contains("Set a password"), "{page}");
    assert!(!page.contains("Log out"));
    app.finish().await;
}

#[tokio::test]
async fn without_a_password_what_a_proxy_passes_on_from_elsewhere_is_refused() {
    let app = TestApp::start().await;
    for (header, value, status) in [
        ("x-forwarded-for", "127.0.0.1", 200),
        ("x-forwarded-for", "203.0.113.7", 401),
        ("x-real-ip", "203.0.113.7", 401),
        ("forwarded", "for=203.0.113.7", 401),
    ] {
        let answer = app.send(app.request(Method::GET, "/api/feeds").header(header, value)).await;
        assert_eq!(answer.status.as_u16(), status, "{header}: {value}: {}", answer.body);
        assert!(status == 200 || answer.body.contains("gleaner owner set-password"), "{}", answer.body);
        let page = app.request(Method::GET, "/feeds").header(header, value).header("accept", "text/html");
        let page = app.send(page).await;
        let location = if status == 200 { "" } else { "/login?next=%2Ffeeds" };
        assert_eq!(page.header("location"), location, "{header}: {value}");
        let login = app.request(Method::GET, "/login").header(header, value).header("accept", "text/html");
        assert!(app.send(login).await.body.contains("only browsers on this machine have access"));
    }
    app.finish().await;
}

/// NewsFlash asks with it whether the server can be reached.
#[tokio::test]
async fn a_probe_of_the_address_is_answered_without_a_login() {
    let app = start_closed(|_| {}).await;
    for (method, path, accept, status) in [
        (Method::HEAD, "/", "*/*", 200),
        (Method::HEAD, "/", "text/html", 200),
        (Method::GET, "/", "*/*", 401),
        (Method::GET, "/", "text/html", 302),
        (Method::HEAD, "/feeds", "*/*", 401),
        (Method::HEAD, "/fever/", "*/*", 200),
        (Method::HEAD, "/api/greader.php", "*/*", 200),
    ] {
        let answer = app.send(app.request(method.clone(), path).header("accept", accept)).await;
        assert_eq!(answer.status.as_u16(), status, "{method} {path} {accept}");
        assert!(method == Method::GET || answer.body.is_empty(), "{method} {path}: {}", answer.body);
    }
    app.finish().await;
}

#[tokio::test]
async fn the_first_password_set_on_the_page_closes_the_instance_and_keeps_its_browser_in() {
    let app = TestApp::start().await;
    let mut browser = Browser::firefox();
    let fields = |password, repeated| [("password", password), ("repeated", repeated)];
    for (password, repeated, complaint) in
        [("short", "short", "too short"), (PASSWORD, "correct horse battery!", "differ")]
    {
        let answer = browser.post(&app, "/fn/access/password", &fields(password, repeated)).await;
        assert!(refused_page(&app, &browser, &answer).await.contains(complaint), "{password}");
    }
    let answer = browser.post(&app, "/fn/access/password", &fields(PASSWORD, PASSWORD)).await;
    assert_eq!(answer.header("location"), "/settings/access?done=password-saved");
    assert!(browser.is_let_in(&app).await && !Browser::safari().is_let_in(&app).await);
    app.finish().await;
}

#[tokio::test]
async fn a_browser_logs_in_is_redirected_and_logs_out() {
    let app = start_closed(|_| {}).await;
    let mut browser = Browser::firefox();
    let led = browser.get(&app, "/feeds?view=all").await;
    assert_eq!((led.status, led.header("location")), (StatusCode::FOUND, "/login?next=%2Ffeeds%3Fview%3Dall"));
    let page = browser.get(&app, led.header("location")).await;
    assert!(
        page.body.contains("value=\"/feeds?view=all\"") && !page.body.contains("class=\"sidebar\""),
        "{}",
        page.body
    );

    let answer = browser.log_in(&app, "owner", PASSWORD).await;
    assert_eq!(answer.header("location"), "/feeds?view=all");
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("gleaner=") && cookie.contains("HttpOnly; SameSite=Lax"), "{cookie}");
    assert!(!cookie.contains("Secure") && cookie.len() > 64, "{cookie}");
    assert!(browser.is_let_in(&app).await);
    let held = browser.clone();

    let out = browser.post(&app, "/fn/access/logout", &[]).await;
    assert_eq!(out.header("location"), "/login?done=logged-out");
    assert!(!browser.is_let_in(&app).await, "{}", browser.cookie);
    assert!(!held.is_let_in(&app).await, "a cookie that was stolen before the logout is worth nothing after it");
    app.finish().await;
}

#[tokio::test]
async fn a_session_is_new_at_every_login() {
    let app = start_closed(|_| {}).await;
    let mut planted = Browser::firefox();
    planted.cookie = format!("gleaner={}", "ab".repeat(32));
    let victim = planted.clone().logged_in(&app).await;
    assert!(victim.is_let_in(&app).await && victim.cookie != planted.cookie);
    assert!(!planted.is_let_in(&app).await, "a cookie that was planted before the login is worth nothing");

    let again = victim.clone().logged_in(&app).await;
    assert!(again.is_let_in(&app).await && !victim.is_let_in(&app).await, "the session before is over");
    app.finish().await;
}

#[tokio::test]
async fn over_tls_the_cookie_is_bound_to_the_host() {
    let app = start_closed(|_| {}).await;
    let body = format!("name=owner&password={}", PASSWORD.replace(' ', "+"));
    let request = app
        .request(Method::POST, "/fn/access/login")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("accept", "text/html")
        .header("origin", app.url.replace("http://", "https://"));
    let answer = app.send(request.body(body)).await;
    let cookie = answer.header("set-cookie");
    assert!(
        cookie.starts_with("__Host-gleaner=")
            && cookie.ends_with("Path=/; Max-Age=15552000; HttpOnly; SameSite=Lax; Secure"),
        "{cookie}"
    );
    app.finish().await;
}

#[tokio::test]
async fn login_and_logout_of_other_sites_are_refused() {
    let app = start_closed(|_| {}).await;
    let browser = Browser::firefox().logged_in(&app).await;
    for path in ["/fn/access/login", "/fn/access/logout"] {
        for (name, value) in
            [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("origin", "https://evil.example")]
        {
            let request = app
                .request(Method::POST, path)
                .header("content-type", "application/x-www-form-urlencoded")
                .header("cookie", &browser.cookie)
                .header(name, value);
            let answer = app.send(request.body(format!("name=owner&password={PASSWORD}"))).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} {name}: {value}");
            assert_eq!(answer.header("set-cookie"), "");
        }
    }
    assert!(browser.is_let_in(&app).await);
    app.finish().await;
}

#[tokio::test]
async fn sessions_end_after_thirty_idle_days_and_after_half_a_year() {
    let app = start_closed(|_| {}).await;
    let (idle, busy) = (Browser::firefox().logged_in(&app).await, Browser::firefox().logged_in(&app).await);
    for day in 1..=180 {
        app.clock.advance(DAY);
        assert_eq!(busy.is_let_in(&app).await, day < 180, "day {day}");
    }
    assert!(!idle.is_let_in(&app).await);
    app.finish().await;
}

#[tokio::test]
async fn another_browser_can_be_logged_out_and_a_new_password_ends_all_others() {
    let app = start_closed(|_| {}).await;
    let mut firefox = Browser::firefox().logged_in(&app).await;
    let safari = Browser::safari().logged_in(&app).await;
    let page = firefox.get(&app, "/settings/access").await.body;
    assert!(page.contains("Safari on iPhone") && page.contains("this browser"), "{page}");
    let id = page.split_once("name=\"id\" value=\"").and_then(|(_, rest)| rest.split('"').next()).expect("a session");
    let ended = firefox.post(&app, "/fn/access/end", &[("id", id)]).await;
    assert_eq!(ended.header("location"), "/settings/access?done=session-ended");
    assert!(!safari.is_let_in(&app).await && firefox.is_let_in(&app).await);

    let safari = Browser::safari().logged_in(&app).await;
    let fields = |current| [("current", current), ("password", "quite another one"), ("repeated", "quite another one")];
    let wrong = firefox.post(&app, "/fn/access/password", &fields("a wrong password")).await;
    assert!(refused_page(&app, &firefox, &wrong).await.contains("The current password is wrong."));
    assert!(safari.is_let_in(&app).await);
    firefox.post(&app, "/fn/access/password", &fields(PASSWORD)).await;
    assert!(firefox.is_let_in(&app).await && !safari.is_let_in(&app).await);
    app.finish().await;
}

#[tokio::test]
async fn other_browsers_are_told_of_a_new_device_until_they_acknowledge_it() {
    let app = start_closed(|_| {}).await;
    let mut firefox = Browser::firefox().logged_in(&app).await;
    let safari = Browser::safari().logged_in(&app).await;
    let tells = async |browser: &Browser| browser.get(&app, "/").await.body.contains("A new device logged in");
    assert!(tells(&firefox).await && !tells(&safari).await);
    firefox.post(&app, "/fn/access/seen", &[]).await;
    assert!(!tells(&firefox).await);
    Browser::safari().logged_in(&app).await;
    assert!(!tells(&firefox).await, "it is known now");
    app.finish().await;
}

#[tokio::test]
async fn an_expired_session_is_told_to_pages_forms_and_programs() {
    let app = start_closed(|_| {}).await;
    let browser = Browser::firefox();
    let form = browser.clone().post(&app, "/fn/theme", &[("theme", "dark")]).await;
    assert_eq!((form.status, form.header("location")), (StatusCode::FOUND, "/login"));
    let island = app
        .request(Method::POST, "/fn/theme")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-origin")
        .header("accept", "application/json");
    let island = app.send(island.body("theme=dark")).await;
    assert_eq!(island.status, StatusCode::UNAUTHORIZED);
    assert_eq!(island.json()["message"], "You were logged out. Log in again.");
    let api = app.get("/api/articles").await;
    assert_eq!((api.status, api.header("www-authenticate")), (StatusCode::UNAUTHORIZED, "Bearer"));
    assert_eq!(api.json()["error"]["kind"], "unauthorized");
    assert!(api.json()["error"]["hint"].as_str().is_some_and(|hint| hint.contains("gleaner clients add")));
    let events = app.get("/api/events").await;
    assert_eq!(events.status, StatusCode::UNAUTHORIZED);
    assert_eq!(app.get("/healthz").await.status, StatusCode::OK);
    app.finish().await;
}

#[tokio::test]
async fn an_event_stream_ends_with_its_session() {
    let app = start_closed(|_| {}).await;
    let mut browser = Browser::firefox().logged_in(&app).await;
    let request = app.request(Method::GET, "/api/events").header("cookie", &browser.cookie);
    let mut stream = request.send().await.expect("a stream");
    assert_eq!(stream.status(), StatusCode::OK);
    assert!(stream.chunk().await.expect("open").is_some());
    browser.post(&app, "/fn/access/logout", &[]).await;
    let end = async { while stream.chunk().await.expect("ends well").is_some() {} };
    tokio::time::timeout(Duration::from_secs(10), end).await.expect("the stream ends");
    app.finish().await;
}

#[tokio::test]
async fn the_first_run_code_sets_the_password_once_and_within_a_quarter_of_an_hour() {
    let app = TestApp::start().await;
    let code = access::password::issue_setup_code(&app.app).await.expect("stored").expect("no password yet");
    let mut browser = Browser::firefox();
    assert_eq!(browser.get(&app, "/").await.header("location"), "/setup");
    assert!(browser.get(&app, "/setup").await.body.contains("First-run code"));
    let fields = |code| [("code", code), ("password", PASSWORD), ("repeated", PASSWORD)];
    let wrong = browser.post(&app, "/fn/access/setup", &fields("wrong-codes")).await;
    assert!(refused_page(&app, &browser, &wrong).await.contains("The code is wrong or too old"));
    let typed = format!("{}-{} ", &code[..5], code[5..].to_uppercase());
    assert_eq!(browser.post(&app, "/fn/access/setup", &fields(typed.as_str())).await.header("location"), "/");
    assert!(browser.is_let_in(&app).await && !Browser::safari().is_let_in(&app).await);
    let mut stranger = Browser::safari();
    stranger.post(&app, "/fn/access/setup", &fields(code.as_str())).await;
    assert!(!stranger.is_let_in(&app).await, "it works once");
    assert_eq!(access::password::issue_setup_code(&app.app).await, Ok(None));
    app.finish().await;

    let late = TestApp::with(|config| config.addr = ([0, 0, 0, 0], 1).into()).await;
    let code = access::password::issue_setup_code(&late.app).await.expect("stored").expect("no password yet");
    late.clock.advance(Duration::from_secs(900));
    let mut browser = Browser::firefox();
    browser.post(&late, "/fn/access/setup", &fields(code.as_str())).await;
    assert!(!browser.is_let_in(&late).await);
    late.finish().await;
}

#[tokio::test]
async fn only_a_trusted_proxy_can_name_the_owner() {
    let header = |config: &mut gleaner::server::config::Config| config.access.user_header = "remote-user".parse().ok();
    let app = start_closed(|config| {
        header(config);
        config.access.trusted_proxies = vec!["127.0.0.1/32".parse().expect("a network")];
    })
    .await;
    let status = async |app: &TestApp, user: &str| {
        app.send(app.request(Method::GET, "/").header("accept", "text/html").header("remote-user", user)).await.status
    };
    assert_eq!((status(&app, "owner").await, status(&app, "guest").await), (StatusCode::OK, StatusCode::FOUND));
    app.finish().await;

    let app = start_closed(|config| {
        header(config);
        config.access.trusted_proxies = vec!["192.0.2.0/24".parse().expect("a network")];
    })
    .await;
    assert_eq!(status(&app, "owner").await, StatusCode::FOUND, "the connection does not come from the proxy");
    app.finish().await;
}
