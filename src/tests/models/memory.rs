//! The memory of loaded models: measured after a load, shown beside the estimate, and used to correct it.

use crate::support::{
    pulls::simulator_and_app,
    simulator::{Endpoint, ScriptedReply},
    test_app::TestApp,
    transcripts::load_transcripts,
};
use gleaner::{
    domain::{
        memory_estimate::{KvCacheParams, ModelMemoryEstimate},
        memory_measurement::{MemoryMeasurement, MemoryMeasurements},
        model_name::ModelName,
    },
    server::services::models,
};
use serde_json::{Value, json};

fn recorded(name: &str) -> Value {
    let all = load_transcripts();
    let found = all.iter().find(|transcript| transcript.name == name).expect(name);
    serde_json::from_str(&found.body).expect("JSON")
}

/// The architecture of `tiny`, the one model whose details were recorded.
fn recorded_shape() -> KvCacheParams {
    let show = recorded("show");
    let figure = |name: &str| show["model_info"][format!("llama.{name}")].as_i64().expect(name);
    let head = figure("embedding_length") / figure("attention.head_count");
    KvCacheParams {
        layers: figure("block_count"),
        kv_heads: figure("attention.head_count_kv"),
        key_length: head,
        value_length: head,
        context_length: Some(figure("context_length")),
    }
}

/// Every model that was recorded in memory: the estimate that its measurement corrects is within 10 %, the one from its files may not be.
#[test]
fn corrected_estimates_agree_with_the_recorded_figures() {
    let tags = recorded("tags");
    let weights = |name: &str| {
        let models = tags["models"].as_array().expect("a list");
        models.iter().find(|model| model["name"] == name).and_then(|model| model["size"].as_i64())
    };
    let (mut seen, mut off) = (Vec::new(), 0);
    for transcript in
        ["ps-loaded", "ps-before-expiry", "ps-context-lowered", "ps-keep-alive-forever", "ps-after-delete-loaded"]
    {
        for row in recorded(transcript)["models"].as_array().expect("a list") {
            let name = row["name"].as_str().expect("a name");
            let Some(weights) = weights(name) else { continue };
            let (size, tokens) =
                (row["size"].as_i64().expect("bytes"), row["context_length"].as_i64().expect("tokens"));
            let shape = (name == "tiny:latest").then(recorded_shape);
            let model = ModelName::from(name);
            let measured = MemoryMeasurements(vec![MemoryMeasurement {
                model: model.clone(),
                digest: row["digest"].as_str().expect("a digest").into(),
                context_length: tokens,
                size,
                size_vram: row["size_vram"].as_i64(),
                weights_bytes: weights,
                kv_cache_bytes: shape.map(|shape| shape.kv_cache_bytes(tokens)),
            }]);
            assert!(measured.0[0].is_plausible(), "{row}");
            let estimate = ModelMemoryEstimate::new(&model, weights, shape, tokens, &measured);
            let error = |bytes: i64| (bytes - size).abs() * 100 / size;
            assert!(error(estimate.total_bytes) <= 10, "{name}: {} for {size}", estimate.total_bytes);
            off += usize::from(error(estimate.uncorrected_bytes()) > 10);
            seen.push(name.to_owned());
        }
    }
    assert!(
        ["tiny:latest", "small:latest", "mid:latest"].iter().all(|name| seen.iter().any(|n| n == name)),
        "{seen:?}"
    );
    assert!(off > 0, "the correction is needed");
}

/// What Ollama tells of a model in memory.
fn in_memory(size: i64, size_vram: i64, tokens: i64) -> ScriptedReply {
    let digest = gleaner::server::demo::simulator::ModelSpec::recommended("qwen3:8b").digest;
    let row = json!({
        "name": "qwen3:8b", "model": "qwen3:8b", "size": size, "digest": digest, "details": {}, "size_vram": size_vram,
        "expires_at": "2319-03-02T09:16:08.860547459Z", "context_length": tokens,
    });
    ScriptedReply::Raw {
        status: 200,
        content_type: "application/json".into(),
        body: json!({ "models": [row] }).to_string(),
        retry_after: None,
    }
}

async fn poll(test: &TestApp) {
    models::poll_now(&test.app).await;
    models::fetch_architectures(&test.app).await;
    models::record_measurements(&test.app).await.expect("recorded");
}

async fn stored(test: &TestApp) -> i64 {
    let count = sqlx::query_scalar("SELECT count(*) FROM memory_measurements");
    count.fetch_one(&test.app.db.read).await.expect("a number")
}

#[tokio::test]
async fn what_a_loaded_model_takes_is_shown_kept_and_corrects_the_estimate() {
    let (sim, test) = simulator_and_app().await;
    poll(&test).await;
    let need = |test: &TestApp, tokens| {
        let estimate = models::footprints(&test.app).estimate(&[&"qwen3:8b".into()], tokens);
        estimate.models[0].clone()
    };
    assert_eq!((need(&test, 8_192).correction, stored(&test).await), (None, 0), "nothing is loaded");

    sim.always(Endpoint::Ps, in_memory(8_000_000_000, 5_040_000_000, 8_192));
    poll(&test).await;
    poll(&test).await;
    assert_eq!(stored(&test).await, 1, "once");
    let corrected = need(&test, 8_192);
    assert!((corrected.total_bytes - 8_000_000_000).abs() < 80_000_000, "{corrected:?}");
    assert_eq!(corrected.correction.map(|known| known.measurements), Some(1));
    assert_eq!(need(&test, 32_768).correction, None, "another class of context");

    let listed = test.get("/api/models").await.json();
    let memory = &listed["models"][0]["memory"];
    assert_eq!(
        (&memory["size"], &memory["cpu_percent"], &memory["context_length"]),
        (&json!(8_000_000_000_i64), &json!(37), &json!(8_192)),
        "{listed}"
    );
    assert!(memory["estimated_bytes"].as_i64().is_some_and(|bytes| bytes < 7_000_000_000), "{memory}");
    assert_eq!(test.get("/api/ollama/models").await.json()[0]["memory"], *memory);
    let page = test.get("/settings/ollama").await.body;
    for words in [
        "It takes 8.0 GB of memory with a context of 8192 tokens.",
        "37 % of it is on the CPU: every token passes through that part too",
        "estimate corrected by 1 measurement of qwen3:8b",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }

    // Another process knows it, and so do estimates of the family: of the library and of other sizes.
    let url = sim.url.parse().expect("an address");
    let test = TestApp::on(test.finish().await, |config| config.ollama.host = url).await;
    let library = test.get("/api/ollama/library").await.json();
    let models = library["models"].as_array().expect("a list");
    let corrected_of = |name: &str| models.iter().find(|m| m["name"] == name).map(|m| m["measurements"].clone());
    assert_eq!((corrected_of("qwen3:4b"), corrected_of("gemma3:4b")), (Some(json!(1)), Some(json!(0))), "{library}");
    // The size of the file is no measurement.
    sim.always(Endpoint::Ps, in_memory(5_225_388_164, 0, 16_384));
    poll(&test).await;
    assert_eq!(stored(&test).await, 1);
    test.finish().await;
}
