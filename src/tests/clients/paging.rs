//! A device pages through 2,500 articles and reads them between two pages: none is missing, none comes twice.

use super::support::ClientApp;
use crate::support::articles::store_plain_articles;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const ARTICLES: usize = 2_500;

async fn filled() -> (ClientApp, BTreeSet<i64>) {
    let client = ClientApp::start().await;
    let ids = store_plain_articles(&client.app.app, ARTICLES).await;
    (client, ids.into_iter().map(|id| id.0).collect())
}

fn ids_in(list: &Value) -> Vec<i64> {
    list.as_array()
        .expect("a list")
        .iter()
        .map(|entry| entry["id"].as_i64().or(entry.as_i64()).expect("an id"))
        .collect()
}

/// Reads and stars what a page brought, as a person does meanwhile.
async fn mark(client: &ClientApp, ids: &[i64]) {
    if !ids.is_empty() {
        client.put("/v1/entries", json!({ "entry_ids": ids, "status": "read", "starred": true })).await;
    }
}

async fn unread_again(client: &ClientApp, all: &BTreeSet<i64>) {
    client.put("/v1/entries", json!({ "entry_ids": all, "status": "unread", "starred": false })).await;
}

fn assert_whole(seen: &[i64], all: &BTreeSet<i64>, case: &str) {
    let distinct: BTreeSet<i64> = seen.iter().copied().collect();
    assert_eq!(distinct.len(), seen.len(), "{case}: some came twice");
    assert!(&distinct == all, "{case}: {} of {} are missing", all.difference(&distinct).count(), all.len());
}

#[tokio::test]
async fn miniflux_lists_are_whole_by_offset_and_by_id() {
    let (client, all) = filled().await;
    for (query, member) in [
        ("entries?status=unread&limit=100", "entries"),
        ("entries?status=unread&order=published_at&direction=desc&limit=250", "entries"),
        ("entries?status=unread&limit=1000", "entries"),
        ("entries?starred=false&order=id&limit=250", "entries"),
        ("entries?limit=250", "entries"),
        ("entries?order=id&direction=desc&limit=250", "entries"),
        ("entries/ids?status=unread&limit=1000", "entry_ids"),
    ] {
        unread_again(&client, &all).await;
        let mut seen = Vec::new();
        loop {
            let page = client.get(&format!("/v1/{query}&offset={}", seen.len())).await;
            assert_eq!(page["total"], ARTICLES, "{query}");
            let ids = ids_in(&page[member]);
            mark(&client, &ids).await;
            seen.extend(&ids);
            if ids.is_empty() {
                break;
            }
        }
        assert_whole(&seen, &all, query);
    }
    unread_again(&client, &all).await;
    let mut seen: Vec<i64> = Vec::new();
    loop {
        let before = seen.last().map_or(String::new(), |id| format!("&before_entry_id={id}"));
        let query = format!("/v1/entries?status=unread&order=id&direction=desc&after_entry_id=0{before}&limit=125");
        let ids = ids_in(&client.get(&query).await["entries"]);
        mark(&client, &ids).await;
        seen.extend(&ids);
        if ids.len() < 125 {
            break;
        }
    }
    assert_whole(&seen, &all, "by id");
    client.app.finish().await;
}

#[tokio::test]
async fn a_list_begins_anew_at_its_first_page_and_belongs_to_its_device() {
    let (client, all) = filled().await;
    let query = "/v1/entries?status=unread&limit=1000&offset=";
    let first = ids_in(&client.get(&format!("{query}0")).await["entries"]);
    mark(&client, &first).await;
    let tablet =
        gleaner::server::services::devices::add(&client.app.app, "tablet", "read").await.expect("added").secrets;
    let request = client.app.request(Method::GET, &format!("{query}1000")).header("x-auth-token", &tablet.token);
    let other = client.app.send(request).await.json();
    assert_eq!(
        (&other["total"], ids_in(&other["entries"]).len()),
        (&json!(1_500), 500),
        "the other device began later"
    );
    assert_eq!(client.get(&format!("{query}0")).await["total"], 1_500, "the first page is of now");
    assert_eq!(ids_in(&client.get(&format!("{query}1000")).await["entries"]).len(), 500);
    unread_again(&client, &all).await;
    client.app.clock.advance(std::time::Duration::from_secs(700));
    assert_eq!(client.get(&format!("{query}1000")).await["total"], ARTICLES, "nobody pages for so long");
    client.app.finish().await;
}

#[tokio::test]
async fn fever_pages_are_whole_from_either_end_and_by_ids() {
    let (client, all) = filled().await;
    for (begin, key) in [("0", "since_id"), ("9007199254740991", "max_id")] {
        unread_again(&client, &all).await;
        let (mut seen, mut at) = (Vec::new(), begin.to_owned());
        loop {
            let ids = ids_in(&client.fever(&format!("items&{key}={at}")).await["items"]);
            assert!(ids.len() <= 50, "{key}");
            let Some(last) = ids.last() else { break };
            at = last.to_string();
            mark(&client, &ids).await;
            seen.extend(&ids);
        }
        assert_whole(&seen, &all, key);
    }
    unread_again(&client, &all).await;
    let list = client.fever("unread_item_ids").await["unread_item_ids"].as_str().expect("ids").to_owned();
    let unread: Vec<&str> = list.split(',').collect();
    let mut seen = Vec::new();
    for part in unread.chunks(50) {
        let ids = ids_in(&client.fever(&format!("items&with_ids={}", part.join(","))).await["items"]);
        mark(&client, &ids).await;
        seen.extend(ids);
    }
    assert_whole(&seen, &all, "with_ids");
    assert_eq!(
        client.fever("saved_item_ids").await["saved_item_ids"].as_str().expect("ids").split(',').count(),
        ARTICLES
    );
    client.app.finish().await;
}
