//! The login of Google Reader's API, its tokens, and what is told without one.

use super::{
    greader_support::{GreaderClient, log_in, with_form},
    support::{ClientApp, fill},
};
use crate::{
    access::support::Browser,
    support::{articles::store_plain_articles, test_app::TestResponse},
};
use gleaner::server::services::devices;
use reqwest::Method;
use std::{fs, path::Path};

fn is_plain(answer: &TestResponse) -> bool {
    answer.header("content-type").starts_with("text/plain") && answer.header("set-cookie").is_empty()
}

#[tokio::test]
async fn client_login_answers_the_token_of_the_device() {
    let client = ClientApp::start().await;
    let (app, name, password) = (&client.app, client.secrets.username.as_str(), client.secrets.password.as_str());
    let right = [("Email", name), ("Passwd", password)];
    for place in ["/accounts/ClientLogin", "/api/greader.php/accounts/ClientLogin"] {
        for extra in [
            &[][..],
            &[("source", "Newsboat/2.44.0")],
            &[("accountType", "HOSTED_OR_GOOGLE"), ("service", "reader"), ("client", "x"), ("continue", "http://x/")],
        ] {
            let form = [&right[..], extra].concat();
            let answer = app.send(with_form(app.request(Method::POST, place), &form)).await;
            assert_eq!((answer.status.as_u16(), is_plain(&answer)), (200, true), "{place} {extra:?}");
            let lines: Vec<(&str, &str)> =
                answer.body.lines().map(|line| line.split_once('=').expect("a pair")).collect();
            let names: Vec<&str> = lines.iter().map(|(name, _)| *name).collect();
            assert!(names == ["SID", "LSID", "Auth"] && answer.body.ends_with('\n'), "{}", answer.body);
            let token = lines[2].1;
            assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'/'), "{token}");
            assert_eq!((token.split_once('/').expect("a name").0, token.len()), (name, name.len() + 65));
        }
        let json = [&right[..], &[("output", "json")]].concat();
        let json = app.send(with_form(app.request(Method::POST, place), &json)).await.json();
        assert!(
            ["SID", "LSID", "Auth"].iter().all(|key| json[key].as_str().is_some_and(|t| t.starts_with(name))),
            "{json}"
        );
    }
    for (case, form) in [
        ("a wrong password", vec![("Email", name), ("Passwd", "guess")]),
        ("another name", vec![("Email", "tablet"), ("Passwd", password)]),
        ("the token of the device", vec![("Email", name), ("Passwd", client.secrets.token.as_str())]),
        ("no password", vec![("Email", name)]),
        ("nothing", vec![]),
    ] {
        let answer = app.send(with_form(app.request(Method::POST, "/accounts/ClientLogin"), &form)).await;
        assert_eq!((answer.status.as_u16(), answer.body.trim()), (401, "Error=BadAuthentication"), "{case}");
        assert!(is_plain(&answer), "{case}");
    }
    let in_address = format!("/accounts/ClientLogin?Email={name}&Passwd={password}");
    for method in [Method::GET, Method::POST] {
        assert_eq!(
            app.send(app.request(method.clone(), &in_address)).await.status,
            401,
            "{method}: addresses end up in logs"
        );
    }
    client.app.finish().await;
}

#[tokio::test]
async fn a_token_counts_in_the_header_and_on_post_as_t() {
    let greader = GreaderClient::start().await;
    let (app, token) = (&greader.client.app, greader.token.as_str());
    fill(app).await;
    let header = format!("GoogleLogin auth={token}");
    let (get, post) = (Method::GET, Method::POST);
    let wrong = format!("{}/{}", greader.client.secrets.username, "0".repeat(64));
    for (method, path, header, t, status) in [
        (&get, "token", Some(header.as_str()), None, 200),
        (&get, "token", Some(&*header.replace("GoogleLogin", "googlelogin")), None, 200),
        (&get, "token", None, None, 401),
        (&get, "token", Some(&*format!("GoogleLogin auth={wrong}")), None, 401),
        (&get, "token", Some(&*format!("Bearer {token}")), None, 401),
        (&get, "token", Some("GoogleLogin auth="), None, 401),
        (&get, &*format!("user-info?T={token}"), None, None, 401),
        (&post, "stream/items/contents?output=json", None, Some(token), 200),
        (&post, "stream/items/contents?output=json", None, Some(wrong.as_str()), 401),
        (&post, "edit-tag", None, Some(&*format!("{token}\n")), 200),
        (&post, "edit-tag", None, Some(""), 401),
        (&post, "edit-tag", None, Some("x"), 401),
        (&post, "edit-tag", Some(header.as_str()), Some("x"), 200),
        (&post, "edit-tag", Some(header.as_str()), Some(""), 200),
        (&post, "edit-tag", Some(header.as_str()), None, 200),
        (&post, &*format!("edit-tag?T={token}"), None, None, 200),
    ] {
        for place in ["", "/api/greader.php"] {
            let mut request = app.request(method.clone(), &format!("{place}/reader/api/0/{path}"));
            // Cookies of a time when this API had them, and the marks of other sites, count for nothing.
            request = request.header("cookie", "SID=x").header("origin", "null").header("sec-fetch-site", "cross-site");
            if let Some(header) = header {
                request = request.header("authorization", header);
            }
            if *method == Method::POST {
                request = with_form(request, &t.map(|t| ("T", t)).into_iter().collect::<Vec<_>>());
            }
            let answer = app.send(request).await;
            assert_eq!(answer.status.as_u16(), status, "{method} {place} {path} {header:?} {t:?}: {}", answer.body);
            if status == 401 {
                let told = ["x-reader-google-bad-token", "google-bad-token"].map(|name| answer.header(name).to_owned());
                assert_eq!((answer.body.as_str(), told), ("Unauthorized", ["true".to_owned(), "true".to_owned()]));
                assert!(is_plain(&answer));
            }
        }
    }
    let answer = app.send(greader.request(Method::GET, "token")).await;
    assert_eq!(answer.body, token, "without the end of a line");
    greader.client.app.finish().await;
}

#[tokio::test]
async fn a_device_is_held_to_its_scopes_and_ends_when_it_is_revoked() {
    let greader = GreaderClient::start().await;
    let app = &greader.client.app;
    let added = devices::add(&app.app, "display", "read").await.expect("added");
    let form = [("Email", added.secrets.username.as_str()), ("Passwd", added.secrets.password.as_str())];
    let login = app.send(with_form(app.request(Method::POST, "/accounts/ClientLogin"), &form)).await.body;
    let token = login.lines().last().and_then(|line| line.strip_prefix("Auth=")).expect("a token").to_owned();
    for (method, path, status) in [
        (Method::GET, "subscription/list", 200),
        (Method::POST, "stream/items/contents", 200),
        (Method::POST, "edit-tag", 403),
        (Method::POST, "mark-all-as-read", 403),
        (Method::POST, "subscription/edit", 403),
        (Method::POST, "subscription/import", 403),
    ] {
        let request = app.request(method, &format!("/reader/api/0/{path}"));
        let answer = app.send(request.header("authorization", format!("GoogleLogin auth={token}"))).await;
        assert_eq!((answer.status.as_u16(), answer.header("set-cookie")), (status, ""), "{path}: {}", answer.body);
    }
    let metrics = devices::add(&app.app, "collector", "metrics").await.expect("added").secrets;
    let form = [("Email", metrics.username.as_str()), ("Passwd", metrics.password.as_str())];
    assert_eq!(app.send(with_form(app.request(Method::POST, "/accounts/ClientLogin"), &form)).await.status, 401);

    assert_eq!(app.send(greader.request(Method::GET, "user-info")).await.status, 200);
    devices::revoke(&app.app, greader.client.device.id).await.expect("revoked");
    assert_eq!(app.send(greader.request(Method::GET, "user-info")).await.status, 401);
    let name = &greader.client.secrets;
    let form = [("Email", name.username.as_str()), ("Passwd", name.password.as_str())];
    assert_eq!(app.send(with_form(app.request(Method::POST, "/accounts/ClientLogin"), &form)).await.status, 401);
    greader.client.app.finish().await;
}

#[tokio::test]
async fn every_call_is_refused_without_a_device() {
    let client = ClientApp::start().await;
    let app = &client.app;
    let session = Browser::firefox().logged_in(app).await.cookie;
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/server/http/clients/greader/mod.rs");
    let sources = fs::read_to_string(sources).expect("readable");
    let mut count = 0;
    for route in sources.split("\"/reader/api/0/").skip(1) {
        let call = route.split('"').next().expect("a path").replace("{*stream}", "feed/1");
        for (place, method) in ["", "/api/greader.php"].iter().flat_map(|at| [(at, Method::GET), (at, Method::POST)]) {
            for (case, token) in [("nothing", ""), ("a wrong token", "phone/00"), ("a token of the API", "gl_00")] {
                let path = format!("{place}/reader/api/0/{call}");
                let mut request = app.request(method.clone(), &path).header("cookie", &session);
                if !token.is_empty() {
                    request = request.header("authorization", format!("GoogleLogin auth={token}"));
                }
                let answer = app.send(with_form(request, &[("T", token), ("s", "feed/1"), ("i", "1")])).await;
                let case = format!("{method} {path} with {case}: {answer:?}");
                assert!(is_plain(&answer), "{case}");
                if answer.status == 404 {
                    // The call has another method.
                    assert_eq!(answer.body, "There is no such call.", "{case}");
                    continue;
                }
                let told = ["x-reader-google-bad-token", "google-bad-token"].map(|name| answer.header(name).to_owned());
                let told = (answer.status.as_u16(), answer.body.as_str(), told);
                assert_eq!(told, (401, "Unauthorized", ["true".to_owned(), "true".to_owned()]), "{case}");
                count += 1;
            }
        }
    }
    assert!(count > 150, "{count} refusals");
    client.app.finish().await;
}

/// Readers ask for all items of a page at once.
#[tokio::test]
async fn bodies_of_many_ids_are_read_up_to_twelve_megabytes() {
    let greader = GreaderClient::start().await;
    let app = &greader.client.app;
    let stored = store_plain_articles(&app.app, 2_500).await;
    let id_of = |number: i64| format!("i=tag%3Agoogle.com%2C2005%3Areader%2Fitem%2F{number:016x}&");
    let many: String = (1..=9_999).map(id_of).collect();
    let ask = |body: String| {
        let request = greader.request(Method::POST, "stream/items/contents").body(body);
        app.send(request.header("content-type", "application/x-www-form-urlencoded"))
    };
    let answer = ask(many.clone()).await;
    assert!(many.len() > 500_000, "{}", many.len());
    assert_eq!(answer.json()["items"].as_array().map(Vec::len), Some(stored.len()), "those that are there");
    for (length, status) in [(12 * 1024 * 1024, 200), (12 * 1024 * 1024 + 1, 413)] {
        let mut body = many.repeat(length / many.len());
        body.push_str(&"&".repeat(length - body.len()));
        let answer = ask(body).await;
        assert_eq!(answer.status.as_u16(), status, "{length} bytes");
        if status == 413 {
            assert!(is_plain(&answer) && answer.body.contains("too large"), "{}", answer.body);
        }
    }
    greader.client.app.finish().await;
}

#[tokio::test]
async fn two_devices_have_two_tokens_and_the_same_one_each_time() {
    let client = ClientApp::start().await;
    assert_eq!(log_in(&client).await, log_in(&client).await);
    let other = devices::add(&client.app.app, "tablet", "read").await.expect("added");
    let token = log_in(&client).await;
    assert!(!token.contains(&other.secrets.username));
    client.app.finish().await;
}

#[tokio::test]
async fn unknown_routes_answer_plain_text() {
    let greader = GreaderClient::start().await;
    let app = &greader.client.app;
    let fixture = fill(app).await;
    for (method, path, status) in [
        (Method::GET, "/reader/api/0/nothing".to_owned(), 404),
        (Method::GET, "/reader/".to_owned(), 404),
        (Method::GET, "/reader/api/0/edit-tag".to_owned(), 404),
        (Method::GET, "/accounts/Logout".to_owned(), 404),
        (Method::GET, "/api/greader.php/reader/api/0/nothing".to_owned(), 404),
        (Method::GET, "/api/greader.php".to_owned(), 200),
        (Method::GET, "/reader/api/0/stream/items/ids?s=feed/999".to_owned(), 404),
        (Method::GET, "/reader/api/0/stream/items/ids?s=user/-/label/Nothing".to_owned(), 404),
        (Method::GET, "/reader/api/0/stream/contents/feed/999".to_owned(), 404),
        (Method::GET, format!("/reader/api/0/stream/items/ids?s=feed/{}&c=x", fixture.loom), 400),
        (Method::GET, "/reader/api/0/stream/items/ids?ot=yesterday".to_owned(), 400),
        (Method::POST, "/reader/api/0/stream/items/contents?i=zero".to_owned(), 400),
        (Method::POST, "/reader/api/0/edit-tag?i=1f&a=user/-/state/com.google/read".to_owned(), 400),
        (Method::POST, "/reader/api/0/mark-all-as-read".to_owned(), 400),
        (Method::POST, "/reader/api/0/mark-all-as-read?s=feed/999".to_owned(), 404),
        (Method::POST, "/reader/api/0/mark-all-as-read?s=nothing".to_owned(), 404),
        (Method::POST, format!("/reader/api/0/mark-all-as-read?s=feed/{}&ts=now", fixture.loom), 400),
    ] {
        let request = app.request(method.clone(), &path).header("accept", "text/html");
        let request = request.header("authorization", format!("GoogleLogin auth={}", greader.token));
        let answer = app.send(request).await;
        assert_eq!((answer.status.as_u16(), is_plain(&answer)), (status, true), "{method} {path}: {}", answer.body);
    }
    assert_eq!(greader.ids("xt=user/-/state/com.google/read").await.len(), 5, "nothing was marked");
    assert!(greader.ids("s=user/-/state/com.google/broadcast").await.is_empty());
    greader.client.app.finish().await;
}
