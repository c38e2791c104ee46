//! The status of Ollama and its models, as a badge that is kept up to date while it is visible.

use crate::components::browser::{
    dom::{element_visibility, page_visibility, query_selector},
    live_updates::subscribe_to_events,
    local_times::localize_times,
};
use crate::{
    api::models::load_ollama_status,
    domain::{
        live_event::LiveEvent,
        readiness::{ModelReadiness, ModelState, OllamaStatus},
    },
};
use leptos::{html::Div, prelude::*, task::spawn_local};
use std::time::Duration;

/// Interval at which a visible badge is refreshed. Gleaner answers from its last poll; tabs cause no request to Ollama.
const HEALTH_REFRESH_INTERVAL: Duration = Duration::from_secs(20);

/// The fields that choose models: disabled while Ollama is not connected.
pub const CHOICE_FIELDSET_ID: &str = "model-choice";
/// The notice that is shown meanwhile.
pub const DISCONNECTED_NOTICE_ID: &str = "model-choice-disconnected";

/// State, latency, version and host; the cause with its remedy when Ollama or a model of it does not answer. While
/// visible it requests the status from Gleaner every 20 s and follows the tab's event stream; otherwise it sends no request.
#[island]
pub fn HealthBadge(standing: OllamaStatus) -> impl IntoView {
    let shown = RwSignal::new(standing);
    let panel = NodeRef::<Div>::new();
    Effect::new(move |_| keep_updated(shown, panel));
    Effect::new(move |_| {
        let health = &shown.read().health;
        set_attribute(CHOICE_FIELDSET_ID, "disabled", !health.connected && health.checked_at.is_some());
        set_attribute(DISCONNECTED_NOTICE_ID, "hidden", health.connected || health.checked_at.is_none());
        localize_times();
    });
    let seen_at = move || shown.read().health.checked_at.map(|at| at.to_string());
    let first_seen = shown.read_untracked().health.checked_at.map(|at| at.format_readable());
    view! {
        <div id="ollama-health" class="stack" node_ref=panel>
            <p role="status">
                <span class=move || badge_class_and_label(&shown.read()).0>{move || badge_class_and_label(&shown.read()).1}</span>
            </p>
            {move || health_problem_text(&shown.read()).map(|(message, hint)| {
                view! {
                    <div class="notice error">
                        <p>{message}</p>
                        <p>{hint}</p>
                    </div>
                }
            })}
            <dl class="facts">
                <dt>"Host"</dt>
                <dd><code>{move || shown.read().health.host.clone()}</code></dd>
                <dt>"Version"</dt>
                <dd>{move || shown.read().health.version.clone().unwrap_or_else(|| "unknown".into())}</dd>
                <dt>"Latency"</dt>
                <dd>{move || latency_label(&shown.read())}</dd>
                <dt>"Models"</dt>
                <dd>{move || models_summary(&shown.read())}</dd>
                <dt>"Last checked"</dt>
                // The island of all times sets the text; only the attribute changes here.
                <dd><time datetime=seen_at>{first_seen.unwrap_or_else(|| "never".into())}</time></dd>
            </dl>
        </div>
    }
}

fn set_attribute(id: &str, attribute: &str, is_set: bool) {
    if let Some(element) = query_selector(&format!("#{id}")) {
        let _ = element.toggle_attribute_with_force(attribute, is_set);
    }
}

/// The badge's class and text. It is green only when the models have answered, which an answer of Ollama does not prove.
fn badge_class_and_label(standing: &OllamaStatus) -> (&'static str, &'static str) {
    let health = &standing.health;
    match standing.worst_model().map(|model| model.state) {
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
fn health_problem_text(standing: &OllamaStatus) -> Option<(String, String)> {
    if let Some(problem) = &standing.health.problem {
        return Some((problem.message.clone(), problem.hint.clone()));
    }
    let model = standing.worst_model().filter(|model| model.state.needs_attention() && standing.health.connected)?;
    if model.state == ModelState::Missing {
        return None;
    }
    Some((model.message.clone()?, model.hint.clone().unwrap_or_default()))
}

fn latency_label(standing: &OllamaStatus) -> String {
    standing.health.latency_ms.map_or_else(|| "unknown".to_owned(), |latency| format!("{latency} ms"))
}

/// The state of each model in use, as sentences.
fn models_summary(standing: &OllamaStatus) -> String {
    let sentences = standing.models.iter().map(|model| {
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

/// Keeps `shown` up to date: by events, and while the panel is visible by polling Gleaner.
fn keep_updated(shown: RwSignal<OllamaStatus>, panel: NodeRef<Div>) {
    let (in_front, in_sight) = (page_visibility(), element_visibility(panel));
    let is_seen = Memo::new(move |_| in_front.get() && in_sight.get());
    subscribe_to_events(move |event| {
        if let LiveEvent::Health(status) = event {
            shown.set(status.clone());
        }
    });
    Effect::new(move |was_seen: Option<bool>| {
        let is_seen = is_seen.get();
        if is_seen {
            // The status may be outdated when the panel becomes visible again.
            if was_seen == Some(false) {
                reload_health(shown);
            }
            if let Ok(ticking) = set_interval_with_handle(move || reload_health(shown), HEALTH_REFRESH_INTERVAL) {
                on_cleanup(move || ticking.clear());
            }
        }
        is_seen
    });
}

fn reload_health(shown: RwSignal<OllamaStatus>) {
    spawn_local(async move {
        // Without an answer the badge stays as it is: the next one comes in a moment.
        if let Ok(standing) = load_ollama_status().await {
            shown.set(standing);
        }
    });
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

    fn standing(connected: bool, state: ModelState) -> OllamaStatus {
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
            let standing = standing(connected, state);
            let (shown_class, shown_words) = badge_class_and_label(&standing);
            assert!(shown_class == class && shown_words.contains(words), "{state:?}: {shown_words}");
            assert_eq!(health_problem_text(&standing).map(|(message, _)| message).as_deref(), matter, "{state:?}");
            assert!(models_summary(&standing).starts_with("qwen3:8b "), "{state:?}");
        }
        assert_eq!(
            models_summary(&standing(true, ModelState::Loading)),
            "qwen3:8b is being loaded: 12 s so far, usually 40 s."
        );
        assert_eq!(latency_label(&standing(true, ModelState::Ready)), "3 ms");
        assert_eq!(latency_label(&standing(false, ModelState::Unreachable)), "unknown");
        let mut unseen = standing(false, ModelState::Unreachable);
        unseen.health.checked_at = None;
        assert_eq!(badge_class_and_label(&unseen).1, "… not checked yet");
    }
}
