//! Whether a model can take work now, and if not, why.

use super::Observed;
use crate::{
    domain::{model_name::ModelName, scoring::Readiness},
    server::state::App,
};

/// Whether `model` can take work, from what was last seen. Before the first look: yes, the first call will show.
pub fn readiness(app: &App, model: &str) -> Readiness {
    judge(&app.observed.borrow(), model)
}

fn judge(observed: &Observed, model: &str) -> Readiness {
    let no =
        |reason: &str, message: String| Readiness { ready: false, reason: Some(reason.into()), message: Some(message) };
    let yes = Readiness { ready: true, reason: None, message: None };
    let Some(health) = &observed.health else { return yes };
    if let Some(problem) = &health.problem {
        let reason = serde_json::to_value(problem.kind).ok().and_then(|v| v.as_str().map(str::to_owned));
        return no(reason.as_deref().unwrap_or("unreachable"), format!("{} {}", problem.message, problem.hint));
    }
    match observed.find(model) {
        Some(tag) if !tag.capabilities.is_empty() && !tag.capabilities.iter().any(|c| c == "completion") => no(
            "chat_unsupported",
            format!("{model} makes embeddings only. Choose another model under Ollama settings."),
        ),
        Some(_) => yes,
        // A cloud model needs no file here.
        None if ModelName::parse(model).is_ok_and(|name| name.is_cloud()) => yes,
        None => no(
            "model_missing",
            format!("Ollama does not have {model}. Pull it, or choose another under Ollama settings."),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::{Observed, judge};
    use crate::{
        domain::model::OllamaHealth,
        server::ollama::{error::OllamaError, remedy, wire::Tag},
    };

    #[test]
    fn every_reason() {
        let health = |error: Option<&OllamaError>| OllamaHealth {
            connected: error.is_none(),
            version: None,
            latency_ms: None,
            host: "http://x".into(),
            problem: error.map(|e| remedy::health_problem(e, "http://x")),
            checked_at: None,
        };
        let tag = |name: &str, can: &[&str]| Tag {
            name: name.into(),
            capabilities: can.iter().map(|c| (*c).to_owned()).collect(),
            ..Tag::default()
        };
        let tags = vec![tag("qwen3:8b", &["completion"]), tag("old:latest", &[]), tag("embed:latest", &["embedding"])];
        let up = Observed { health: Some(health(None)), tags: tags.clone(), ..Observed::default() };
        let down = Observed { health: Some(health(Some(&OllamaError::Refused))), tags, ..Observed::default() };
        for (observed, model, reason) in [
            (&Observed::default(), "qwen3:8b", None),
            (&up, "Qwen3:8B", None),
            (&up, "old", None),
            (&up, "gpt-oss:120b-cloud", None),
            (&up, "embed", Some("chat_unsupported")),
            (&up, "qwen3", Some("model_missing")),
            (&down, "qwen3:8b", Some("refused")),
        ] {
            let readiness = judge(observed, model);
            assert_eq!((readiness.ready, readiness.reason.as_deref()), (reason.is_none(), reason), "{model}");
            assert_eq!(readiness.message.is_some(), reason.is_some());
        }
    }
}
