//! Addresses that must not be connected to (SSRF).

use crate::support::{
    corpora,
    feed_server::{FeedReply, FeedServer, rss_document},
    fixtures::fixture_rows,
    test_app::TestApp,
};
use gleaner::{
    domain::{feed_check::Validators, feed_error::FeedErrorKind, feed_url::FeedUrl, time::Timestamp},
    server::{
        feed::fetch::{FeedClient, FetchResponse},
        services::subscriptions,
    },
};

async fn fetch_problem(client: &FeedClient, address: &str) -> Result<FetchResponse, FeedErrorKind> {
    let url = FeedUrl::parse(address).map_err(|_| FeedErrorKind::BadAddress)?;
    client.get(&url, &Validators::default(), Timestamp(0)).await.map_err(|f| f.problem.kind)
}

fn is_refused(kind: Option<FeedErrorKind>) -> bool {
    matches!(kind, Some(FeedErrorKind::Private | FeedErrorKind::BadAddress))
}

/// Address and meaning of each row of `forbidden-addresses.tsv` with that verdict.
fn addresses(wanted: &str) -> Vec<(String, String)> {
    let rows: Vec<[String; 3]> = fixture_rows("forbidden-addresses.tsv");
    let rows = rows.into_iter().filter(|[verdict, ..]| verdict == wanted);
    rows.map(|[_, address, meaning]| (address, meaning)).collect()
}

#[tokio::test]
async fn no_forbidden_address_is_connected_to() {
    let app = TestApp::with(|config| config.fetch.allow_networks.clear()).await;
    for (address, meaning) in addresses("forbidden") {
        let kind = fetch_problem(&app.app.feed_client, &address).await.err();
        assert!(is_refused(kind), "{address} ({meaning}) ended as {kind:?}");
    }
}

#[tokio::test]
async fn no_redirect_to_a_forbidden_address_is_followed() {
    let server = FeedServer::start_on("127.0.0.3:0").await;
    let app = TestApp::with(|c| c.fetch.allow_networks = vec!["127.0.0.3/32".parse().expect("a network")]).await;
    // Anything else is a path on the same server, or cannot stand in a header.
    let absolute = addresses("forbidden").into_iter().filter(|(a, _)| a.contains("://") && a.is_ascii());
    for (number, (address, meaning)) in absolute.enumerate() {
        let path = format!("/{number}");
        server.on(&path, FeedReply::redirect(302, &address));
        let kind = fetch_problem(&app.app.feed_client, &server.url(&path)).await.err();
        let is_unreadable = kind == Some(FeedErrorKind::Redirects);
        assert!(is_refused(kind) || is_unreadable, "{address} ({meaning}) ended as {kind:?}");
        assert_eq!(server.asked().len(), number + 1, "only the first address is asked");
    }
}

#[tokio::test]
#[ignore = "GLEANER_CORPORA is not set"]
async fn no_forbidden_address_of_the_corpus_is_connected_to() {
    let manifest = corpora::corpus_json("ssrf/ssrf-urls.json");
    let app = TestApp::with(|config| config.fetch.allow_networks.clear()).await;
    let (mut blocked, mut rejected) = (0, 0);
    for case in corpora::json_array(&manifest, "cases") {
        let address = case["url"].as_str().expect("an address");
        let kind = match case["verdict"].as_str() {
            Some("block" | "reject") => fetch_problem(&app.app.feed_client, address).await.err(),
            _ => continue,
        };
        if case["verdict"] == "block" {
            blocked += 1;
            assert!(is_refused(kind), "{address} ended as {kind:?}");
        } else {
            rejected += 1;
            assert_eq!(kind, Some(FeedErrorKind::BadAddress), "{address}");
        }
    }
    println!("SSRF: {blocked} blocked, {rejected} rejected");
    assert!(blocked > 0 && rejected > 0);
}

#[tokio::test]
async fn redirects_to_private_addresses_end_there() {
    // 127.0.0.1 is allowed, 127.0.0.2 is not: the second server must never be asked.
    let inner = FeedServer::start_on("127.0.0.2:0").await;
    inner.on("/feed", FeedReply::feed(rss_document("Secret", &[])));
    let outer = FeedServer::start().await;
    for status in [301, 302, 303, 307, 308] {
        outer.on("/feed", FeedReply::redirect(status, &inner.url("/feed")));
        let app = TestApp::with(|c| c.fetch.allow_networks = vec!["127.0.0.1/32".parse().expect("a network")]).await;
        let refused = subscriptions::subscribe(&app.app, &outer.url("/feed"), None).await.expect_err("refused");
        assert!(refused.message.contains("not an address on the public internet"), "{refused}");
        assert!(refused.hint.is_some_and(|hint| hint.contains("allow_networks")));
    }
    assert_eq!(inner.asked().len(), 0);
}

#[tokio::test]
async fn names_are_checked_by_their_addresses() {
    let server = FeedServer::start().await;
    server.on("/feed", FeedReply::feed(rss_document("Local", &[])));
    let address = format!("http://localhost:{}/feed", server.addr.port());
    let closed = TestApp::with(|config| config.fetch.allow_networks.clear()).await;
    assert_eq!(fetch_problem(&closed.app.feed_client, &address).await.err(), Some(FeedErrorKind::Private));
    assert_eq!(server.asked().len(), 0);
    let open = TestApp::start().await;
    assert!(fetch_problem(&open.app.feed_client, &address).await.is_ok());
}
