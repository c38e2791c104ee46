//! Pulls through the client: every end a pull can have, and resuming.

use super::ollama_client::client;
use crate::support::simulator::{Endpoint, RequestOutcome, ScriptedReply, Simulator, SimulatorSettings};
use gleaner::server::models::pull::pull_line::PullError;

#[tokio::test]
async fn pulls_end_with_success_or_with_the_reason() {
    let sim = Simulator::start().await.expect("a simulator");
    let ollama = client(&sim.url);
    let pull = async |model: &str| {
        let mut stream = ollama.pull(&model.into()).await?;
        let mut last = String::new();
        while let Some(line) = stream.next().await? {
            last = line.status;
        }
        Ok::<_, PullError>(last)
    };
    assert_eq!(pull("gemma3:4b").await, Ok("success".into()));
    assert_eq!(sim.installed().len(), 2);
    assert_eq!(pull("nosuch").await, Err(PullError::UnknownModel));
    assert!(matches!(pull("10.0.0.5:80/a/b").await, Err(PullError::RegistryUnreachable(_))));
    assert_eq!(pull("a b").await.map_err(|e| e.is_transient()), Err(false));
    for (act, error) in [
        (ScriptedReply::Fail(1, "write /models/x: no space left on device".into()), PullError::DiskFull),
        (ScriptedReply::Fail(1, "max retries exceeded: EOF".into()), PullError::FlakyNetwork),
        (ScriptedReply::Cut(1), PullError::Interrupted),
        (ScriptedReply::Stop(1), PullError::Interrupted),
    ] {
        sim.script(Endpoint::Pull, act);
        assert_eq!(pull("qwen3:4b").await, Err(error));
    }
    assert_eq!(pull("qwen3:4b").await, Ok("success".into()), "it goes on where it stopped");
    assert!(sim.requests_of(Endpoint::Pull).iter().all(|r| r.body.get("insecure").is_none()));
}

#[tokio::test]
async fn a_pull_that_is_dropped_is_cancelled_and_resumes() {
    let settings = SimulatorSettings { pull_step: 10_000_000, ..SimulatorSettings::default() };
    let sim = Simulator::start_with(settings).await.expect("a simulator");
    let ollama = client(&sim.url);
    let mut stream = ollama.pull(&"qwen3:4b".into()).await.expect("a stream");
    let mut completed = 0;
    while completed < 50_000_000 {
        completed = stream.next().await.expect("a line").and_then(|l| l.completed).unwrap_or(0);
    }
    drop(stream);
    sim.wait_until(|all| all.iter().all(|r| r.outcome == RequestOutcome::Left)).await;
    assert!(!sim.installed().contains(&"qwen3:4b".to_owned()));
    let mut again = ollama.pull(&"qwen3:4b".into()).await.expect("a stream");
    again.next().await.expect("manifest");
    let first = again.next().await.expect("a line").and_then(|l| l.completed).unwrap_or(0);
    assert!(first >= 50_000_000, "{first}");
}
