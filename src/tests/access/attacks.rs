//! The attacks that docs/security.md quotes: timing of answers, and guessing the secrets of devices.

use super::support::{PASSWORD, start_closed};
use crate::support::test_app::{TestApp, TestResponse};
use gleaner::{
    error::ErrorKind,
    server::services::{
        access::{
            ClientInfo,
            login::{LoginClient, log_in},
        },
        devices::{self, authenticate},
    },
};
use reqwest::Method;
use std::{
    net::IpAddr,
    time::{Duration, Instant},
};

/// Logins of each kind, in turn; the medians of their times are compared.
const LOGINS: usize = 41;

/// The largest median of the ratios of two kinds.
const MAX_RATIO: f64 = 1.3;

fn client(last: u8) -> ClientInfo {
    ClientInfo { address: [198, 51, 100, last].into(), user_agent: "guesser".into(), is_secure: false }
}

/// Without a dummy hash, a wrong name would be answered in a hundredth of the time.
#[tokio::test]
async fn a_wrong_name_a_wrong_password_and_a_throttled_login_take_the_same_time() {
    let app = start_closed(|_| {}).await;
    let mut times = [const { Vec::new() }; 3];
    for _ in 0..LOGINS {
        app.clock.advance(Duration::from_secs(86_400));
        for (kind, (name, password)) in
            [("somebody", PASSWORD), ("owner", "a wrong password"), ("owner", PASSWORD)].into_iter().enumerate()
        {
            let (client, began) = (client(1), Instant::now());
            let who = LoginClient { client: &client, session: None };
            if kind == 2 {
                while gleaner::server::services::access::attempts::admit(&app.app, &client, None)
                    .await
                    .expect("counted")
                {}
            }
            let began = if kind == 2 { Instant::now() } else { began };
            log_in(&app.app, who, name, password.to_owned()).await.expect_err("refused");
            times[kind].push(began.elapsed());
        }
    }
    // What else the machine does hits the logins of one turn alike, so each is compared with the others of its turn.
    let ratio_of = |one: usize, other: usize| {
        let pairs = times[one].iter().zip(&times[other]);
        let mut ratios: Vec<f64> =
            pairs.map(|(one, other): (&Duration, &Duration)| one.as_secs_f64() / other.as_secs_f64()).collect();
        ratios.sort_by(f64::total_cmp);
        ratios[LOGINS / 2]
    };
    let median_of = |kind: usize| {
        let mut sorted = times[kind].clone();
        sorted.sort();
        sorted[LOGINS / 2]
    };
    println!("medians: wrong name {:?}, wrong password {:?}, throttled {:?}", median_of(0), median_of(1), median_of(2));
    for (one, other) in [(0, 1), (0, 2), (1, 2)] {
        let ratio = ratio_of(one, other);
        assert!((1.0 / MAX_RATIO..=MAX_RATIO).contains(&ratio), "kinds {one} and {other}: {ratio}");
    }
    app.finish().await;
}

/// Guesses that are sent at once.
const BURST: u32 = 250;

/// One form of the login, from a client address behind a trusted proxy.
async fn send_login(app: &TestApp, address: IpAddr, password: &str) -> TestResponse {
    let form = [("name", "owner"), ("password", password), ("next", "/")];
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let request = app
        .request(Method::POST, "/fn/access/login")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("accept", "text/html")
        .header("sec-fetch-site", "same-origin")
        .header("x-forwarded-for", address.to_string());
    app.send(request.body(body)).await
}

/// Throttled attempts wait for each other only, so the owner gets in during the flood.
#[tokio::test]
async fn ten_thousand_guesses_sent_to_the_login_at_once_fail_and_do_not_keep_the_owner_out() {
    let proxy = "127.0.0.1/32".parse().expect("a network");
    let app = start_closed(move |config| config.access.trusted_proxies = vec![proxy]).await;
    let owner = IpAddr::from([192, 0, 2, 1]);
    assert!(send_login(&app, owner, PASSWORD).await.header("set-cookie").starts_with("gleaner="));
    for burst in 0..10_000 / BURST {
        let guesses = (0..BURST).map(|guess| {
            // A thousand addresses in turn.
            let address = IpAddr::from((0xc633_6400 + (burst * BURST + guess) % 1_000).to_be_bytes());
            send_login(&app, address, "a wrong password")
        });
        let (answers, own) = futures::join!(futures::future::join_all(guesses), send_login(&app, owner, PASSWORD));
        assert!(own.header("set-cookie").starts_with("gleaner="), "burst {burst}: {own:?}");
        let let_in = answers.iter().filter(|answer| answer.header("set-cookie").starts_with("gleaner=")).count();
        assert_eq!(let_in, 0, "burst {burst}");
    }
    app.finish().await;
}

/// The throttle of devices refuses guesses and locks nobody out; the password is protected by its 131 random bits.
#[tokio::test]
async fn ten_thousand_guesses_of_a_device_password_fail_and_all_but_twenty_are_throttled() {
    let app = start_closed(|_| {}).await;
    let added = devices::add(&app.app, "phone", "read").await.expect("added").secrets;
    let (mut refused, mut told_off) = (0, 0);
    for guess in 0..10_000 {
        let password = format!("{guess:028}");
        match authenticate::authenticate_password(&app.app, &added.username, &password, &client(1)).await {
            Err(error) if error.kind == ErrorKind::Unauthorized => refused += 1,
            Err(error) if error.kind == ErrorKind::TooManyRequests => told_off += 1,
            answer => panic!("{answer:?}"),
        }
        app.clock.advance(Duration::from_secs(1));
    }
    assert_eq!((refused, told_off), (20, 9_980));
    let right = authenticate::authenticate_password(&app.app, &added.username, &added.password, &client(1)).await;
    assert_eq!(right.expect("accepted at any time").name, "phone");
    app.finish().await;
}
