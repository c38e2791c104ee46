//! Passkeys: adding them, logging in with them, and refused answers.

use super::{
    authenticator::Authenticator,
    second_factor::switch_on,
    support::{Browser, PASSWORD, start_closed},
};
use crate::support::{
    gleaner_binary::{output_texts, run_gleaner},
    test_app::{TestApp, TestResponse},
};
use gleaner::{
    domain::access::{LoginMethod, SignInOutcome, passkey::MAX_PASSKEYS},
    server::storage::sign_ins,
};
use reqwest::{Method, StatusCode};
use std::time::Duration;
use tempfile::TempDir;

const HOST: &str = "localhost:3000";
const ORIGIN: &str = "http://localhost:3000";
const REFUSED: &str = "The passkey was not accepted, or there were too many attempts.";

/// Requests a challenge as the script does; returns the options or the error.
async fn ask(app: &TestApp, browser: &mut Browser, path: &str, body: &str) -> Result<String, TestResponse> {
    let request = app
        .request(Method::POST, path)
        .header("host", HOST)
        .header("user-agent", browser.user_agent)
        .header("cookie", &browser.cookie)
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/x-www-form-urlencoded");
    let answer = app.send(request.body(body.to_owned())).await;
    if answer.status != StatusCode::OK {
        return Err(answer);
    }
    let cookie = answer.header("set-cookie").split(';').next().expect("a pair").to_owned();
    assert!(cookie.starts_with("gleaner-login="), "{answer:?}");
    browser.cookie = if browser.cookie.is_empty() { cookie } else { format!("{}; {cookie}", session(browser)) };
    Ok(serde_json::from_str(&answer.body).expect("a text"))
}

/// The cookie of the session alone.
fn session(browser: &Browser) -> String {
    browser.cookie.split("; ").find(|pair| pair.starts_with("gleaner=")).unwrap_or_default().to_owned()
}

async fn begin_adding(app: &TestApp, browser: &mut Browser) -> String {
    let body = format!("name=Phone&response=&current={}", PASSWORD.replace(' ', "+"));
    ask(app, browser, "/fn/access/passkeys/begin", &body).await.expect("a challenge")
}

/// Posts a form and keeps the cookies that the browser had.
async fn post(app: &TestApp, browser: &Browser, path: &str, fields: &[(&str, &str)]) -> TestResponse {
    browser.clone().post(app, path, fields).await
}

/// The page that an answer leads to.
async fn follow(app: &TestApp, browser: &Browser, answer: &TestResponse) -> String {
    assert_eq!(answer.status, StatusCode::FOUND, "{answer:?}");
    let path = answer.header("location").split('#').next().expect("a path");
    browser.get(app, path).await.body.replace("<!>", "").replace("&#x27;", "'")
}

/// An owner's browser, and an authenticator whose passkey was added.
async fn with_passkey(app: &TestApp) -> (Browser, Authenticator) {
    let mut browser = Browser::firefox().logged_in(app).await;
    let options = begin_adding(app, &mut browser).await;
    let mut authenticator = Authenticator::new(ORIGIN);
    let response = authenticator.create(&options);
    let fields = [("name", " Phone "), ("response", response.as_str())];
    let added = post(app, &browser, "/fn/access/passkeys/add", &fields).await;
    assert!(follow(app, &browser, &added).await.contains("The passkey is added."), "{added:?}");
    browser.cookie = session(&browser);
    (browser, authenticator)
}

/// A browser that has the challenge of a login, and its options.
async fn half_way(app: &TestApp) -> (Browser, String) {
    let mut browser = Browser::safari();
    let options = ask(app, &mut browser, "/fn/access/login/passkey/begin", "").await.expect("a challenge");
    (browser, options)
}

async fn answer(app: &TestApp, browser: &mut Browser, response: &str) -> TestResponse {
    let fields = [("response", response), ("next", "/feeds?view=all")];
    browser.post(app, "/fn/access/login/passkey", &fields).await
}

#[tokio::test]
async fn commands_list_and_remove_passkeys() {
    let app = start_closed(|_| {}).await;
    with_passkey(&app).await;
    crate::clients::support::execute(
        &app,
        "INSERT INTO passkeys (credential_id, host, name, public_key, state, transports, created_at)
         SELECT x'01', host, name, public_key, state, transports, created_at FROM passkeys
         UNION ALL SELECT x'02', host, 'Key', public_key, state, transports, created_at FROM passkeys",
    )
    .await;
    let (data, home) = (app.finish().await, TempDir::new().expect("a folder"));
    let run = |args: &[&str]| {
        let folder = data.path().to_str().expect("text");
        let output = run_gleaner(home.path(), &[&["owner"], args, &["--data-dir", folder]].concat());
        let (out, error) = output_texts(&output);
        (output.status.code().expect("it ends"), out + &error)
    };
    let (_, listed) = run(&["list-passkeys"]);
    assert!(
        listed.matches("Phone").count() == 2 && listed.contains("localhost") && listed.contains("never"),
        "{listed}"
    );
    for (name, code, told) in [
        ("Laptop", 1, "There is no passkey “Laptop”."),
        ("Phone", 1, "Several passkeys are called “Phone”."),
        ("2", 0, "The passkey Phone is removed."),
        ("Phone", 0, "The passkey Phone is removed."),
        ("Phone", 1, "There is no passkey"),
    ] {
        let (found, said) = run(&["remove-passkey", name]);
        assert!(found == code && said.contains(told), "{name}: {found}: {said}");
    }
    let (_, left) = run(&["list-passkeys", "--json"]);
    let left: serde_json::Value = serde_json::from_str(&left).expect("JSON");
    assert_eq!((left[0]["name"].as_str(), left.as_array().map(Vec::len)), (Some("Key"), Some(1)), "{left}");
    let (_, removed) = run(&["remove-passkey", "Key", "--json"]);
    assert!(removed.contains("\"removed\""), "{removed}");
    assert!(run(&["list-passkeys"]).1.contains("No passkeys yet."));
    let again = TestApp::on(data, |_| {}).await;
    let page = Browser::firefox().logged_in(&again).await.get(&again, "/settings/access").await.body;
    assert!(page.contains("passkey removed"), "the sign-ins tell it: {page}");
    again.finish().await;
}

#[tokio::test]
async fn a_passkey_logs_in_without_password_and_code() {
    let app = start_closed(|_| {}).await;
    let (mut browser, mut authenticator) = with_passkey(&app).await;
    switch_on(&app, &mut browser).await;

    let (mut safari, options) = half_way(&app).await;
    assert!(
        options.contains("\"userVerification\":\"required\"") && options.contains("\"rpId\":\"localhost\""),
        "{options}"
    );
    assert!(!safari.is_let_in(&app).await);
    let response = authenticator.get(&options);
    let logged_in = answer(&app, &mut safari, &response).await;
    assert_eq!(logged_in.header("location"), "/feeds?view=all", "{logged_in:?}");
    assert!(safari.is_let_in(&app).await);
    let cookies: Vec<_> = logged_in.headers.get_all("set-cookie").iter().map(|c| c.to_str().expect("text")).collect();
    assert!(cookies.iter().any(|cookie| cookie.starts_with("gleaner-login=; ")), "{cookies:?}");

    let page = browser.get(&app, "/settings/access").await.body.replace("<!>", "");
    for told in ["logged in with a passkey", "passkey added", "<strong>Phone</strong>", " at localhost, added "] {
        assert!(page.contains(told), "{told}: {page}");
    }
    assert!(!page.contains("not used yet"), "{page}");
    let inbox = browser.get(&app, "/").await.body;
    assert!(inbox.contains("Safari"), "the login of a new device is told: {inbox}");
    app.finish().await;
}

#[tokio::test]
async fn a_challenge_is_answered_once_in_time_and_by_the_browser_that_asked() {
    let app = start_closed(|_| {}).await;
    let (_, mut authenticator) = with_passkey(&app).await;
    let too_late = "The login took too long.";

    let (mut safari, options) = half_way(&app).await;
    let response = authenticator.get(&options);
    let mut thief = Browser { cookie: format!("gleaner-login={}", "0f".repeat(32)), ..Browser::safari() };
    let stolen = answer(&app, &mut thief, &response).await;
    assert!(follow(&app, &thief, &stolen).await.contains(too_late), "another browser");
    let mut copy = safari.clone();
    answer(&app, &mut safari, &response).await;
    assert!(safari.is_let_in(&app).await);
    let replayed = answer(&app, &mut copy, &response).await;
    assert!(follow(&app, &copy, &replayed).await.contains(too_late), "the same answer again");

    let (mut late, options) = half_way(&app).await;
    let response = authenticator.get(&options);
    app.clock.advance(Duration::from_secs(300));
    let refused = answer(&app, &mut late, &response).await;
    assert!(follow(&app, &late, &refused).await.contains(too_late), "after five minutes");

    let (mut one, options) = half_way(&app).await;
    let (mut other, _) = half_way(&app).await;
    let response = authenticator.get(&options);
    let crossed = answer(&app, &mut other, &response).await;
    assert!(follow(&app, &other, &crossed).await.contains(REFUSED), "the answer to the challenge of another login");
    answer(&app, &mut one, &response).await;
    assert!(one.is_let_in(&app).await, "which stays");
    app.finish().await;
}

#[tokio::test]
async fn wrong_answers_of_an_authenticator_are_refused() {
    let app = start_closed(|_| {}).await;
    let (_, authenticator) = with_passkey(&app).await;
    let unknown = Authenticator { credential_id: vec![7; 20], ..authenticator.clone() };
    for (why, mut wrong) in [
        ("another page", Authenticator { origin: "http://localhost:3001".into(), ..authenticator.clone() }),
        ("another site", Authenticator { origin: "https://evil.example".into(), ..authenticator.clone() }),
        ("a frame of another site", Authenticator { is_cross_origin: true, ..authenticator.clone() }),
        ("another RP ID", Authenticator { rp_id: Some("evil.example"), ..authenticator.clone() }),
        ("no user verification", Authenticator { is_user_verified: false, ..authenticator.clone() }),
        ("no user", Authenticator { is_user_present: false, ..authenticator.clone() }),
        ("another key", authenticator.with_another_key()),
        ("an unknown credential", unknown),
        ("another user", Authenticator { user_handle: "A".repeat(43), ..authenticator.clone() }),
        ("a sign count that does not grow", Authenticator { sign_count: 0, ..authenticator.clone() }),
    ] {
        // After a day without attempts the count starts again.
        app.clock.advance(Duration::from_secs(86_400));
        let (mut safari, options) = half_way(&app).await;
        let response = wrong.get(&options);
        let refused = answer(&app, &mut safari, &response).await;
        assert!(follow(&app, &safari, &refused).await.contains(REFUSED), "{why}");
        assert!(!safari.is_let_in(&app).await, "{why}");
    }
    for nonsense in ["", "{}", "[]", "not JSON", "{\"id\":\"AA\",\"rawId\":\"AA\",\"type\":\"public-key\"}"] {
        app.clock.advance(Duration::from_secs(86_400));
        let (mut safari, _) = half_way(&app).await;
        let refused = answer(&app, &mut safari, nonsense).await;
        assert!(follow(&app, &safari, &refused).await.contains(REFUSED), "{nonsense}");
    }
    let (mut safari, options) = half_way(&app).await;
    let right = authenticator.clone().get(&options);
    answer(&app, &mut safari, &right).await;
    assert!(safari.is_let_in(&app).await, "the same authenticator, unchanged");
    app.finish().await;
}

#[tokio::test]
async fn answers_are_throttled_as_passwords_are() {
    let app = start_closed(|_| {}).await;
    let (_, mut authenticator) = with_passkey(&app).await;
    app.app.access.logins.clear([127, 0, 0, 1].into());
    for _ in 0..5 {
        let (mut safari, _) = half_way(&app).await;
        answer(&app, &mut safari, "{}").await;
    }
    let (mut safari, options) = half_way(&app).await;
    let response = authenticator.get(&options);
    let refused = answer(&app, &mut safari, &response).await;
    assert!(follow(&app, &safari, &refused).await.contains(REFUSED), "the right answer too");
    let all = sign_ins::list(&app.app.db.read, 100).await.expect("readable");
    let count = |outcome| {
        let equal = all.iter().filter(|event| (event.outcome, event.method) == (outcome, LoginMethod::Passkey));
        equal.map(|event| event.count).sum::<i64>()
    };
    assert_eq!((count(SignInOutcome::Refused), count(SignInOutcome::Throttled)), (5, 1));
    app.clock.advance(Duration::from_secs(30));
    let (mut safari, options) = half_way(&app).await;
    let response = authenticator.get(&options);
    answer(&app, &mut safari, &response).await;
    assert!(safari.is_let_in(&app).await);
    app.finish().await;
}

#[tokio::test]
async fn adding_a_passkey_needs_the_password_a_host_and_a_verified_user() {
    let app = start_closed(|_| {}).await;
    let mut browser = Browser::firefox().logged_in(&app).await;
    let refused = ask(&app, &mut browser, "/fn/access/passkeys/begin", "name=x&response=&current=wrong").await;
    let refused = refused.expect_err("a wrong password");
    assert!(refused.status == 401 && refused.body.contains("The current password is wrong."), "{refused:?}");
    // Under an address without a name browsers allow none.
    let numeric = post(&app, &browser, "/fn/access/passkeys/begin", &[("current", PASSWORD)]).await;
    assert!(follow(&app, &browser, &numeric).await.contains("Browsers allow passkeys only under a name with TLS"));
    assert!(!browser.get(&app, "/settings/access").await.body.contains("data-passkey"), "nothing to click on");
    let named = app.request(Method::GET, "/settings/access").header("host", HOST).header("cookie", &browser.cookie);
    let page = app.send(named.header("accept", "text/html")).await.body;
    assert!(
        page.contains("data-passkey=\"create\" hidden") && page.contains("Adding a passkey needs JavaScript."),
        "{page}"
    );

    for (why, wrong, name) in [
        ("no user verification", Authenticator { is_user_verified: false, ..Authenticator::new(ORIGIN) }, "Phone"),
        ("another page", Authenticator::new("https://localhost:3000"), "Phone"),
        ("another RP ID", Authenticator { rp_id: Some("evil.example"), ..Authenticator::new(ORIGIN) }, "Phone"),
        ("no name", Authenticator::new(ORIGIN), " "),
    ] {
        let options = begin_adding(&app, &mut browser).await;
        let response = wrong.clone().create(&options);
        let refused = post(&app, &browser, "/fn/access/passkeys/add", &[("name", name), ("response", &response)]).await;
        let page = follow(&app, &browser, &refused).await;
        assert!(
            page.contains("The browser made no passkey that") || page.contains("the name of a passkey"),
            "{why}: {page}"
        );
        assert!(!page.contains("not used yet"), "{why}");
        let again = post(&app, &browser, "/fn/access/passkeys/add", &[("name", "x"), ("response", &response)]).await;
        assert!(follow(&app, &browser, &again).await.contains("Adding the passkey took too long."), "{why}, again");
    }
    app.finish().await;
}

#[tokio::test]
async fn passkeys_are_renamed_and_removed_without_a_script() {
    let app = start_closed(|_| {}).await;
    let (mut browser, mut authenticator) = with_passkey(&app).await;
    let login = app.request(Method::GET, "/login").header("host", HOST).header("accept", "text/html");
    assert!(app.send(login).await.body.contains("data-passkey=\"get\" hidden"));
    assert!(!Browser::safari().get(&app, "/login").await.body.contains("data-passkey"), "not under another host");

    let options = begin_adding(&app, &mut browser).await;
    let id = serde_json::from_str::<serde_json::Value>(&options).expect("JSON")["excludeCredentials"][0].clone();
    assert_eq!(
        id["transports"],
        serde_json::json!(["internal"]),
        "the authenticator is told of its passkey: {options}"
    );
    let response = authenticator.create(&options);
    let twice = post(&app, &browser, "/fn/access/passkeys/add", &[("name", "x"), ("response", &response)]).await;
    assert!(follow(&app, &browser, &twice).await.contains("This passkey was added before."));

    for (path, id, name, told) in [
        ("rename", "1", "Desk", "<strong>Desk</strong>"),
        ("rename", "1", "", "That cannot be the name of a passkey."),
        ("rename", "9", "Desk", "That passkey was removed already."),
        ("remove", "1", "", "The passkey is removed."),
        ("remove", "1", "", "That passkey was removed already."),
    ] {
        let fields = [("id", id), ("name", name)];
        let done = post(&app, &browser, &format!("/fn/access/passkeys/{path}"), &fields).await;
        let page = follow(&app, &browser, &done).await;
        assert!(page.contains(told), "{path} {id} {name}: {page}");
    }
    let (mut safari, options) = half_way(&app).await;
    let response = authenticator.get(&options);
    answer(&app, &mut safari, &response).await;
    assert!(!safari.is_let_in(&app).await, "a removed passkey");
    assert!(browser.get(&app, "/settings/access").await.body.contains("passkey removed"));
    app.finish().await;
}

#[tokio::test]
async fn there_is_a_limit_and_no_passkey_without_a_password() {
    let app = TestApp::start().await;
    let mut browser = Browser::firefox();
    let refused = ask(&app, &mut browser, "/fn/access/passkeys/begin", "current=x").await.expect_err("no password");
    assert!(refused.body.contains("Set a password first"), "{refused:?}");
    app.finish().await;

    let app = start_closed(|_| {}).await;
    let mut browser = Browser::firefox().logged_in(&app).await;
    for _ in 0..MAX_PASSKEYS {
        let options = begin_adding(&app, &mut browser).await;
        let response = Authenticator::new(ORIGIN).create(&options);
        post(&app, &browser, "/fn/access/passkeys/add", &[("name", "Phone"), ("response", &response)]).await;
    }
    let body = format!("name=Phone&current={}", PASSWORD.replace(' ', "+"));
    let refused = ask(&app, &mut browser, "/fn/access/passkeys/begin", &body).await.expect_err("too many");
    assert!(refused.body.contains("There are 20 passkeys already."), "{refused:?}");
    app.finish().await;
}
