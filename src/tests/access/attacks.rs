//! The attacks that docs/security.md quotes: timing of answers, and guessing the secrets of devices.

use super::support::{PASSWORD, start_closed};
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
use std::time::{Duration, Instant};

/// Logins of each kind; the medians of their times are compared.
const LOGINS: usize = 9;

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
    let medians = times.map(|mut times| {
        times.sort();
        times[LOGINS / 2]
    });
    println!("medians: wrong name {:?}, wrong password {:?}, throttled {:?}", medians[0], medians[1], medians[2]);
    let (shortest, longest) = (medians.iter().min().expect("three"), medians.iter().max().expect("three"));
    assert!(*longest < *shortest * 2, "{medians:?}");
    app.finish().await;
}

/// The throttle of devices refuses guesses and locks nobody out; the password is protected by its 94 random bits.
#[tokio::test]
async fn ten_thousand_guesses_of_a_device_password_fail_and_all_but_twenty_are_throttled() {
    let app = start_closed(|_| {}).await;
    let added = devices::add(&app.app, "phone", "read").await.expect("added").secrets;
    let (mut refused, mut told_off) = (0, 0);
    for guess in 0..10_000 {
        let password = format!("{guess:020}");
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
