//! The second factor: setting it up, logging in with it, recovery codes, and guessing of codes.

use super::support::{Browser, PASSWORD, start_closed};
use crate::support::test_app::{TestApp, TestResponse};
use data_encoding::BASE32_NOPAD;
use gleaner::{
    domain::access::{LoginMethod, SignInOutcome},
    server::{
        services::access::{
            ClientInfo,
            attempts::admit,
            login::{LoginClient, enter_code},
            second_factor,
        },
        storage::{owner, sign_ins},
        totp::TotpSecret,
    },
};
use reqwest::StatusCode;
use std::time::Duration;

const STEP: Duration = Duration::from_secs(30);
const WRONG: &str = "The code is wrong or used, or there were too many attempts.";

fn now(app: &TestApp) -> gleaner::domain::time::Timestamp {
    app.app.clock.now()
}

/// The page that an answer leads to.
async fn follow(app: &TestApp, browser: &Browser, answer: &TestResponse) -> String {
    assert_eq!(answer.status, StatusCode::FOUND, "{answer:?}");
    browser.get(app, answer.header("location").split('#').next().expect("a path")).await.body
}

/// The contents of all `<code>` elements within the panel.
fn codes_in(page: &str) -> Vec<String> {
    let panel = page.split_once("id=\"second-factor\"").expect("the panel").1;
    let panel = panel.split_once("</section>").expect("its end").0;
    panel.split("<code>").skip(1).filter_map(|rest| Some(rest.split_once("</code>")?.0.replace("<!>", ""))).collect()
}

fn secret_of(text: &str) -> TotpSecret {
    let bytes = BASE32_NOPAD.decode(text.replace(' ', "").as_bytes()).expect("Base32");
    TotpSecret::new(bytes.try_into().expect("160 bits"))
}

/// Sets it up on the pages; returns the secret of the app and the recovery codes.
pub(crate) async fn switch_on(app: &TestApp, browser: &mut Browser) -> (TotpSecret, Vec<String>) {
    let begun = browser.post(app, "/fn/access/factor/begin", &[]).await;
    let secret = secret_of(&codes_in(&follow(app, browser, &begun).await)[0]);
    let confirmed = browser.post(app, "/fn/access/factor/confirm", &[("code", &secret.code_at(now(app)))]).await;
    let codes = codes_in(&follow(app, browser, &confirmed).await);
    let recovery: Vec<String> = codes.into_iter().filter(|code| code.len() == 19).collect();
    assert_eq!(recovery.len(), 10, "{recovery:?}");
    (secret, recovery)
}

/// Logs in with the password, up to the page that asks for a code.
async fn half_way(app: &TestApp, mut browser: Browser) -> Browser {
    let answer = browser.log_in(app, "owner", PASSWORD).await;
    assert_eq!(answer.header("location"), "/login/code?next=%2Ffeeds%3Fview%3Dall", "{answer:?}");
    assert!(browser.cookie.starts_with("gleaner-login="), "{}", browser.cookie);
    assert!(!browser.is_let_in(app).await, "no session before both are right");
    browser
}

async fn enter(app: &TestApp, browser: &mut Browser, code: &str) -> TestResponse {
    browser.post(app, "/fn/access/login/code", &[("code", code), ("next", "/feeds?view=all")]).await
}

#[tokio::test]
async fn a_code_is_required_after_the_first_one_was_confirmed() {
    let app = start_closed(|_| {}).await;
    let mut browser = Browser::firefox().logged_in(&app).await;
    let begun = browser.post(&app, "/fn/access/factor/begin", &[]).await;
    let page = follow(&app, &browser, &begun).await;
    assert!(page.contains("<svg role=\"img\" aria-label=\"The secret as a QR code\""), "{page}");
    let secret = secret_of(&codes_in(&page)[0]);
    Browser::safari().logged_in(&app).await;

    let late = secret.code_at(now(&app).plus(-60));
    let refused = browser.post(&app, "/fn/access/factor/confirm", &[("code", &late)]).await;
    let page = follow(&app, &browser, &refused).await;
    assert!(page.contains("That is not the current code.") && page.contains("aria-invalid=\"true\""), "{page}");
    let confirmed = browser.post(&app, "/fn/access/factor/confirm", &[("code", &secret.code_at(now(&app)))]).await;
    let page = follow(&app, &browser, &confirmed).await;
    assert!(page.contains("they are shown once") && page.contains("10 recovery codes are left"), "{page}");
    let again = follow(&app, &browser, &confirmed).await;
    assert!(!again.contains("they are shown once") && !again.contains("QR code"), "{again}");
    let begun = browser.post(&app, "/fn/access/factor/begin", &[]).await;
    assert!(follow(&app, &browser, &begun).await.contains("The second factor is on already."));

    let mut safari = half_way(&app, Browser::safari()).await;
    let page = safari.get(&app, "/login/code?next=%2Ffeeds%3Fview%3Dall").await.body;
    assert!(page.contains("autocomplete=\"one-time-code\"") && !page.contains("class=\"sidebar\""), "{page}");
    let used = enter(&app, &mut safari, &secret.code_at(now(&app))).await;
    assert!(follow(&app, &safari, &used).await.contains(WRONG), "the code that was typed at the set-up is used");
    app.clock.advance(STEP);
    let code = secret.code_at(now(&app));
    let answer = enter(&app, &mut safari, &code).await;
    assert_eq!(answer.header("location"), "/feeds?view=all");
    assert!(safari.is_let_in(&app).await);

    let mut watcher = half_way(&app, Browser::safari()).await;
    let replayed = enter(&app, &mut watcher, &code).await;
    assert!(follow(&app, &watcher, &replayed).await.contains(WRONG), "each code works once");
    let earlier = enter(&app, &mut watcher, &secret.code_at(now(&app).plus(-30))).await;
    assert!(follow(&app, &watcher, &earlier).await.contains(WRONG), "and none before it does");
    enter(&app, &mut watcher, &secret.code_at(now(&app).plus(30))).await;
    assert!(watcher.is_let_in(&app).await, "a clock may be fast by one step");

    let page = browser.get(&app, "/settings/access").await.body.replace("<!>", "");
    for told in ["logged in with password and code", "right password, code asked for", "right password, wrong code"] {
        assert!(page.contains(told), "{told}: {page}");
    }
    let sessions = page.split_once("id=\"sessions\"").expect("the sessions").1;
    assert!(sessions.split("</section>").next().expect("a panel").contains("with password and code"), "{sessions}");
    app.finish().await;
}

#[tokio::test]
async fn each_recovery_code_works_once() {
    let app = start_closed(|_| {}).await;
    let mut browser = Browser::firefox().logged_in(&app).await;
    let (_, codes) = switch_on(&app, &mut browser).await;
    for (typed, is_taken) in [
        (codes[0].as_str(), true),
        (&codes[0], false),
        (&codes[1].to_uppercase().replace('-', " "), true),
        (&codes[1], false),
        ("aaaa-bbbb-cccc-dddd", false),
        (&codes[2][..14], false),
    ] {
        // A day without attempts starts anew.
        app.clock.advance(Duration::from_secs(86_400));
        let mut browser = half_way(&app, Browser::safari()).await;
        enter(&app, &mut browser, typed).await;
        assert_eq!(browser.is_let_in(&app).await, is_taken, "{typed}");
    }
    let page = browser.get(&app, "/settings/access").await.body.replace("<!>", "");
    assert!(page.contains("8 recovery codes are left") && page.contains("with password and recovery code"), "{page}");

    let wrong = browser.post(&app, "/fn/access/factor/renew", &[("current", "a wrong password")]).await;
    assert!(follow(&app, &browser, &wrong).await.contains("The current password is wrong."));
    let renewed = browser.post(&app, "/fn/access/factor/renew", &[("current", PASSWORD)]).await;
    let fresh = codes_in(&follow(&app, &browser, &renewed).await);
    app.clock.advance(Duration::from_secs(86_400));
    let mut old = half_way(&app, Browser::safari()).await;
    enter(&app, &mut old, &codes[5]).await;
    assert!(!old.is_let_in(&app).await, "the codes before are gone");
    enter(&app, &mut old, &fresh[0]).await;
    assert!(old.is_let_in(&app).await);
    app.finish().await;
}

#[tokio::test]
async fn of_two_logins_with_one_code_one_succeeds() {
    let app = start_closed(|_| {}).await;
    let mut browser = Browser::firefox().logged_in(&app).await;
    let (secret, codes) = switch_on(&app, &mut browser).await;
    app.clock.advance(STEP);
    for code in [secret.code_at(now(&app)), codes[0].clone()] {
        let (mut one, mut two) = (half_way(&app, Browser::firefox()).await, half_way(&app, Browser::safari()).await);
        tokio::join!(enter(&app, &mut one, &code), enter(&app, &mut two, &code));
        assert!(one.is_let_in(&app).await != two.is_let_in(&app).await, "{code}");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_half_finished_login_ends_by_time_by_another_password_and_by_switching_off() {
    let app = start_closed(|_| {}).await;
    let mut browser = Browser::firefox().logged_in(&app).await;
    let (secret, codes) = switch_on(&app, &mut browser).await;
    let refused = async |mut half: Browser, code: &str| {
        let answer = enter(&app, &mut half, code).await;
        let page = follow(&app, &half, &answer).await;
        assert!(!half.is_let_in(&app).await && page.contains("role=\"alert\""), "{page}");
        page
    };
    let half = half_way(&app, Browser::safari()).await;
    app.clock.advance(Duration::from_secs(300));
    assert!(refused(half, &codes[0]).await.contains("The login took too long, or the password changed."));
    let nobody = Browser { cookie: "gleaner-login=0f".into(), ..Browser::safari() };
    assert!(refused(nobody, &codes[0]).await.contains("The login took too long"));
    assert!(refused(Browser::safari(), &codes[0]).await.contains("The login took too long"));

    let half = half_way(&app, Browser::safari()).await;
    let new = "quite another one";
    let fields = [("current", PASSWORD), ("password", new), ("repeated", new)];
    browser.post(&app, "/fn/access/password", &fields).await;
    assert!(browser.is_let_in(&app).await);
    assert!(refused(half, &secret.code_at(now(&app))).await.contains("The login took too long"));
    let fields = [("current", new), ("password", PASSWORD), ("repeated", PASSWORD)];
    browser.post(&app, "/fn/access/password", &fields).await;

    let half = half_way(&app, Browser::safari()).await;
    let wrong = browser.post(&app, "/fn/access/factor/off", &[("current", "a wrong password")]).await;
    assert!(follow(&app, &browser, &wrong).await.contains("The current password is wrong."));
    let off = browser.post(&app, "/fn/access/factor/off", &[("current", PASSWORD)]).await;
    assert!(follow(&app, &browser, &off).await.contains("The second factor is off."));
    refused(half, &codes[0]).await;
    Browser::safari().logged_in(&app).await;
    assert!(browser.get(&app, "/settings/access").await.body.contains("second factor switched off"));
    app.finish().await;
}

#[tokio::test]
async fn without_a_password_there_is_no_second_factor() {
    let app = TestApp::start().await;
    let mut browser = Browser::firefox();
    assert!(!browser.get(&app, "/settings/access").await.body.contains("Set up a second factor"));
    let begun = browser.post(&app, "/fn/access/factor/begin", &[]).await;
    assert!(follow(&app, &browser, &begun).await.contains("Set a password first"));
    app.finish().await;
}

#[tokio::test]
async fn the_second_factor_is_switched_off_on_the_server() {
    let app = start_closed(|_| {}).await;
    let mut browser = Browser::firefox().logged_in(&app).await;
    switch_on(&app, &mut browser).await;
    half_way(&app, Browser::safari()).await;
    assert!(second_factor::reset(&app.app).await.expect("written"));
    assert!(!second_factor::reset(&app.app).await.expect("written"));
    Browser::safari().logged_in(&app).await;
    app.finish().await;
}

#[tokio::test]
async fn no_secret_of_the_second_factor_is_in_the_database() {
    let app = start_closed(|_| {}).await;
    let mut browser = Browser::firefox().logged_in(&app).await;
    let begun = browser.post(&app, "/fn/access/factor/begin", &[]).await;
    let text = codes_in(&follow(&app, &browser, &begun).await)[0].replace(' ', "");
    let raw = BASE32_NOPAD.decode(text.as_bytes()).expect("Base32");
    browser.post(&app, "/fn/access/factor/cancel", &[]).await;
    let (_, codes) = switch_on(&app, &mut browser).await;
    let data = app.finish().await;
    let bytes = std::fs::read(data.path().join("gleaner.db")).expect("a file");
    let needles = [text.into_bytes(), raw, codes[0].clone().into_bytes(), codes[1].replace('-', "").into_bytes()];
    for needle in needles {
        assert!(!bytes.windows(needle.len()).any(|window| window == needle), "{needle:?}");
    }
}

/// Guesses codes with the right password for a day, as soon as an attempt is allowed.
#[tokio::test]
async fn seven_of_the_codes_guessed_in_a_day_with_the_right_password_are_checked() {
    let app = start_closed(|_| {}).await;
    let mut browser = Browser::firefox().logged_in(&app).await;
    switch_on(&app, &mut browser).await;
    let hash = owner::password_hash(&app.app.db.read).await.expect("readable").expect("set");
    let client = ClientInfo { address: [198, 51, 100, 1].into(), user_agent: "guesser".into(), is_secure: false };
    let who = LoginClient { client: &client, session: None };
    let (mut pending, mut passwords) = (None::<String>, 0);
    for _ in 0..86_400 / 30 {
        let is_pending =
            pending.as_ref().is_some_and(|token| app.app.access.pending_logins.find(token, now(&app)).is_some());
        if let Some(token) = pending.as_ref().filter(|_| is_pending) {
            enter_code(&app.app, who, token, "000000").await.expect_err("wrong, unless one in 333,000 came true");
        } else if admit(&app.app, &client, None).await.expect("counted") {
            // The password is right; hashing it a hundred times would only slow the test down.
            pending = Some(app.app.access.pending_logins.add(hash.clone(), now(&app)));
            passwords += 1;
        }
        app.clock.advance(STEP);
    }
    let all = sign_ins::list(&app.app.db.read, 5_000).await.expect("readable");
    let codes: i64 = all
        .iter()
        .filter(|sign_in| (sign_in.outcome, sign_in.method) == (SignInOutcome::Refused, LoginMethod::Code))
        .map(|sign_in| sign_in.count)
        .sum();
    assert_eq!((passwords, codes), (97, 7), "an attempt is a password or a code");
    app.finish().await;
}
