//! Addresses that must never be asked.

use crate::support::{
    corpora,
    feed_server::{FeedReply, FeedServer, rss_document},
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

#[tokio::test]
#[ignore = "GLEANER_CORPORA is not set"]
async fn no_listed_address_is_connected_to() {
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
            let refused = matches!(kind, Some(FeedErrorKind::Private | FeedErrorKind::BadAddress));
            assert!(refused, "{address} ended as {kind:?}");
        } else {
            rejected += 1;
            assert_eq!(kind, Some(FeedErrorKind::BadAddress), "{address}");
        }
    }
    println!("SSRF: {blocked} blocked, {rejected} rejected");
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
async fn names_are_judged_by_the_addresses_they_lead_to() {
    let server = FeedServer::start().await;
    server.on("/feed", FeedReply::feed(rss_document("Local", &[])));
    let address = format!("http://localhost:{}/feed", server.addr.port());
    let closed = TestApp::with(|config| config.fetch.allow_networks.clear()).await;
    assert_eq!(fetch_problem(&closed.app.feed_client, &address).await.err(), Some(FeedErrorKind::Private));
    assert_eq!(server.asked().len(), 0);
    let open = TestApp::start().await;
    assert!(fetch_problem(&open.app.feed_client, &address).await.is_ok());
}
