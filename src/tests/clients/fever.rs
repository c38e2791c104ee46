//! The Fever API: keys, lists, pages, marks.

use super::support::{ClientApp, fill, titles_in};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn the_key_is_taken_from_bodies_only_in_either_case_and_kind() {
    let client = ClientApp::start().await;
    let (app, key) = (&client.app, client.fever_key());
    let form = |value: &str| ("application/x-www-form-urlencoded", format!("api_key={value}"));
    let parts = |value: &str| {
        let body = format!("--XbX\r\nContent-Disposition: form-data; name=\"api_key\"\r\n\r\n{value}\r\n--XbX--\r\n");
        ("multipart/form-data; boundary=XbX", body)
    };
    for (path, (kind, body), auth) in [
        ("/fever/?api", form(&key), 1),
        ("/fever?api", form(&key), 1),
        ("/api/fever.php?api", form(&key), 1),
        ("/fever/?api=&refresh", form(&key), 1),
        ("/fever/", form(&key.to_uppercase()), 1),
        ("/fever/?api", parts(&key), 1),
        ("/fever/?api", ("", format!("api_key={key}")), 1),
        ("/fever/?api", form("0"), 0),
        ("/fever/?api", form(&client.secrets.password), 0),
        ("/fever/?api", parts("0"), 0),
        ("/fever/?api", ("application/json", format!("{{\"api_key\":\"{key}\"}}")), 0),
        ("/fever/?api", form(""), 0),
    ] {
        let request = app.request(Method::POST, path).body(body.clone());
        let answer = app.send(if kind.is_empty() { request } else { request.header("content-type", kind) }).await;
        assert_eq!(answer.status, 200, "{path} {body}");
        let answer = answer.json();
        assert_eq!((&answer["api_version"], &answer["auth"]), (&json!(3), &json!(auth)), "{path} {kind} {body}");
        assert_eq!(answer["last_refreshed_on_time"].is_i64(), auth == 1, "{answer}");
        assert_eq!(answer.as_object().map(serde_json::Map::len), Some(if auth == 1 { 3 } else { 2 }), "{answer}");
    }
    let in_address = app.get(&format!("/fever/?api&api_key={key}")).await.json();
    assert_eq!(in_address, json!({ "api_version": 3, "auth": 0 }), "an address is written into logs");
    assert_eq!(app.send(app.request(Method::HEAD, "/fever/")).await.status, 200);
    client.app.finish().await;
}

#[tokio::test]
async fn combined_requests_get_combined_answers() {
    let client = ClientApp::start().await;
    let f = fill(&client.app).await;
    let all = client.fever("groups&feeds&favicons&items&unread_item_ids&saved_item_ids&links&nonsense").await;
    assert_eq!(all["groups"], json!([{ "id": f.folder, "title": "Weaving" }]));
    assert_eq!(all["feeds_groups"], json!([{ "group_id": f.folder, "feed_ids": f.loom.to_string() }]));
    let feeds = all["feeds"].as_array().expect("a list");
    let loom = feeds.iter().find(|feed| feed["id"] == json!(f.loom)).expect("there");
    for (key, value) in [
        ("favicon_id", json!(0)),
        ("title", json!("The Loom")),
        ("url", json!("https://loom.example/feed")),
        ("site_url", json!("")),
        ("is_spark", json!(0)),
    ] {
        assert_eq!(loom[key], value, "{key}");
    }
    assert!(feeds.len() == 2 && loom["last_updated_on_time"].is_i64());
    assert_eq!((&all["favicons"], &all["links"], &all["total_items"]), (&json!([]), &json!([]), &json!(6)));
    let [a0, a1, a2, a3, b0, b1] = f.articles;
    assert_eq!(all["unread_item_ids"], format!("{a0},{a2},{a3},{b0},{b1}"));
    assert_eq!(all["saved_item_ids"], format!("{a2},{b0}"));
    let item = &all["items"][1];
    for (key, value) in [
        ("id", json!(a1)),
        ("feed_id", json!(f.loom)),
        ("title", json!("a1")),
        ("author", json!("Abe")),
        ("html", json!("<p>A loom & a weaver.</p>")),
        ("url", json!("https://loom.example/a1")),
        ("is_saved", json!(0)),
        ("is_read", json!(1)),
        ("created_on_time", json!(super::support::A1_PUBLISHED)),
    ] {
        assert_eq!(item[key], value, "{key}");
    }
    assert_eq!(all["items"][2]["author"], "", "never null");
    client.app.finish().await;
}

#[tokio::test]
async fn items_are_found_by_ids_and_from_either_end() {
    let client = ClientApp::start().await;
    let f = fill(&client.app).await;
    let [a0, a1, a2, _, _, b1] = f.articles;
    for (parameters, titles) in [
        ("items".to_owned(), "a0 a1 a2 a3 b0 b1"),
        ("items&since_id=0".to_owned(), "a0 a1 a2 a3 b0 b1"),
        (format!("items&since_id={a2}"), "a3 b0 b1"),
        (format!("items&since_id={b1}"), ""),
        ("items&max_id=9007199254740991".to_owned(), "b1 b0 a3 a2 a1 a0"),
        ("items&max_id=0".to_owned(), "b1 b0 a3 a2 a1 a0"),
        (format!("items&max_id={a2}"), "a1 a0"),
        (format!("items&max_id={a0}"), ""),
        (format!("items&with_ids={b1},{a1},x,999"), "a1 b1"),
        ("items&with_ids=".to_owned(), ""),
    ] {
        assert_eq!(titles_in(&client.fever(&parameters).await["items"]).join(" "), titles, "{parameters}");
    }
    client.app.finish().await;
}

#[tokio::test]
async fn marks_are_set_never_toggled() {
    let client = ClientApp::start().await;
    let f = fill(&client.app).await;
    let [a0, _, a2, a3, b0, b1] = f.articles;
    let ids = |ids: &[gleaner::domain::ids::ArticleId]| {
        Value::String(ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(","))
    };
    for (mark, list, left) in [
        (format!("mark=item&as=read&id={a0}"), "unread_item_ids", vec![a2, a3, b0, b1]),
        (format!("mark=item&as=read&id={a0}"), "unread_item_ids", vec![a2, a3, b0, b1]),
        (format!("mark=item&as=unread&id={a0}"), "unread_item_ids", vec![a0, a2, a3, b0, b1]),
        (format!("mark=item&as=saved&id={b1}"), "saved_item_ids", vec![a2, b0, b1]),
        (format!("mark=item&as=saved&id={b1}"), "saved_item_ids", vec![a2, b0, b1]),
        (format!("mark=item&as=unsaved&id={a2}"), "saved_item_ids", vec![b0, b1]),
        (format!("mark=item&as=unsaved&id={a2}"), "saved_item_ids", vec![b0, b1]),
    ] {
        let answer = client.fever(&mark).await;
        assert_eq!(answer[list], ids(&left), "{mark}");
        assert_eq!(client.fever(list).await[list], ids(&left), "{mark}");
    }
    for mark in [
        "mark=item&as=read&id=x".to_owned(),
        "mark=item&as=eaten&id=1".to_owned(),
        "mark=item&id=1".to_owned(),
        "mark=item&as=read&id=999".to_owned(),
    ] {
        assert_eq!(
            client.fever(&format!("{mark}&unread_item_ids")).await["unread_item_ids"],
            ids(&[a0, a2, a3, b0, b1])
        );
    }
    client.app.finish().await;
}

#[tokio::test]
async fn feeds_and_groups_are_marked_up_to_a_time() {
    let client = ClientApp::start().await;
    let f = fill(&client.app).await;
    let (arrived, folder) = (super::support::B_ARRIVED, f.folder);
    let unread = async |parameters: &str| {
        let answer = client.fever(&format!("{parameters}&unread_item_ids")).await;
        answer["unread_item_ids"].as_str().expect("ids").split(',').filter(|id| !id.is_empty()).count()
    };
    for (parameters, left) in [
        (format!("mark=feed&as=read&id={}&before={}", f.loom, arrived - 30), 5),
        (format!("mark=feed&as=read&id={}", f.loom), 5),
        (format!("mark=feed&as=read&id={}&before=0", f.loom), 5),
        (format!("mark=group&as=read&id=-1&before={arrived}"), 5),
        (format!("mark=group&as=read&id=999&before={arrived}"), 5),
        (format!("mark=group&as=unread&id={folder}&before={arrived}"), 5),
        (format!("mark=group&as=read&id={folder}&before={}", arrived - 10), 2),
        (format!("mark=group&as=read&id=0&before={}", arrived - 10), 2),
        (format!("mark=feed&as=read&id={}&before={}", f.dye, arrived + 1), 0),
    ] {
        assert_eq!(unread(&parameters).await, left, "{parameters}");
    }
    client.put("/v1/entries", json!({ "entry_ids": f.articles, "status": "unread" })).await;
    assert_eq!(unread(&format!("mark=group&as=read&id=0&before={}", arrived + 1)).await, 0);
    assert_eq!(client.fever("unread_item_ids").await["unread_item_ids"], "", "empty, without a comma");
    client.app.finish().await;
}
