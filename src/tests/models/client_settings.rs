//! Settings of Ollama in requests: credentials and `keep_alive`.

use super::ollama_client::{chat_request, client, ollama_config};
use crate::support::simulator::{Endpoint, Simulator};
use gleaner::server::{
    clock::Clock,
    config::{OllamaConfig, Secret},
    models::ollama::{client::OllamaClient, wire::KeepAlive},
};

#[tokio::test]
async fn a_user_name_and_a_password_are_sent_unless_there_is_a_token() {
    let sim = Simulator::start().await.expect("a simulator");
    let basic_auth = Some(Secret("anna:s3cret".into()));
    for (bearer_token, sent) in [(None, "Basic YW5uYTpzM2NyZXQ="), (Some(Secret("token".into())), "Bearer token")] {
        let config = OllamaConfig { basic_auth: basic_auth.clone(), bearer_token, ..ollama_config(&sim.url) };
        let ollama = OllamaClient::new(&config, Clock::System);
        ollama.version().await.expect("a version");
        let asked = sim.requests_of(Endpoint::Version).pop().expect("a request");
        assert_eq!(asked.headers["authorization"].to_str().expect("text"), sent);
        assert!(!format!("{ollama:?} {config:?}").contains("s3cret"));
    }
}

#[tokio::test]
async fn a_load_with_a_keep_alive_of_0_is_no_unload() {
    let sim = Simulator::start().await.expect("a simulator");
    let ollama = client(&sim.url);
    let options = chat_request("x").options;
    ollama.load(&"qwen3:8b".into(), options, KeepAlive::UNLOAD_NOW).await.expect("loaded");
    assert_eq!((sim.loaded(), sim.loads()), (vec!["qwen3:8b".to_owned()], 1));
    ollama.unload(&"qwen3:8b".into()).await.expect("unloaded");
    assert!(sim.loaded().is_empty());
}
