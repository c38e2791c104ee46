//! Every server function with bad input: as a form of a page without script, and as a program calls it.

use crate::support::test_app::{TestApp, TestResponse};
use reqwest::{Method, RequestBuilder, StatusCode};
use server_fn::axum::server_fn_paths;
use std::collections::BTreeSet;

/// Server functions that take nothing, or nothing that can be wrong.
const WITHOUT_BAD_INPUT: [&str; 36] = [
    "rules/all",
    "retention/all",
    "access/factor/cancel",
    "access/login/options",
    "access/logout",
    "access/mode",
    "access/overview",
    "access/seen",
    "categories/all",
    "categories/overview",
    "categories/seen",
    "devices/addresses",
    "devices/all",
    "feeds/all",
    "feeds/refresh-all",
    "first-run/end",
    "frame",
    "ollama/check",
    "ollama/library",
    "ollama/overview",
    "ollama/pull/dismiss",
    "ollama/versions",
    "preferences/get",
    "preferences/settings",
    "registry/backfill",
    "scoring/cancel-rescore",
    "searches/all",
    "searches/outgoing",
    "scoring/rescore-preview",
    "scoring/prompts",
    "scoring/reevaluate",
    "scoring/retry-failed",
    "scoring/status",
    "servers/all",
    "status",
    "chat/delete",
];

/// Function, body of the form, status.
const CASES: [(&str, &str, u16); 103] = [
    ("rules/form", "search=id%3D9", 404),
    ("rules/save", "name=x&query=authr%3Ajane&tested=authr%3Ajane&star=true", 422),
    ("rules/move", "id=9&position=0", 422),
    ("rules/remove", "id=9", 404),
    ("rules/apply", "id=9", 404),
    ("rules/undo", "id=9", 404),
    ("articles/show", "article=999", 404),
    ("retention/run", "", 409),
    ("retention/save", "rules=sort%3Anewest", 422),
    ("access/end", "id=9", 404),
    ("access/factor/begin", "", 409),
    ("access/factor/confirm", "code=1", 409),
    ("access/factor/off", "current=x", 401),
    ("access/factor/renew", "current=x", 401),
    ("access/login", "name=x&password=y", 401),
    ("access/login/code", "code=1", 401),
    ("access/login/passkey", "response=x", 401),
    ("access/login/passkey/begin", "", 409),
    ("access/passkeys/add", "name=x&response=x", 401),
    ("access/passkeys/begin", "current=x", 409),
    ("access/passkeys/remove", "id=9", 404),
    ("access/passkeys/rename", "id=9&name=x", 404),
    ("access/password", "password=x&repeated=x", 422),
    ("access/setup", "code=x&password=x&repeated=x", 422),
    ("servers/add", "name=&kind=openai&address=x&slots=1", 422),
    ("servers/save", "id=9&name=x", 404),
    ("servers/test", "id=9", 404),
    ("servers/remove", "id=9", 404),
    ("devices/add", "name=", 422),
    ("devices/revoke", "id=9", 404),
    ("devices/view", "id=9&labels=none", 404),
    ("articles/list", "query=view%3Dnope", 422),
    ("articles/open", "id=x", 404),
    ("search/results", "query=sort%3Dnope", 422),
    ("articles/mark", "up=1&down=1", 422),
    ("articles/mark", "up=x", 400),
    ("articles/mark-all-read", "before=x", 400),
    ("articles/undo", "token=nope", 404),
    ("articles/rescore", "rescore=999", 404),
    ("articles/fetch-full-text", "article=999", 404),
    ("articles/show-text", "feed=1&full=1", 422),
    ("articles/media-position", "article=999&url=x&seconds=5", 404),
    ("feeds/add-pack", "name=nope", 404),
    ("feeds/save-request", "id=999", 404),
    ("categories/one", "id=999", 404),
    ("categories/add", "name=", 422),
    ("categories/weigh", "id=999", 404),
    ("categories/save", "id=999&name=x", 404),
    ("categories/hide", "id=999&hidden=true", 404),
    ("categories/merge", "id=1", 422),
    ("categories/remove", "id=999", 404),
    ("categories/suggestions/accept", "id=999", 404),
    ("categories/suggestions/merge", "id=999&into=1", 404),
    ("categories/suggestions/refuse", "id=999", 404),
    ("chat/list", "article=x", 404),
    ("chat/open", "id=x", 404),
    ("chat/ask", "message=", 422),
    ("chat/rename", "conversation=9&title=x", 404),
    ("chat/stop", "conversation=9", 404),
    ("chat/again", "conversation=9", 404),
    ("feeds/one", "id=9", 404),
    ("feeds/rescore", "id=9", 404),
    ("feeds/add", "address=not+a+url", 422),
    ("feeds/add-several", "", 422),
    ("feeds/save", "id=9", 404),
    ("feeds/remove", "id=9", 404),
    ("feeds/refresh", "id=9", 404),
    ("feeds/refresh-forced", "id=9", 404),
    ("folders/add", "name=", 422),
    ("folders/rename", "id=9&name=x", 404),
    ("folders/remove", "id=9", 404),
    ("searches/save", "name=x&query=", 422),
    ("searches/edit", "id=9&name=x&query=y", 404),
    ("searches/move", "id=9&position=0", 422),
    ("searches/remove", "id=9", 404),
    ("searches/outgoing/renew", "id=9", 404),
    ("searches/outgoing/off", "id=9", 404),
    ("theme", "", 400),
    ("ollama/models", "categorization_model=a+b", 422),
    ("ollama/options", "num_ctx=x&keep_alive=1m&num_predict=100&temperature=0", 422),
    ("ollama/options/show", "model=a+b", 422),
    ("ollama/test", "name=a+b", 422),
    ("ollama/pull", "model=a+b", 422),
    ("ollama/pull/cancel", "model=qwen3", 409),
    ("ollama/pull/first", "model=qwen3", 409),
    ("ollama/pull/preview", "model=a+b", 422),
    ("ollama/copy", "source=a+b&destination=x", 422),
    ("ollama/versions/check", "", 409),
    ("ollama/versions/lock", "", 503),
    ("ollama/versions/sync", "", 409),
    ("ollama/versions/pull-again", "model=a+b", 422),
    ("ollama/versions/use-earlier", "copy=a+b", 422),
    ("ollama/versions/remove-earlier", "copy=a+b", 422),
    ("ollama/delete", "name=a+b", 422),
    ("ollama/load", "name=a+b", 422),
    ("ollama/unload", "name=a+b", 422),
    ("preferences/interests", "interests=x", 400),
    ("preferences/save", "refresh_minutes=x", 422),
    ("registry/overview", "", 400),
    ("registry/deprecate", "name=nope", 404),
    ("registry/undeprecate", "name=nope", 404),
    ("registry/roles", "name=nope", 404),
    ("scoring/pause", "", 400),
];

/// Fails because of what surrounds Gleaner, not of its input.
const UNAVAILABLE: (&str, &str, u16) = ("registry/import", "", 503);

fn request(app: &TestApp, function: &str, body: &str, accept: &str) -> RequestBuilder {
    app.request(Method::POST, &format!("/fn/{function}"))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-origin")
        .header("accept", accept)
        .body(body.to_owned())
}

async fn send_form(app: &TestApp, function: &str, body: &str, referer: &str) -> TestResponse {
    app.send(request(app, function, body, "text/html").header("referer", format!("{}{referer}", app.url))).await
}

/// Whether the controls of that name, in forms of the page that post to the function, are marked as invalid; `None` without any
/// that can be seen.
fn is_marked(page: &str, function: &str, field: &str) -> Option<bool> {
    let mut controls = page
        .split("<form ")
        .filter(|form| form.split('>').next().is_some_and(|tag| tag.contains(&format!("action=\"/fn/{function}\""))))
        .flat_map(|form| form.split("</form>").next().unwrap_or_default().split('<'))
        .filter(|tag| ["input ", "select ", "textarea "].iter().any(|name| tag.starts_with(name)))
        .filter(|tag| {
            [field.to_owned(), format!("{field}[]")].iter().any(|name| tag.contains(&format!("name=\"{name}\"")))
        })
        .filter(|tag| !tag.contains("type=\"hidden\""))
        .peekable();
    controls.peek().is_some().then(|| controls.any(|tag| tag.contains("aria-invalid=\"true\"")))
}

#[tokio::test]
async fn bad_input_is_answered_with_a_status_or_shown_on_a_page() {
    let (app, mut untold) = (TestApp::start().await, Vec::new());
    for (function, body, status) in CASES.into_iter().chain([UNAVAILABLE]) {
        let program = app.send(request(&app, function, body, "application/json")).await;
        let error = program.json();
        assert_eq!(program.status.as_u16(), status, "{function}: {error}");
        let message = error["message"].as_str().unwrap_or_else(|| panic!("{function}: {error}"));

        let form = send_form(&app, function, body, "/feeds?view=all").await;
        assert_eq!(form.status, StatusCode::FOUND, "{function}");
        let location = form.header("location");
        assert!(location.starts_with('/') && !location.starts_with("//"), "{function}: {location}");
        assert!(location.contains("outcome=") && location.len() < 100, "{function}: {location}");
        assert_eq!(form.header("x-form-page"), "", "{function}: stays on the server");
        let page = app.get(location.split('#').next().expect("a path")).await;
        let shown = message.replace('<', "&lt;");
        // Where the page itself is gone it says so in its own words.
        let is_gone = page.status == StatusCode::NOT_FOUND;
        if !is_gone && (page.body.matches("role=\"alert\"").count() != 1 || !page.body.contains(&shown)) {
            untold.push(format!("{function}: “{message}” is not on {location}"));
        }
        if let Some(field) = error["field"].as_str()
            && is_marked(&page.body, function, field) == Some(false)
        {
            untold.push(format!("{function}: the field “{field}” is not marked on {location}"));
        }

        let alone = app.send(request(&app, function, body, "text/html")).await;
        let led = alone.status == StatusCode::FOUND && alone.header("location").starts_with('/');
        assert!(led || (alone.status.as_u16() == status && alone.body.contains(&shown)), "{function}: {alone:?}");
    }
    assert!(untold.is_empty(), "{untold:#?}");
}

#[tokio::test]
async fn a_refused_form_marks_its_field_and_keeps_what_was_chosen() {
    let offers = "offers=%5B%7B%22url%22%3A%22http%3A%2F%2Fa.example%2Ffeed%22%2C%22title%22%3A%22Tides%22%2C%22items%22%3Anull%7D%5D";
    let app = TestApp::start().await;
    for (function, body, page, field, kept) in [
        ("categories/add", "name=Reefs&parent_id=999", "/categories", "parent_id", "value=\"Reefs\""),
        ("categories/save", "id=22&name=Reefs&parent_id=22", "/categories/22", "parent_id", "value=\"Reefs\""),
        ("categories/merge", "id=9&into=", "/categories/9", "into", ""),
        ("categories/merge", "id=9&into=9", "/categories/9", "into", ""),
        ("feeds/add-several", offers, "/feeds/new", "urls", "http://a.example/feed"),
        ("devices/add", "name=&read=true", "/settings/clients", "name", ""),
        ("ollama/pull", "model=a+b", "/settings/ollama", "model", "a b"),
        ("ollama/copy", "source=x&destination=a+b", "/settings/ollama/new", "destination", "a b"),
    ] {
        let answer = send_form(&app, function, body, page).await;
        let shown = app.get(answer.header("location").split('#').next().expect("a path")).await;
        assert!(shown.body.contains("id=\"form-error\""), "{function}: {}", shown.body);
        assert_eq!(is_marked(&shown.body, function, field), Some(true), "{function}: {field}");
        assert!(shown.body.contains(kept), "{function}: {kept}");
    }
}

#[test]
fn every_server_function_is_tried() {
    let there: BTreeSet<_> = server_fn_paths().map(|(path, _)| path.trim_start_matches("/fn/")).collect();
    let tried: BTreeSet<_> =
        CASES.iter().chain([&UNAVAILABLE]).map(|(function, ..)| *function).chain(WITHOUT_BAD_INPUT).collect();
    assert_eq!(there, tried);
}

#[tokio::test]
async fn texts_of_outcomes_do_not_come_from_the_address() {
    let app = TestApp::start().await;
    let error = "eyJraW5kIjoiaW52YWxpZCIsIm1lc3NhZ2UiOiJZb3Ugd29uIiwiaGludCI6bnVsbH0";
    for address in [
        format!("/?__path=%2Ffn%2Farticles%2Fmark&__err={error}"),
        format!("/feeds/new?beside=form&__path=%2Ffn%2Ffeeds%2Fadd&__err={error}"),
        "/feeds?added=1&invalid=1&report=%5B%7B%22url%22%3A%22You+won%22%2C%22reason%22%3A%22x%22%7D%5D".into(),
        "/feeds/new?offers=%5B%7B%22url%22%3A%22http%3A%2F%2Fx%22%2C%22title%22%3A%22You+won%22%7D%5D".into(),
        format!("/?outcome={error}"),
    ] {
        let page = app.get(&address).await;
        assert_eq!(page.status, StatusCode::OK, "{address}");
        assert!(!page.body.contains("You won") && !page.body.contains("role=\"alert\""), "{address}: {}", page.body);
    }
}

#[tokio::test]
async fn a_long_text_that_is_refused_stays_in_its_field() {
    let app = TestApp::start().await;
    let text = "tides ".repeat(15_000);
    let body = format!("interests={}&anti_interests=", text.replace(' ', "+"));
    let refused = send_form(&app, "preferences/interests", &body, "/interests").await;
    let page = app.get(refused.header("location").split('#').next().expect("a path")).await;
    assert!(page.body.contains(&text) && page.body.contains("89999 characters"), "{}", page.body.len());
    assert!(page.body.contains("aria-invalid=\"true\""));
    app.clock.advance(std::time::Duration::from_secs(601));
    let later = app.get(refused.header("location").split('#').next().expect("a path")).await;
    assert!(!later.body.contains(&text), "kept for ten minutes");
}

#[tokio::test]
async fn a_form_leads_to_no_other_host() {
    let app = TestApp::start().await;
    for referer in ["//evil.example/", "/\\evil.example/"] {
        for body in ["theme=dark", ""] {
            let answer = send_form(&app, "theme", body, referer).await;
            let location = answer.header("location");
            assert!(location.starts_with("/evil.example/"), "{referer}: {location}");
        }
    }
}
