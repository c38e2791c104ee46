//! Several model servers, of both kinds, beside and instead of the Ollama of the settings.

use crate::support::{
    articles::{article_records, store_plain_articles},
    openai_simulator::{Engine, OpenAiSimulator, RawReply, SERVED_MODEL},
    simulated_model::{app_with, valid_answer},
    simulator::{Endpoint, ScriptedReply, Simulator},
    test_app::TestApp,
};
use gleaner::{
    domain::{ids::ServerId, model_server::MAIN_SERVER},
    server::{
        services::servers::{self, ServerForm},
        worker::scorer,
    },
};
use sqlx::AssertSqlSafe;
use std::time::Duration;

fn server_form(name: &str, kind: &str, address: &str) -> ServerForm {
    ServerForm {
        name: name.to_owned(),
        kind: kind.to_owned(),
        address: address.to_owned(),
        slots: "2".to_owned(),
        categorizes: true,
        scores: true,
        ..ServerForm::default()
    }
}

async fn add_server(app: &TestApp, form: ServerForm) -> ServerId {
    servers::add(&app.app, form).await.expect("added").settings.id
}

/// Leaves the work to the other servers.
async fn disable_main_server(app: &TestApp) {
    let form = ServerForm { name: "Ollama".to_owned(), ..ServerForm::default() };
    servers::update(&app.app, MAIN_SERVER, form).await.expect("changed");
}

async fn assert_all_scored(app: &TestApp, what: &str) {
    let records = article_records(&app.app).await;
    let is_done = |state: &str, attempts: i64, leased: bool| state == "scored" && attempts == 0 && !leased;
    assert!(records.iter().all(|record| is_done(&record.state, record.attempts, record.leased)), "{what}: {records:?}");
}

/// How many runs name each server; "" for the Ollama of the settings.
async fn count_runs(app: &TestApp, server: &str) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM model_runs WHERE coalesce(server, '') = ?")
        .bind(server)
        .fetch_one(&app.app.db.read)
        .await
        .expect("a count")
}

#[tokio::test]
async fn every_engine_scores_without_an_ollama() {
    for (name, engine) in [
        ("vLLM", Engine::vllm()),
        ("old vLLM", Engine::old_vllm()),
        ("llama.cpp", Engine::llama_cpp()),
        ("LM Studio", Engine::lm_studio()),
        ("only json_object", Engine::json_object_only()),
        ("plain", Engine::plain_only()),
    ] {
        let sim = OpenAiSimulator::start(engine).await;
        let app = TestApp::start().await;
        let id = store_plain_articles(&app.app, 3).await[0];
        add_server(&app, server_form(name, "openai", &sim.url)).await;
        disable_main_server(&app).await;
        scorer::drain(&app.app).await;
        assert_all_scored(&app, name).await;
        assert_eq!((count_runs(&app, name).await, sim.chats().len()), (6, 6), "{name}");
        let article = app.get(&format!("/api/articles/{id}")).await.json();
        assert_eq!((&article["runs"][1]["server"], &article["runs"][1]["model"]), (&name.into(), &SERVED_MODEL.into()));
    }
}

#[tokio::test]
async fn two_servers_of_two_kinds_share_the_queue_and_one_that_dies_loses_nothing() {
    let ollama = Simulator::start().await.expect("a simulator");
    ollama.answer_with(valid_answer);
    let sim = OpenAiSimulator::start(Engine { delay: Duration::from_millis(5), ..Engine::vllm() }).await;
    let app = app_with(&ollama).await;
    store_plain_articles(&app.app, 40).await;
    add_server(&app, server_form("GPU", "openai", &sim.url)).await;
    let kill = async {
        while sim.chats().len() < 6 {
            tokio::task::yield_now().await;
        }
        sim.shut_down().await;
    };
    tokio::join!(scorer::drain(&app.app), kill);
    assert_all_scored(&app, "after the death of one").await;
    let (main, other) = (count_runs(&app, "").await, count_runs(&app, "GPU").await);
    assert!(main > 0 && other > 0 && main + other == 80, "{main} {other}");
    let status = servers::list(&app.app).await.expect("listed").remove(1);
    assert!(status.failures > 0 && status.problem.is_some_and(|problem| problem.contains("GPU")));
}

/// Waiting is no failure: what a full server was asked goes to the others, and no attempt is counted.
#[tokio::test]
async fn a_busy_server_costs_no_attempt() {
    let ollama = Simulator::start().await.expect("a simulator");
    ollama.answer_with(valid_answer);
    for reply in [
        RawReply { retry_after: Some("9"), ..RawReply::new(429, "{}") },
        RawReply::new(503, r#"{"error":{"code":503,"message":"Loading model"}}"#),
        RawReply::new(404, r#"{"object":"error","message":"The model `x` does not exist."}"#),
    ] {
        let sim = OpenAiSimulator::start(Engine::vllm()).await;
        sim.always(reply);
        let app = app_with(&ollama).await;
        store_plain_articles(&app.app, 5).await;
        add_server(&app, server_form("GPU", "openai", &sim.url)).await;
        scorer::drain(&app.app).await;
        assert_all_scored(&app, "by the other").await;
        assert_eq!(count_runs(&app, "GPU").await, 0);
    }
}

#[tokio::test]
async fn a_server_does_its_tasks_only() {
    let ollama = Simulator::start().await.expect("a simulator");
    ollama.answer_with(valid_answer);
    let sim = OpenAiSimulator::start(Engine::llama_cpp()).await;
    let app = app_with(&ollama).await;
    store_plain_articles(&app.app, 4).await;
    add_server(&app, ServerForm { categorizes: false, ..server_form("GPU", "openai", &sim.url) }).await;
    let form = ServerForm { name: "Attic".to_owned(), categorizes: true, ..ServerForm::default() };
    servers::update(&app.app, MAIN_SERVER, form).await.expect("changed");
    scorer::drain(&app.app).await;
    assert_all_scored(&app, "each with its task").await;
    let steps: Vec<(String, Option<String>)> =
        sqlx::query_as("SELECT DISTINCT step, server FROM model_runs ORDER BY step")
            .fetch_all(&app.app.db.read)
            .await
            .expect("runs");
    assert_eq!(steps, [("categorize".to_owned(), None), ("score".to_owned(), Some("GPU".to_owned()))]);
}

/// `0.0.0.0` is no private address, and a connection to it reaches this machine: what leaked would be seen.
#[tokio::test]
async fn no_text_leaves_private_networks_without_consent() {
    let ollama = Simulator::start().await.expect("a simulator");
    for main_reply in
        [None, Some(ScriptedReply::Status(500, "broken".into())), Some(ScriptedReply::Status(503, "full".into()))]
    {
        let sim = OpenAiSimulator::start(Engine::vllm()).await;
        let public = sim.url.replace("127.0.0.1", "0.0.0.0");
        let app = app_with(&ollama).await;
        ollama.answer_with(valid_answer);
        ollama.always(Endpoint::Chat, main_reply.clone());
        store_plain_articles(&app.app, 3).await;
        let form = server_form("Cloud", "openai", &public);
        let refused = servers::add(&app.app, form.clone()).await.expect_err("no consent");
        assert_eq!(refused.field.as_deref(), Some("consent"));
        let id = add_server(&app, ServerForm { consent: true, ..form }).await;
        let mut tx = app.app.db.write().await.expect("a transaction");
        let withdrawal = format!("UPDATE servers SET consented_at = NULL WHERE id = {}", id.0);
        sqlx::raw_sql(AssertSqlSafe(withdrawal)).execute(&mut *tx).await.expect("withdrawn");
        tx.commit().await.expect("committed");
        servers::refresh(&app.app).await.expect("refreshed");
        scorer::drain(&app.app).await;
        scorer::drain(&app.app).await;
        assert_eq!(sim.chats().len(), 0, "{main_reply:?}");
        let leaked = sim.requests().iter().any(|request| request.body.to_string().contains("loom"));
        assert!(!leaked, "{main_reply:?}");
        let status = servers::list(&app.app).await.expect("listed").remove(1);
        assert!(!status.is_private && status.problem.is_some_and(|problem| problem.contains("agreed")));
        // With consent it does get them, so this test would see a leak.
        let form = ServerForm { consent: true, ..server_form("Cloud", "openai", &public) };
        servers::update(&app.app, id, form).await.expect("agreed");
        store_plain_articles(&app.app, 6).await;
        scorer::drain(&app.app).await;
        assert!(sim.chats().iter().any(|chat| chat.body.to_string().contains("loom")), "{main_reply:?}");
    }
}

/// The address of a server changed: the consent and the token were for the one before.
#[tokio::test]
async fn another_address_needs_consent_and_token_of_its_own() {
    let app = TestApp::start().await;
    let form = ServerForm {
        token: Some("s3cret".to_owned()),
        consent: true,
        ..server_form("Cloud", "openai", "http://192.0.2.1:9/")
    };
    let id = add_server(&app, form.clone()).await;
    let moved = ServerForm { address: "http://192.0.2.2:9/".to_owned(), token: None, consent: false, ..form.clone() };
    let refused = servers::update(&app.app, id, moved.clone()).await.expect_err("no consent");
    assert_eq!(refused.field.as_deref(), Some("consent"));
    let kept = servers::update(&app.app, id, ServerForm { token: None, ..form }).await.expect("the same address");
    assert!(kept.settings.has_token && kept.settings.has_consent);
    let changed = servers::update(&app.app, id, ServerForm { consent: true, ..moved }).await.expect("changed");
    assert!(!changed.settings.has_token);
}
