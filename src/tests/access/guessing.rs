//! Guessing the password: the number of checked guesses, and that answers do not reveal the reason of a refusal.

use super::support::{Browser, PASSWORD, start_closed};
use gleaner::server::services::access::{ClientInfo, attempts::admit};
use std::{net::IpAddr, time::Duration};

fn client(address: impl Into<IpAddr>) -> ClientInfo {
    ClientInfo { address: address.into(), user_agent: "guesser".into(), is_secure: false }
}

/// Guesses once a second and returns the number of checked guesses.
async fn count_admitted(address_of: impl Fn(u32) -> IpAddr) -> usize {
    let app = start_closed(|_| {}).await;
    let mut admitted = 0;
    for guess in 0..10_000 {
        admitted += usize::from(admit(&app.app, &client(address_of(guess)), None).await.expect("counted"));
        app.clock.advance(Duration::from_secs(1));
    }
    let owner = Browser::firefox();
    assert!(!owner.is_let_in(&app).await);
    app.finish().await;
    admitted
}

#[tokio::test]
async fn twenty_of_ten_thousand_guesses_from_one_address_are_checked() {
    assert_eq!(count_admitted(|_| IpAddr::from([198_u8, 51, 100, 1])).await, 20);
}

#[tokio::test]
async fn a_thousand_addresses_get_no_more_guesses() {
    assert_eq!(count_admitted(|guess| IpAddr::from((0x0a00_0000 + guess % 1000).to_be_bytes())).await, 20);
}

#[tokio::test]
async fn a_wrong_name_a_wrong_password_and_the_throttle_get_the_same_answer() {
    let app = start_closed(|_| {}).await;
    let mut answers = Vec::new();
    for (name, password) in [("owner", "a wrong password"), ("somebody", PASSWORD)] {
        answers.push(Browser::firefox().log_in(&app, name, password).await);
    }
    for _ in 0..4 {
        answers.push(Browser::firefox().log_in(&app, "owner", "a wrong password").await);
    }
    answers.push(Browser::firefox().log_in(&app, "owner", PASSWORD).await);
    let mut sentences = Vec::new();
    for answer in &answers {
        assert_eq!((answer.status.as_u16(), answer.header("set-cookie")), (302, ""), "{answer:?}");
        let page = app.get(answer.header("location").split('#').next().expect("a path")).await.body;
        let alert =
            page.split_once("role=\"alert\"").and_then(|(_, rest)| rest.split("</div>").next()).expect("an error");
        sentences.push(alert.to_owned());
    }
    assert!(sentences[0].contains("Name or password is wrong, or there were too many attempts."), "{sentences:?}");
    assert!(sentences.iter().all(|sentence| *sentence == sentences[0]), "{sentences:?}");
    app.clock.advance(Duration::from_secs(30));
    Browser::firefox().logged_in(&app).await;
    app.finish().await;
}

#[tokio::test]
async fn failed_logins_of_others_do_not_lock_the_owner_out() {
    let app = start_closed(|_| {}).await;
    let browser = Browser::firefox().logged_in(&app).await;
    for guess in 0..50_u8 {
        admit(&app.app, &client([198, 51, 100, guess]), None).await.expect("counted");
    }
    assert!(!admit(&app.app, &client([198_u8, 51, 100, 99]), None).await.expect("counted"), "the account is throttled");
    assert!(browser.is_let_in(&app).await, "a session goes on");
    browser.clone().logged_in(&app).await;
    Browser::firefox().logged_in(&app).await;
    app.finish().await;
}

#[tokio::test]
async fn the_count_of_the_account_survives_a_restart() {
    let app = start_closed(|_| {}).await;
    for guess in 0..5_u8 {
        assert!(admit(&app.app, &client([198, 51, 100, guess]), None).await.expect("counted"));
    }
    let data = app.finish().await;
    let again = crate::support::test_app::TestApp::on(data, |_| {}).await;
    assert!(!admit(&again.app, &client([198_u8, 51, 100, 7]), None).await.expect("counted"));
    again.finish().await;
}
