use super::{ModelsSnapshot, classify};
use crate::{
    domain::{model::OllamaHealth, readiness::ModelStateResponse, time::Timestamp},
    server::models::{
        ollama::{error::OllamaError, error_message, wire::InstalledModel},
        status::tracker::{LastAnswer, Tracker, model_key},
    },
};
use std::collections::BTreeSet;

fn health(error: Option<&OllamaError>) -> OllamaHealth {
    OllamaHealth {
        connected: error.is_none(),
        version: None,
        latency_ms: None,
        host: "http://x".into(),
        problem: error.map(|e| error_message::to_health_problem(e, "http://x")),
        checked_at: None,
    }
}

fn installed(name: &str, can: &[&str]) -> InstalledModel {
    InstalledModel {
        name: name.into(),
        capabilities: can.iter().map(|c| (*c).to_owned()).collect(),
        ..InstalledModel::default()
    }
}

#[test]
fn what_a_look_alone_can_tell() {
    let tags = vec![
        installed("qwen3:8b", &["completion"]),
        installed("old:latest", &[]),
        installed("embed:latest", &["embedding"]),
    ];
    let up = ModelsSnapshot { health: Some(health(None)), installed: tags.clone(), ..ModelsSnapshot::default() };
    let down = ModelsSnapshot { health: Some(health(Some(&OllamaError::Refused))), installed: tags, ..ModelsSnapshot::default() };
    for (observed, model, state, reason) in [
        (&ModelsSnapshot::default(), "qwen3:8b", ModelStateResponse::Unreachable, Some("not_asked")),
        (&up, "Qwen3:8B", ModelStateResponse::Installed, None),
        (&up, "old", ModelStateResponse::Installed, None),
        (&up, "gpt-oss:120b-cloud", ModelStateResponse::Installed, None),
        (&up, "embed", ModelStateResponse::Failed, Some("chat_unsupported")),
        (&up, "qwen3", ModelStateResponse::MissingModelNotice, Some("model_missing")),
        (&down, "qwen3:8b", ModelStateResponse::Unreachable, Some("refused")),
    ] {
        let judged = classify(observed, None, model, "http://x");
        assert_eq!((judged.state, judged.reason.as_deref()), (state, reason), "{model}");
        assert_eq!((judged.message.is_some(), judged.hint.is_some()), (reason.is_some(), reason.is_some()));
    }
}

#[test]
fn what_asking_the_model_adds() {
    let observed = ModelsSnapshot {
        health: Some(health(None)),
        installed: vec![installed("m:latest", &[])],
        ..ModelsSnapshot::default()
    };
    let judged = |seen: &Tracker| classify(&observed, seen.get("m"), "m", "http://x").state;
    let memory = BTreeSet::from([model_key("m")]);
    let mut seen = Tracker::default();
    seen.record_poll(&memory);
    assert_eq!(judged(&seen), ModelStateResponse::Installed, "in memory, but not proven");
    seen.record_poll(&BTreeSet::new());
    let call = seen.record_start("m", 0);
    assert_eq!(judged(&seen), ModelStateResponse::Loading);
    seen.record_first_token("m", call);
    assert_eq!(judged(&seen), ModelStateResponse::Installed);
    seen.record_answer("m", call, LastAnswer { at: Timestamp(0), in_memory_until: None }, None);
    assert_eq!(judged(&seen), ModelStateResponse::FetchedFeed);
    let call = seen.record_start("m", 0);
    assert_eq!(judged(&seen), ModelStateResponse::FetchedFeed, "busy is ready");
    seen.record_failure("m", call, &OllamaError::RunnerCrashed("x".into()));
    assert_eq!(judged(&seen), ModelStateResponse::Failed);
    let call = seen.record_start("m", 0);
    assert_eq!(judged(&seen), ModelStateResponse::Loading, "it is tried again");
    seen.record_abandoned("m", call);
    assert_eq!(judged(&seen), ModelStateResponse::Failed);
    let call = seen.record_start("m", 0);
    seen.record_failure("m", call, &OllamaError::ModelMissing("m".into()));
    assert_eq!(judged(&seen), ModelStateResponse::MissingModelNotice, "before the next look knows it");
    let call = seen.record_start("m", 0);
    seen.record_answer("m", call, LastAnswer { at: Timestamp(0), in_memory_until: None }, None);
    seen.record_poll(&BTreeSet::new());
    assert_eq!(judged(&seen), ModelStateResponse::Installed, "it left memory");
}
