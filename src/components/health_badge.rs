//! Whether Ollama answers and its models can, as a badge in words that stays up to date while somebody sees it.

use super::{
    browser::{is_in_front, on_screen},
    live::on_news,
    local_times::localise,
};
use crate::{
    api::models::load_standing,
    domain::readiness::{ModelReadiness, ModelState, Standing},
};
use leptos::{html::Div, prelude::*, task::spawn_local};
use std::time::Duration;

/// How often a badge in sight is brought up to date. Gleaner answers from what it saw last: no tab ever asks Ollama.
const EVERY: Duration = Duration::from_secs(20);

/// State, latency, version and host; the cause with its remedy when Ollama or a model of it does not answer. In sight it asks
/// Gleaner every 20 s and listens to the tab's event stream; hidden, scrolled away or left it asks nothing.
#[island]
pub fn HealthBadge(standing: Standing) -> impl IntoView {
    let shown = RwSignal::new(standing);
    let panel = NodeRef::<Div>::new();
    Effect::new(move |_| keep_fresh(shown, panel));
    Effect::new(move |_| {
        shown.track();
        localise();
    });
    let seen_at = move || shown.read().health.checked_at.map(|at| at.to_string());
    let first_seen = shown.read_untracked().health.checked_at.map(|at| at.readable());
    view! {
        <div id="ollama-health" class="stack" node_ref=panel>
            <p role="status">
                <span class=move || look(&shown.read()).0>{move || look(&shown.read()).1}</span>
            </p>
            {move || trouble(&shown.read()).map(|(message, hint)| {
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
                <dd>{move || shown.read().health.version.clone().unwrap_or_else(|| "not known".into())}</dd>
                <dt>"Latency"</dt>
                <dd>{move || latency(&shown.read())}</dd>
                <dt>"Models"</dt>
                <dd>{move || models(&shown.read())}</dd>
                <dt>"Seen"</dt>
                // The words are kept by the island of all times; only the moment changes here.
                <dd><time datetime=seen_at>{first_seen.unwrap_or_else(|| "never".into())}</time></dd>
            </dl>
        </div>
    }
}

/// The badge's class and words. Green is for models that have answered: that Ollama does proves nothing about them.
fn look(standing: &Standing) -> (&'static str, &'static str) {
    let health = &standing.health;
    match standing.worst().map(|model| model.state) {
        _ if health.checked_at.is_none() && !health.connected => ("chip", "… not checked yet"),
        _ if !health.connected => ("chip bad", "× disconnected"),
        Some(state) if state.is_trouble() => ("chip bad", "! connected, model not ready"),
        Some(ModelState::Loading) => ("chip", "… connected, model loading"),
        Some(ModelState::Ready) => ("chip good", "✓ connected, model ready"),
        _ => ("chip", "✓ connected"),
    }
}

/// What is the matter, and what to do: with Ollama, else with the model that is in the worst state.
fn trouble(standing: &Standing) -> Option<(String, String)> {
    if let Some(problem) = &standing.health.problem {
        return Some((problem.message.clone(), problem.hint.clone()));
    }
    let model = standing.worst().filter(|model| model.state.is_trouble() && standing.health.connected)?;
    Some((model.message.clone()?, model.hint.clone().unwrap_or_default()))
}

fn latency(standing: &Standing) -> String {
    standing.health.latency_ms.map_or_else(|| "not known".to_owned(), |latency| format!("{latency} ms"))
}

/// How far each model in use is from answering.
fn models(standing: &Standing) -> String {
    let told = standing.models.iter().map(|model| {
        let ModelReadiness { name, state, .. } = model;
        model.loading_sentence().unwrap_or_else(|| {
            format!(
                "{name} {}",
                match state {
                    ModelState::Unreachable => "cannot be reached.",
                    ModelState::Missing => "is not installed.",
                    ModelState::Failed => "could not answer.",
                    ModelState::Loading => "is being loaded.",
                    ModelState::Installed => "is installed; its next answer proves that it works.",
                    ModelState::Ready => "is in memory and answers.",
                }
            )
        })
    });
    told.collect::<Vec<_>>().join(" ")
}

/// Keeps `shown` up to date: by the stream's news, and while the panel is in sight by the clock.
fn keep_fresh(shown: RwSignal<Standing>, panel: NodeRef<Div>) {
    let (in_front, in_sight) = (is_in_front(), on_screen(panel));
    let is_seen = Memo::new(move |_| in_front.get() && in_sight.get());
    on_news("health", move |json| {
        if let Ok(standing) = serde_json::from_str(json) {
            shown.set(standing);
        }
    });
    Effect::new(move |was_seen: Option<bool>| {
        let is_seen = is_seen.get();
        if is_seen {
            // What is back in sight may be old.
            if was_seen == Some(false) {
                refresh(shown);
            }
            if let Ok(ticking) = set_interval_with_handle(move || refresh(shown), EVERY) {
                on_cleanup(move || ticking.clear());
            }
        }
        is_seen
    });
}

fn refresh(shown: RwSignal<Standing>) {
    spawn_local(async move {
        // Without an answer the badge stays as it is: the next one comes in a moment.
        if let Ok(standing) = load_standing().await {
            shown.set(standing);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::{ModelReadiness, ModelState, Standing, latency, look, models, trouble};
    use crate::domain::{
        model::{HealthProblem, HealthProblemKind, OllamaHealth},
        time::Timestamp,
    };

    fn standing(connected: bool, state: ModelState) -> Standing {
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
            message: state.is_trouble().then(|| "It is gone.".into()),
            hint: Some("Pull it.".into()),
            size: 0,
            roles: Vec::new(),
            health: false,
        };
        Standing { health, models: vec![model] }
    }

    #[test]
    fn every_state_has_its_words_and_only_an_answer_is_green() {
        for (connected, state, class, words, matter) in [
            (true, ModelState::Ready, "chip good", "model ready", None),
            (true, ModelState::Installed, "chip", "✓ connected", None),
            (true, ModelState::Loading, "chip", "model loading", None),
            (true, ModelState::Missing, "chip bad", "model not ready", Some("It is gone.")),
            (true, ModelState::Failed, "chip bad", "model not ready", Some("It is gone.")),
            (false, ModelState::Unreachable, "chip bad", "disconnected", Some("Nothing listens.")),
        ] {
            let standing = standing(connected, state);
            let (shown_class, shown_words) = look(&standing);
            assert!(shown_class == class && shown_words.contains(words), "{state:?}: {shown_words}");
            assert_eq!(trouble(&standing).map(|(message, _)| message).as_deref(), matter, "{state:?}");
            assert!(models(&standing).starts_with("qwen3:8b "), "{state:?}");
        }
        assert_eq!(
            models(&standing(true, ModelState::Loading)),
            "qwen3:8b is being loaded: 12 s so far, usually 40 s."
        );
        assert_eq!(latency(&standing(true, ModelState::Ready)), "3 ms");
        assert_eq!(latency(&standing(false, ModelState::Unreachable)), "not known");
        let mut unseen = standing(false, ModelState::Unreachable);
        unseen.health.checked_at = None;
        assert_eq!(look(&unseen).1, "… not checked yet");
    }
}
