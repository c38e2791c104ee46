use super::{Observed, judge};
use crate::{
    domain::{model::OllamaHealth, readiness::ModelState, time::Timestamp},
    server::ollama::{
        error::OllamaError,
        remedy,
        seen::{Answered, Seen, key},
        wire::Tag,
    },
};
use std::collections::BTreeSet;

fn health(error: Option<&OllamaError>) -> OllamaHealth {
    OllamaHealth {
        connected: error.is_none(),
        version: None,
        latency_ms: None,
        host: "http://x".into(),
        problem: error.map(|e| remedy::health_problem(e, "http://x")),
        checked_at: None,
    }
}

fn tag(name: &str, can: &[&str]) -> Tag {
    Tag { name: name.into(), capabilities: can.iter().map(|c| (*c).to_owned()).collect(), ..Tag::default() }
}

#[test]
fn what_a_look_alone_can_tell() {
    let tags = vec![tag("qwen3:8b", &["completion"]), tag("old:latest", &[]), tag("embed:latest", &["embedding"])];
    let up = Observed { health: Some(health(None)), tags: tags.clone(), ..Observed::default() };
    let down = Observed { health: Some(health(Some(&OllamaError::Refused))), tags, ..Observed::default() };
    for (observed, model, state, reason) in [
        (&Observed::default(), "qwen3:8b", ModelState::Unreachable, Some("not_asked")),
        (&up, "Qwen3:8B", ModelState::Installed, None),
        (&up, "old", ModelState::Installed, None),
        (&up, "gpt-oss:120b-cloud", ModelState::Installed, None),
        (&up, "embed", ModelState::Failed, Some("chat_unsupported")),
        (&up, "qwen3", ModelState::Missing, Some("model_missing")),
        (&down, "qwen3:8b", ModelState::Unreachable, Some("refused")),
    ] {
        let judged = judge(observed, None, model, "http://x");
        assert_eq!((judged.state, judged.reason.as_deref()), (state, reason), "{model}");
        assert_eq!((judged.message.is_some(), judged.hint.is_some()), (reason.is_some(), reason.is_some()));
    }
}

#[test]
fn what_asking_the_model_adds() {
    let observed = Observed { health: Some(health(None)), tags: vec![tag("m:latest", &[])], ..Observed::default() };
    let judged = |seen: &Seen| judge(&observed, seen.of("m"), "m", "http://x").state;
    let memory = BTreeSet::from([key("m")]);
    let mut seen = Seen::default();
    seen.looked(&memory);
    assert_eq!(judged(&seen), ModelState::Installed, "in memory, but not proven");
    seen.looked(&BTreeSet::new());
    let call = seen.began("m", 0);
    assert_eq!(judged(&seen), ModelState::Loading);
    seen.spoke("m", call);
    assert_eq!(judged(&seen), ModelState::Installed);
    seen.answered("m", call, Answered { at: Timestamp(0), until: None }, None);
    assert_eq!(judged(&seen), ModelState::Ready);
    let call = seen.began("m", 0);
    assert_eq!(judged(&seen), ModelState::Ready, "busy is ready");
    seen.failed("m", call, &OllamaError::RunnerCrashed("x".into()));
    assert_eq!(judged(&seen), ModelState::Failed);
    let call = seen.began("m", 0);
    assert_eq!(judged(&seen), ModelState::Loading, "it is tried again");
    seen.left("m", call);
    assert_eq!(judged(&seen), ModelState::Failed);
    let call = seen.began("m", 0);
    seen.failed("m", call, &OllamaError::ModelMissing("m".into()));
    assert_eq!(judged(&seen), ModelState::Missing, "before the next look knows it");
    let call = seen.began("m", 0);
    seen.answered("m", call, Answered { at: Timestamp(0), until: None }, None);
    seen.looked(&BTreeSet::new());
    assert_eq!(judged(&seen), ModelState::Installed, "it left memory");
}
