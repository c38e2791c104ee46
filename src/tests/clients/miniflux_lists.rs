//! Lists of the Miniflux API: filters, orders, parts.

use super::support::{A1_PUBLISHED, B_ARRIVED, ClientApp, fill};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn filters_orders_and_limits() {
    let client = ClientApp::start().await;
    let f = fill(&client.app).await;
    let [_, _, a2, ..] = f.articles;
    let weaving = f.folder.0 + 1;
    let second = A1_PUBLISHED;
    for (query, titles) in [
        // By publication, the oldest first, as Miniflux has it.
        ("".to_owned(), "a0 b0 a1 a2 a3 b1"),
        ("order=id".to_owned(), "a0 a1 a2 a3 b0 b1"),
        ("unknown=5&order=id".to_owned(), "a0 a1 a2 a3 b0 b1"),
        ("status=read".to_owned(), "a1"),
        ("status=unread".to_owned(), "a0 b0 a2 a3 b1"),
        ("status=unread&status=read&order=id".to_owned(), "a0 a1 a2 a3 b0 b1"),
        ("status=removed".to_owned(), ""),
        ("status=removed&status=read".to_owned(), "a1"),
        ("starred=true".to_owned(), "b0 a2"),
        ("starred=True".to_owned(), "b0 a2"),
        ("starred=1&status=unread&direction=desc".to_owned(), "a2 b0"),
        ("starred=false&order=id".to_owned(), "a0 a1 a3 b1"),
        ("search=shuttle".to_owned(), "a0"),
        ("search=Zed".to_owned(), "a0"),
        ("search=nothing+of+the+kind".to_owned(), ""),
        ("search=&order=id&limit=1".to_owned(), "a0"),
        ("category_id=1&order=id".to_owned(), "b0 b1"),
        (format!("category_id={weaving}&order=id"), "a0 a1 a2 a3"),
        ("category_id=99".to_owned(), ""),
        (format!("feed_id={}&status=unread", f.loom), "a0 a2 a3"),
        ("feed_id=99".to_owned(), ""),
        ("user_id=1&order=id&limit=2".to_owned(), "a0 a1"),
        ("user_id=2".to_owned(), ""),
        (format!("after_entry_id={a2}&order=id"), "a3 b0 b1"),
        (format!("before_entry_id={a2}&order=id&direction=desc"), "a1 a0"),
        ("after_entry_id=0&order=id&limit=1".to_owned(), "a0"),
        ("order=published_at".to_owned(), "a0 b0 a1 a2 a3 b1"),
        ("order=published_at&direction=desc&limit=2".to_owned(), "b1 a3"),
        (format!("published_after={second}&order=published_at"), "a2 a3 b1"),
        (format!("published_before={second}&order=published_at"), "a0 b0"),
        (format!("after={second}&order=published_at"), "a2 a3 b1"),
        (format!("before={second}&order=published_at"), "a0 b0"),
        (format!("after={}&before={}&order=published_at", second - 1, second + 3_601), "a1 a2"),
        ("before=0&after=-1&order=id&limit=1".to_owned(), "a0"),
        (format!("changed_after={B_ARRIVED}&order=id"), "b0 b1"),
        (format!("changed_before={B_ARRIVED}&order=id"), "a0 a1 a2 a3"),
        ("order=created_at&direction=desc".to_owned(), "b1 b0 a3 a2 a1 a0"),
        ("order=changed_at&direction=desc".to_owned(), "b1 b0 a3 a2 a1 a0"),
        ("order=title&direction=desc".to_owned(), "b1 b0 a3 a2 a1 a0"),
        ("order=author".to_owned(), "a2 a3 b0 b1 a1 a0"),
        ("order=category_title".to_owned(), "b0 b1 a0 a1 a2 a3"),
        ("order=category_id&direction=desc".to_owned(), "a3 a2 a1 a0 b1 b0"),
        ("order=status&direction=desc".to_owned(), "a1 b1 b0 a3 a2 a0"),
        ("order=id&limit=2".to_owned(), "a0 a1"),
        ("order=id&limit=2&offset=5".to_owned(), "b1"),
        ("order=id&offset=6".to_owned(), ""),
        ("order=id&limit=100000".to_owned(), "a0 a1 a2 a3 b0 b1"),
        ("globally_visible=true&order=id&limit=1".to_owned(), "a0"),
        ("tags=nothing".to_owned(), ""),
    ] {
        let answer = client.get(&format!("/v1/entries?{query}")).await;
        assert_eq!(super::support::titles_in(&answer["entries"]).join(" "), titles, "{query}");
        let ids = client.get(&format!("/v1/entries/ids?{query}")).await;
        let of_entries: Vec<&Value> = answer["entries"].as_array().expect("a list").iter().map(|e| &e["id"]).collect();
        assert_eq!(ids["entry_ids"], json!(of_entries), "the same ids: {query}");
        assert_eq!(ids["total"], answer["total"], "{query}");
        let whole = client.get(&format!("/v1/entries?{query}&limit=1000&offset=0")).await;
        let count = whole["entries"].as_array().map(Vec::len);
        assert_eq!(answer["total"].as_u64(), count.map(|n| n as u64), "the total knows no part: {query}");
    }
    for (path, titles) in [
        (format!("/v1/feeds/{}/entries?order=id", f.dye), "b0 b1"),
        (format!("/v1/feeds/{}/entries?status=read", f.loom), "a1"),
        (format!("/v1/categories/{weaving}/entries?order=published_at&direction=desc"), "a3 a2 a1 a0"),
        ("/v1/categories/1/entries?order=id&limit=1".to_owned(), "b0"),
    ] {
        assert_eq!(client.titles(&path).await.join(" "), titles, "{path}");
    }
    client.app.finish().await;
}

#[tokio::test]
async fn invalid_parameters_are_refused() {
    let client = ClientApp::start().await;
    fill(&client.app).await;
    for query in [
        "status=gone",
        "starred=maybe",
        "limit=x",
        "offset=-1",
        "offset=x",
        "order=size",
        "direction=up",
        "before=yesterday",
        "changed_after=1.5",
        "feed_id=x",
        "category_id=x",
        "after_entry_id=x",
    ] {
        for path in ["/v1/entries", "/v1/entries/ids"] {
            let answer = client.send(Method::GET, &format!("{path}?{query}"), Value::Null).await;
            assert_eq!(answer.status, 400, "{path}?{query}: {}", answer.body);
            let name = query.split('=').next().expect("a name");
            let message = answer.json()["error_message"].as_str().expect("a message").to_owned();
            assert!(message.contains(name), "{query}: {message}");
        }
    }
    client.app.finish().await;
}

#[tokio::test]
async fn blocked_articles_are_in_no_list() {
    let client = ClientApp::start().await;
    let f = fill(&client.app).await;
    let b0 = f.articles[4];
    super::support::execute(
        &client.app,
        &format!("UPDATE articles SET state = 'blocked', next_step = NULL WHERE id = {b0}"),
    )
    .await;
    assert_eq!(client.titles("/v1/entries?order=id").await, ["a0", "a1", "a2", "a3", "b1"]);
    assert_eq!(client.titles("/v1/entries?starred=true").await, ["a2"]);
    assert_eq!(client.send(Method::GET, &format!("/v1/entries/{b0}"), Value::Null).await.status, 404);
    assert_eq!(client.get("/v1/feeds/counters").await["unreads"][f.dye.to_string()], 1);
    let fever = client.fever(&format!("unread_item_ids&saved_item_ids&items&with_ids={b0}")).await;
    assert!(!fever["unread_item_ids"].as_str().expect("ids").split(',').any(|id| id == b0.to_string()), "{fever}");
    assert_eq!((&fever["items"], &fever["total_items"]), (&json!([]), &json!(5)));
    client.app.finish().await;
}
