//! The status of Ollama and its models, as a badge.

use crate::components::layout::time_element::TimeElement;
use crate::domain::readiness::{ModelReadiness, ModelState, OllamaStatus};
use leptos::prelude::*;

/// State, latency, version and host; the cause with its remedy when Ollama or a model of it does not answer. The badge and the facts
/// are live parts of the page.
#[component]
pub fn HealthBadge(status: OllamaStatus) -> impl IntoView {
    let (class, label) = badge_class_and_label(&status);
    let problem = health_problem_text(&status);
    let latency = latency_label(&status);
    let models = models_summary(&status);
    let health = status.health;
    view! {
        <div id="ollama-health" class="stack">
            <p id="health-state" role="status" data-live>
                <span class=class>{label}</span>
            </p>
            <div id="health-facts" class="stack" data-live>
                {problem
                    .map(|(message, hint)| {
                        view! {
                            <div class="notice error">
                                <p>{message}</p>
                                <p>{hint}</p>
                            </div>
                        }
                    })}
                <dl class="facts">
                    <dt>"Host"</dt>
                    <dd><code>{health.host}</code></dd>
                    <dt>"Version"</dt>
                    <dd>{health.version.unwrap_or_else(|| "unknown".into())}</dd>
                    <dt>"Latency"</dt>
                    <dd>{latency}</dd>
                    <dt>"Models"</dt>
                    <dd>{models}</dd>
                    <dt>"Last checked"</dt>
                    <dd>
                        {match health.checked_at {
                            Some(at) => view! { <TimeElement at /> }.into_any(),
                            None => "never".into_any(),
                        }}
                    </dd>
                </dl>
            </div>
        </div>
    }
}

/// The badge's class and text. It is green only when the models have answered, which an answer of Ollama does not prove.
fn badge_class_and_label(status: &OllamaStatus) -> (&'static str, &'static str) {
    let health = &status.health;
    match status.worst_model().map(|model| model.state) {
        _ if health.checked_at.is_none() && !health.connected => ("chip", "… not checked yet"),
        _ if !health.connected => ("chip bad", "× disconnected"),
        Some(state) if state.needs_attention() => ("chip bad", "! connected, model not ready"),
        Some(ModelState::Loading) => ("chip", "… connected, model loading"),
        Some(ModelState::Ready) => ("chip good", "✓ connected, model ready"),
        _ => ("chip", "✓ connected"),
    }
}

/// The problem and what to do: of Ollama, else of the model in the worst state. A missing model has a notice
/// of its own, where it can be pulled.
fn health_problem_text(status: &OllamaStatus) -> Option<(String, String)> {
    if let Some(problem) = &status.health.problem {
        return Some((problem.message.clone(), problem.hint.clone()));
    }
    let model = status.worst_model().filter(|model| model.state.needs_attention() && status.health.connected)?;
    if model.state == ModelState::Missing {
        return None;
    }
    Some((model.message.clone()?, model.hint.clone().unwrap_or_default()))
}

fn latency_label(status: &OllamaStatus) -> String {
    status.health.latency_ms.map_or_else(|| "unknown".to_owned(), |latency| format!("{latency} ms"))
}

/// The state of each model in use, as sentences.
fn models_summary(status: &OllamaStatus) -> String {
    let sentences = status.models.iter().map(|model| {
        let ModelReadiness { name, state, .. } = model;
        model.loading_message().unwrap_or_else(|| {
            format!(
                "{name} {}",
                match state {
                    ModelState::Unreachable => "cannot be reached.",
                    ModelState::Missing => "is not installed.",
                    ModelState::Failed => "failed to answer.",
                    ModelState::Loading => "is being loaded.",
                    ModelState::Installed => "is installed, not tested yet.",
                    ModelState::Ready => "is loaded and ready.",
                }
            )
        })
    });
    sentences.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::{
        ModelReadiness, ModelState, OllamaStatus, badge_class_and_label, health_problem_text, latency_label,
        models_summary,
    };
    use crate::domain::{
        model::{HealthProblem, HealthProblemKind, OllamaHealth},
        time::Timestamp,
    };

    fn status(connected: bool, state: ModelState) -> OllamaStatus {
        let problem = HealthProblem {
            kind: HealthProblemKind::Refused,
            message: "Nothing listens.".into(),
            hint: "Start Ollama.".into(),
        };
        let health = OllamaHealth {
            connected,
            version: None,
            latency_ms: connected.then_some(3),
            host: "http://127.0.0.1:11434".into(),
            problem: (!connected).then_some(problem),
            checked_at: Some(Timestamp(0)),
        };
        let model = ModelReadiness {
            name: "qwen3:8b".into(),
            state,
            since: Timestamp(0),
            elapsed_seconds: (state == ModelState::Loading).then_some(12),
            expected_seconds: Some(40),
            reason: None,
            message: state.needs_attention().then(|| "It is gone.".into()),
            hint: Some("Pull it.".into()),
            size: 0,
            roles: Vec::new(),
            health: false,
        };
        OllamaStatus { health, models: vec![model] }
    }

    #[test]
    fn every_state_has_its_words_and_only_an_answer_is_green() {
        for (connected, state, class, words, matter) in [
            (true, ModelState::Ready, "chip good", "model ready", None),
            (true, ModelState::Installed, "chip", "✓ connected", None),
            (true, ModelState::Loading, "chip", "model loading", None),
            (true, ModelState::Missing, "chip bad", "model not ready", None),
            (true, ModelState::Failed, "chip bad", "model not ready", Some("It is gone.")),
            (false, ModelState::Unreachable, "chip bad", "disconnected", Some("Nothing listens.")),
        ] {
            let status = status(connected, state);
            let (shown_class, shown_words) = badge_class_and_label(&status);
            assert!(shown_class == class && shown_words.contains(words), "{state:?}: {shown_words}");
            assert_eq!(health_problem_text(&status).map(|(message, _)| message).as_deref(), matter, "{state:?}");
            assert!(models_summary(&status).starts_with("qwen3:8b "), "{state:?}");
        }
        assert_eq!(
            models_summary(&status(true, ModelState::Loading)),
            "qwen3:8b is being loaded: 12 s so far, usually 40 s."
        );
        assert_eq!(latency_label(&status(true, ModelState::Ready)), "3 ms");
        assert_eq!(latency_label(&status(false, ModelState::Unreachable)), "unknown");
        let mut unseen = status(false, ModelState::Unreachable);
        unseen.health.checked_at = None;
        assert_eq!(badge_class_and_label(&unseen).1, "… not checked yet");
    }
}
