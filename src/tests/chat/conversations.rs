//! Conversations on pages without a script, over the API, and across restarts.
#![expect(clippy::disallowed_methods, reason = "what no service would do to the database")]

use crate::support::simulator::{Endpoint, RequestOutcome, ScriptedReply, Simulator};
use crate::support::{
    articles::{new_article, store_articles},
    simulated_model::app_with,
    test_app::{TestApp, TestResponse},
};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

const WAIT_TIMEOUT: Duration = Duration::from_secs(20);

async fn simulator_and_app() -> (Simulator, TestApp) {
    let sim = Simulator::start().await.expect("a simulator");
    let test = app_with(&sim).await;
    (sim, test)
}

/// Asks with the form of the page; the address that it leads to, without its fragment.
async fn submit_question(test: &TestApp, fields: &[(&str, &str)]) -> String {
    let answer = test.post_form("/fn/chat/ask", fields).await;
    assert_eq!(answer.status.as_u16(), 302, "{}", answer.body);
    let location = answer.header("location").to_owned();
    assert!(location.ends_with("#end"), "{location}");
    location.trim_end_matches("#end").to_owned()
}

/// The moments of the answer on its way, to its end.
async fn answer_events(test: &TestApp, id: i64) -> Vec<Value> {
    let answer = tokio::time::timeout(WAIT_TIMEOUT, test.get(&format!("/api/conversations/{id}/answer")))
        .await
        .expect("it ends");
    assert_eq!(answer.header("content-type"), "text/event-stream");
    crate::support::pulls::sse_data(&answer)
}

async fn get_conversation(test: &TestApp, id: i64) -> Value {
    test.get(&format!("/api/conversations/{id}")).await.json()
}

fn last_message(conversation: &Value) -> &Value {
    conversation["messages"].as_array().and_then(|all| all.last()).expect("a message")
}

/// Waits until the model has begun to answer so that the first words are on the page.
async fn wait_for_page_text(test: &TestApp, page: &str, words: &str) -> TestResponse {
    let look = async {
        loop {
            let answer = test.get(page).await;
            if answer.body.contains(words) {
                return answer;
            }
        }
    };
    tokio::time::timeout(WAIT_TIMEOUT, look).await.expect("it begins")
}

async fn wait_until_disconnected(sim: &Simulator) {
    let left = sim.wait_until(|all| all.iter().any(|r| r.path == "/api/chat" && r.outcome == RequestOutcome::Left));
    tokio::time::timeout(WAIT_TIMEOUT, left).await.expect("the connection to Ollama is closed");
}

#[tokio::test]
async fn a_conversation_without_a_script() {
    let (sim, test) = simulator_and_app().await;
    let empty = test.get("/chat").await;
    assert!(empty.body.contains("name=\"message\"") && !empty.body.contains("Earlier conversations"), "{}", empty.body);
    sim.script(Endpoint::Chat, ScriptedReply::Stall(2));
    let page = submit_question(&test, &[("message", "Why do looms <b>hum</b>?"), ("model", "")]).await;
    assert_eq!(page, "/chat/1");
    // The page is served although the model sends nothing more, and reloads itself.
    let waiting = wait_for_page_text(&test, &page, "You ").await;
    assert_eq!(waiting.status.as_u16(), 200);
    for part in
        ["Why do looms &lt;b&gt;hum&lt;/b&gt;?", "http-equiv=\"refresh\"", ">Stop<", "role=\"log\"", "data-writing"]
    {
        assert!(waiting.body.contains(part), "{part}: {}", waiting.body);
    }
    assert!(!waiting.body.contains("name=\"message\""), "one question at a time");
    let again = test.post_form("/fn/chat/ask", &[("message", "and?"), ("conversation", "1")]).await;
    assert!(again.header("location").contains("outcome="), "{}", again.header("location"));

    let stopped = test.post_form("/fn/chat/stop", &[("conversation", "1")]).await;
    assert_eq!(stopped.header("location"), "/chat/1#end");
    wait_until_disconnected(&sim).await;
    let page = test.get("/chat/1").await.body;
    assert!(page.contains("You stopped this answer.") && page.contains("You wrot"), "what came is kept: {page}");
    assert!(!page.contains("http-equiv=\"refresh\"") && page.contains("Regenerate"), "{page}");

    let again = test.post_form("/fn/chat/again", &[("conversation", "1")]).await;
    assert_eq!(again.header("location"), "/chat/1#end");
    answer_events(&test, 1).await;
    let page = test.get("/chat/1").await.body;
    assert!(page.contains("<strong>simulated model</strong>") && page.contains("<ul>"), "Markdown: {page}");
    assert!(!page.contains("You stopped") && !page.contains("Regenerate"), "{page}");
    let list = test.get("/chat").await.body;
    assert!(list.contains("Earlier conversations") && list.contains("href=\"/chat/1\""), "{list}");

    let sure = test.get("/chat/1/delete").await.body;
    assert!(sure.contains("Delete this conversation?") && sure.contains("2 messages"), "{sure}");
    let gone = test.post_form("/fn/chat/delete", &[("conversation", "1")]).await;
    assert_eq!(gone.header("location"), "/chat?done=chat-deleted");
    assert_eq!(test.get("/chat/1").await.status.as_u16(), 404);
    assert_eq!(test.get("/chat/x").await.status.as_u16(), 404);
    test.finish().await;
}

#[tokio::test]
async fn an_answer_continues_without_readers_and_many_can_follow_it() {
    let (sim, test) = simulator_and_app().await;
    sim.script(Endpoint::Chat, ScriptedReply::Stall(1));
    submit_question(&test, &[("message", "hi")]).await;
    wait_for_page_text(&test, "/chat/1", "Hell").await;
    let open = || test.request(Method::GET, "/api/conversations/1/answer").send();
    let (mut first, second) = (open().await.expect("a stream"), open().await.expect("a stream"));
    let told = first.chunk().await.expect("readable").expect("a moment");
    assert!(String::from_utf8_lossy(&told).contains("\"html\":\"<p>Hell</p>\\n\""), "{told:?}");
    drop(first);
    assert_eq!(last_message(&get_conversation(&test, 1).await)["state"], "writing", "leaving changes nothing");
    let nothing = json!({});
    let (stopped, rest) = tokio::join!(test.post("/api/conversations/1/stop", &nothing), second.text());
    assert_eq!(last_message(&stopped.json())["state"], "stopped");
    let rest = rest.expect("readable");
    assert!(rest.trim_end().ends_with("}") && rest.contains("\"ended\":true"), "{rest}");
    assert_eq!(sim.requests_of(Endpoint::Chat).len(), 1);
    let late = answer_events(&test, 1).await;
    assert_eq!((late.len(), &late[0]["ended"]), (1, &json!(true)), "a late reader gets the end");
    test.finish().await;
}

#[tokio::test]
async fn answers_cut_off_by_a_restart_are_marked_and_can_be_regenerated() {
    let (sim, test) = simulator_and_app().await;
    sim.script(Endpoint::Chat, ScriptedReply::Stall(2));
    submit_question(&test, &[("message", "hi")]).await;
    wait_for_page_text(&test, "/chat/1", "Hell").await;
    let data = test.finish().await;
    wait_until_disconnected(&sim).await;

    let host = sim.url.parse::<reqwest::Url>().expect("a URL");
    let test = TestApp::on(data, |config| config.ollama.host = host).await;
    let shown = get_conversation(&test, 1).await;
    assert_eq!(
        (&last_message(&shown)["state"], &last_message(&shown)["content"]),
        (&json!("interrupted"), &json!("Hello! I"))
    );
    assert!(test.get("/chat/1").await.body.contains("Interrupted: Gleaner was stopped"));

    // A process that was killed leaves the row as it was.
    let mut db = test.app.db.write().await.expect("a transaction");
    sqlx::query("UPDATE conversation_messages SET state = 'writing' WHERE role = 'assistant'")
        .execute(&mut *db)
        .await
        .expect("set");
    db.commit().await.expect("committed");
    assert_eq!(last_message(&get_conversation(&test, 1).await)["state"], "interrupted");
    let again = test.post("/api/conversations/1/again", &json!({})).await;
    assert_eq!(again.status.as_u16(), 202, "{}", again.body);
    answer_events(&test, 1).await;
    let shown = get_conversation(&test, 1).await;
    assert_eq!(
        (&last_message(&shown)["state"], shown["messages"].as_array().map(Vec::len)),
        (&json!("whole"), Some(2))
    );

    let mut db = test.app.db.write().await.expect("a transaction");
    sqlx::query("UPDATE conversation_messages SET state = 'writing' WHERE role = 'assistant'")
        .execute(&mut *db)
        .await
        .expect("set");
    db.commit().await.expect("committed");
    submit_question(&test, &[("message", "Go on"), ("conversation", "1")]).await;
    answer_events(&test, 1).await;
    let states = get_conversation(&test, 1).await;
    let states: Vec<&Value> = states["messages"].as_array().expect("messages").iter().map(|m| &m["state"]).collect();
    assert_eq!(states, ["whole", "interrupted", "whole", "whole"]);
    test.finish().await;
}

#[tokio::test]
async fn failures_are_shown_in_the_conversation_with_a_hint() {
    let down = TestApp::start().await;
    submit_question(&down, &[("message", "hi")]).await;
    answer_events(&down, 1).await;
    let shown = get_conversation(&down, 1).await;
    let answer = last_message(&shown);
    assert_eq!((&answer["state"], &answer["error"]["kind"]), (&json!("failed"), &json!("unavailable")));
    let page = down.get("/chat/1").await.body;
    assert!(
        page.contains("refuses the connection") && page.contains("Start Ollama there") && page.contains("Regenerate"),
        "{page}"
    );
    down.finish().await;

    let (sim, test) = simulator_and_app().await;
    sim.script(
        Endpoint::Chat,
        ScriptedReply::Fail(2, "an error was encountered while running the model: unexpected EOF".into()),
    );
    submit_question(&test, &[("message", "hi")]).await;
    answer_events(&test, 1).await;
    let shown = get_conversation(&test, 1).await;
    assert_eq!(
        (&last_message(&shown)["state"], &last_message(&shown)["content"]),
        (&json!("failed"), &json!("Hello! I")),
        "what came is kept"
    );
    test.finish().await;
}

#[tokio::test]
async fn an_article_is_discussed() {
    let (sim, test) = simulator_and_app().await;
    let id = store_articles(&test.app, &[new_article("A new <loom>", "<p>It weaves twice as fast.</p>")]).await[0]
        .0
        .to_string();
    let reader = test.get(&format!("/articles/{id}")).await.body;
    assert!(reader.contains(&format!("href=\"/chat?article={id}\"")) && reader.contains("Chat about this article"));
    let form = test.get(&format!("/chat?article={id}")).await.body;
    assert!(
        form.contains(&format!("name=\"article\" value=\"{id}\"")) && form.contains("A new &lt;loom&gt;"),
        "{form}"
    );
    assert_eq!(test.get("/chat?article=999").await.status.as_u16(), 404);

    let page = submit_question(&test, &[("message", "Sum it up"), ("article", &id)]).await;
    answer_events(&test, 1).await;
    submit_question(&test, &[("message", "Who wrote it?"), ("conversation", "1")]).await;
    answer_events(&test, 1).await;
    let asked = sim.requests_of(Endpoint::Chat);
    let (first, second) = (&asked[0].body["messages"], &asked[1].body["messages"]);
    assert_eq!((&first[0], &first[1]), (&second[0], &second[1]), "the beginning stays the same, for the cache");
    assert!(first[1]["content"].as_str().is_some_and(|text| text.contains("It weaves twice as fast.")));
    assert_eq!((&second[2]["role"], &second[3]["content"]), (&json!("assistant"), &json!("Who wrote it?")));
    let shown = get_conversation(&test, 1).await;
    assert_eq!(shown["article_id"].to_string(), id);
    assert!(last_message(&shown)["content"].as_str().is_some_and(|text| text.contains("*The Loom*")), "{shown}");

    let mut db = test.app.db.write().await.expect("a transaction");
    sqlx::query("DELETE FROM articles").execute(&mut *db).await.expect("removed");
    db.commit().await.expect("committed");
    assert!(test.get(&page).await.body.contains("was removed"));
    submit_question(&test, &[("message", "And now?"), ("conversation", "1")]).await;
    answer_events(&test, 1).await;
    let rules = sim.requests_of(Endpoint::Chat)[2].body["messages"][0]["content"].to_string();
    assert!(!rules.contains("about an article"), "{rules}");
    test.finish().await;
}

#[tokio::test]
async fn hostile_answers_are_harmless_on_the_page() {
    let (sim, test) = simulator_and_app().await;
    let answer = "<script>alert(1)</script>\n\n[x](javascript:alert(1)) ![p](https://evil.example/?q=1)\n\n</div></main><img src=x onerror=alert(1)>\n\n\
                  <form action=/fn/chat/delete><button>ok</button></form>\n\n# </title><svg onload=alert(1)>";
    sim.script(Endpoint::Chat, ScriptedReply::Text(answer.into()));
    submit_question(&test, &[("message", "</textarea><script>alert(2)</script>")]).await;
    let moments = answer_events(&test, 1).await;
    let page = test.get("/chat/1").await.body;
    let streamed = moments.iter().filter_map(|m| m["html"].as_str()).collect::<String>();
    for html in [&page, &streamed] {
        for bad in [
            "<script>alert",
            "href=\"javascript",
            "src=\"https://evil",
            "<img src=x",
            "<svg onload",
            "<form action=/fn/chat",
        ] {
            assert!(!html.contains(bad), "{bad}: {html}");
        }
    }
    assert!(
        page.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && page.contains("rel=\"noopener noreferrer nofollow\"")
    );
    assert!(page.contains("<title>&lt;/textarea>&lt;script>alert(2)"), "the title is the first words, as text");
    test.finish().await;
}

#[tokio::test]
async fn a_refused_question_stays_in_its_field() {
    let (sim, test) = simulator_and_app().await;
    let refused = test.post_form("/fn/chat/ask", &[("message", "Why?"), ("model", "a b")]).await;
    let location = refused.header("location").to_owned();
    assert!(location.starts_with("/chat?outcome=") && location.ends_with("#form-error"), "{location}");
    let page = test.get(&location).await.body;
    assert!(
        page.contains(">\nWhy?</textarea>")
            && page.contains("role=\"alert\"")
            && page.contains("<p>The model cannot contain"),
        "{page}"
    );
    assert!(page.contains("aria-invalid=\"true\" aria-describedby=\"form-error\""), "the field says so too: {page}");
    assert!(page.contains("<option value=\"a b\" selected"), "the model it was meant for stays chosen: {page}");
    for (fields, kept) in
        [(vec![("message", "  ")], "/chat?"), (vec![("message", "x"), ("conversation", "9")], "/chat/9?")]
    {
        let refused = test.post_form("/fn/chat/ask", &fields).await;
        assert!(refused.header("location").starts_with(kept), "{}", refused.header("location"));
    }
    assert!(sim.requests_of(Endpoint::Chat).is_empty());
    assert_eq!(test.get("/api/conversations").await.json(), json!({"conversations": []}), "nothing was stored");
    test.finish().await;
}

#[tokio::test]
async fn programs_have_the_same_conversations() {
    let (sim, test) = simulator_and_app().await;
    let begun = test.post("/api/conversations", &json!({"message": "hi"})).await;
    let body = begun.json();
    assert_eq!((begun.status.as_u16(), &body["title"], &body["model"]), (201, &json!("hi"), &json!("qwen3:8b")));
    answer_events(&test, 1).await;
    let shown = get_conversation(&test, 1).await;
    let answer = last_message(&shown);
    assert_eq!((&answer["role"], &answer["state"]), (&json!("assistant"), &json!("whole")));
    assert!(answer["duration_ms"].is_i64() && answer["error"].is_null(), "{answer}");
    let more = test.post("/api/conversations/1/messages", &json!({"message": "and?"})).await;
    assert_eq!((more.status.as_u16(), more.json()["messages"].as_array().map(Vec::len)), (202, Some(4)));
    answer_events(&test, 1).await;
    test.post("/api/conversations", &json!({"message": "second"})).await;
    answer_events(&test, 2).await;
    let ids = |list: &Value| {
        list["conversations"].as_array().expect("a list").iter().map(|c| c["id"].as_i64()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&test.get("/api/conversations").await.json()), [Some(2), Some(1)]);

    for (method, path, body, status) in [
        (Method::GET, "/api/conversations/9", None, 404),
        (Method::GET, "/api/conversations/9/answer", None, 404),
        (Method::DELETE, "/api/conversations/9", None, 404),
        (Method::POST, "/api/conversations/1/stop", Some(json!({})), 409),
        (Method::POST, "/api/conversations/9/again", Some(json!({})), 404),
        (Method::POST, "/api/conversations/1/messages", Some(json!({"message": ""})), 422),
        (Method::POST, "/api/conversations/1/messages", Some(json!({"message": "x", "role": "user"})), 400),
        (Method::POST, "/api/conversations", Some(json!({"message": "x", "article_id": 9})), 404),
    ] {
        let answer = test.json(method, path, &body.unwrap_or_default()).await;
        assert_eq!(answer.status.as_u16(), status, "{path}: {}", answer.body);
    }

    sim.script(Endpoint::Chat, ScriptedReply::Stall(1));
    test.post("/api/conversations/1/messages", &json!({"message": "wait"})).await;
    let busy = test.post("/api/conversations/1/messages", &json!({"message": "more"})).await;
    assert_eq!((busy.status.as_u16(), &busy.json()["error"]["kind"]), (409, &json!("conflict")));
    sim.wait_until(|all| all.iter().filter(|r| r.path == "/api/chat").count() == 4).await;
    let gone = test.json(Method::DELETE, "/api/conversations/1", &json!({})).await;
    assert_eq!(gone.json(), json!({"status": "success"}));
    wait_until_disconnected(&sim).await;
    assert_eq!(ids(&test.get("/api/conversations").await.json()), [Some(2)]);
    test.finish().await;
}
