//! What was last seen of Ollama, and looking again.

use super::{choice, readiness};
use crate::server::services::models::readiness_history;
use crate::{
    domain::{
        model::{InstalledModelRow, ModelConfig, OllamaHealth},
        model_name::same_model,
    },
    error::{AppError, ErrorKind},
    server::{
        models::{
            ollama::{
                error::OllamaError,
                error_message,
                wire::{InstalledModel, RunningModel},
            },
            status::tracker,
        },
        state::App,
    },
};

/// How old, in seconds, what was last seen may be for whoever asks now.
const MAX_POLL_AGE_SECONDS: i64 = 5;

/// What the observer last saw of Ollama.
#[derive(Clone, Debug, Default)]
pub struct ModelsSnapshot {
    /// `None`: not looked yet.
    pub health: Option<OllamaHealth>,
    pub installed: Vec<InstalledModel>,
    pub running: Vec<RunningModel>,
    /// Looks so far, and failed ones in a row.
    pub poll_count: u64,
    pub failures: u32,
}

impl ModelsSnapshot {
    /// Whether the last look found an Ollama.
    pub fn is_connected(&self) -> bool {
        self.health.as_ref().is_some_and(|h| h.connected)
    }

    /// The installed model that `name` means.
    pub fn find(&self, name: &str) -> Option<&InstalledModel> {
        self.installed.iter().find(|tag| same_model(&tag.name, name))
    }

    /// Whether an installed model is in memory.
    pub fn is_loaded(&self, tag: &InstalledModel) -> bool {
        self.running(tag).is_some()
    }

    /// The row of a model in memory: by name, else by its manifest. Two models that share their weights have one row, under
    /// the name of the first, so a model may be in memory without being found here.
    fn running(&self, tag: &InstalledModel) -> Option<&RunningModel> {
        self.running
            .iter()
            .find(|r| same_model(&r.name, &tag.name))
            .or_else(|| self.running.iter().find(|r| !r.digest.is_empty() && r.digest == tag.digest))
    }
}

/// Health from the cache; never waits for Ollama.
pub fn health(app: &App) -> OllamaHealth {
    app.models_snapshot.borrow().health.clone().unwrap_or_else(|| unknown_health(app))
}

fn unknown_health(app: &App) -> OllamaHealth {
    OllamaHealth {
        connected: false,
        version: None,
        latency_ms: None,
        host: app.ollama.host(),
        problem: None,
        checked_at: None,
    }
}

/// Asks Ollama now and updates the cache. Whoever comes while somebody is asking gets that answer.
pub async fn poll_now(app: &App) -> OllamaHealth {
    let before = app.models_snapshot.borrow().poll_count;
    let _only_one = app.poll_lock.lock().await;
    if app.models_snapshot.borrow().poll_count == before {
        poll(app).await;
    }
    health(app)
}

/// Health, asked for anew when what is known is older than a few seconds: for programs, which ask when they want to know.
pub async fn poll_if_stale(app: &App) -> OllamaHealth {
    let seen = health(app);
    let is_fresh = seen.checked_at.is_some_and(|at| app.clock.now().since(at) < MAX_POLL_AGE_SECONDS);
    if is_fresh { seen } else { poll_now(app).await }
}

async fn poll(app: &App) {
    let started = app.clock.millis();
    let seen = fetch_poll_answer(app).await;
    let latency_ms = i64::try_from(app.clock.millis() - started).ok();
    let was = app.models_snapshot.borrow().clone();
    let now = match seen {
        Ok((version, tags, running, version_ms)) => {
            let health = OllamaHealth {
                connected: true,
                version: Some(version),
                latency_ms: version_ms.or(latency_ms),
                checked_at: Some(app.clock.now()),
                ..unknown_health(app)
            };
            ModelsSnapshot { health: Some(health), installed: tags, running, poll_count: was.poll_count + 1, failures: 0 }
        }
        Err(error) => {
            if was.failures == 0 {
                tracing::warn!(host = app.ollama.host(), cause = error.code(), %error, "Ollama cannot be used");
            }
            let problem = Some(error_message::to_health_problem(&error, &app.ollama.host()));
            let health = OllamaHealth { problem, checked_at: Some(app.clock.now()), ..unknown_health(app) };
            // The models on its disk are the same when it comes back; its memory is not.
            ModelsSnapshot {
                health: Some(health),
                installed: was.installed.clone(),
                running: Vec::new(),
                poll_count: was.poll_count + 1,
                failures: was.failures.saturating_add(1),
            }
        }
    };
    let is_back = now.is_connected() && !was.is_connected();
    let is_news = health_changed(was.health.as_ref(), now.health.as_ref()) || model_names(&was) != model_names(&now);
    if is_back && was.failures > 0 {
        tracing::info!(host = app.ollama.host(), "Ollama is back");
    }
    let in_memory = now.installed.iter().filter(|tag| now.is_loaded(tag)).map(|tag| tracker::model_key(&tag.name)).collect();
    app.ollama.tracker().send_modify(|seen| {
        if is_back && was.failures > 0 {
            seen.record_recovery();
        }
        seen.record_poll(&in_memory);
    });
    app.models_snapshot.send_replace(now);
    if is_back || is_news {
        app.scoring_wakeup.notify_one();
    }
    if is_news && let Ok(standing) = readiness::status(app).await {
        readiness_history::publish_status(app, &standing);
    }
}

type PollAnswer = (String, Vec<InstalledModel>, Vec<RunningModel>, Option<i64>);

async fn fetch_poll_answer(app: &App) -> Result<PollAnswer, OllamaError> {
    let started = app.clock.millis();
    let version = app.ollama.version().await?;
    let version_ms = i64::try_from(app.clock.millis() - started).ok();
    let tags = app.ollama.list_installed().await?;
    // Servers before 0.1.38 do not know this call; nothing is then known to be in memory.
    let running = app.ollama.list_running().await.unwrap_or_default();
    Ok((version, tags, running, version_ms))
}

/// Whether readers would want to know; the time and the latency of the look alone are no news.
fn health_changed(was: Option<&OllamaHealth>, now: Option<&OllamaHealth>) -> bool {
    let gist = |h: &OllamaHealth| (h.connected, h.version.clone(), h.problem.clone());
    was.map(gist) != now.map(gist)
}

fn model_names(observed: &ModelsSnapshot) -> (Vec<&str>, Vec<&str>) {
    let tags = observed.installed.iter().map(|t| t.name.as_str()).collect();
    (tags, observed.running.iter().map(|r| r.name.as_str()).collect())
}

/// The installed models from the cache; 503 when Ollama was not reachable.
pub async fn list_installed(app: &App) -> Result<Vec<InstalledModelRow>, AppError> {
    let config = choice::load_config(app).await?;
    let observed = app.models_snapshot.borrow();
    match &observed.health {
        Some(health) if health.connected => Ok(build_rows(&observed, &config)),
        Some(OllamaHealth { problem: Some(problem), .. }) => {
            Err(AppError::new(ErrorKind::Unavailable, problem.message.clone()).hint(problem.hint.clone()))
        }
        _ => {
            Err(AppError::new(ErrorKind::Unavailable, "Ollama has not been checked yet.")
                .hint("Try again in a moment."))
        }
    }
}

/// The sha256 of a model's manifest, when it was seen installed.
pub fn manifest_digest(app: &App, model: &str) -> Option<String> {
    app.models_snapshot.borrow().find(model).map(|tag| tag.digest.clone()).filter(|d| !d.is_empty())
}

/// Puts what is on the disk, in memory and chosen together.
fn build_rows(observed: &ModelsSnapshot, config: &ModelConfig) -> Vec<InstalledModelRow> {
    let text = |s: &str| (!s.is_empty() && s != "unknown").then(|| s.to_owned());
    observed
        .installed
        .iter()
        .map(|tag| {
            let running = observed.running(tag);
            InstalledModelRow {
                name: tag.name.clone(),
                size: tag.size,
                parameter_size: text(&tag.details.parameter_size),
                quantization_level: text(&tag.details.quantization_level),
                is_loaded: running.is_some(),
                digest: tag.digest.clone(),
                modified_at: tag.modified_at,
                size_vram: running.and_then(|r| r.size_vram),
                expires_at: running.and_then(|r| r.expires_at),
                context_length: running.and_then(|r| r.context_length).or(tag.details.context_length),
                capabilities: tag.capabilities.clone(),
                is_cloud: tag.is_cloud(),
                used_for: tasks_using(&tag.name, config),
            }
        })
        .collect()
}

fn tasks_using(name: &str, config: &ModelConfig) -> Vec<String> {
    [("categorization", &config.categorization_model), ("scoring", &config.scoring_model)]
        .into_iter()
        .filter(|(_, model)| same_model(model, name))
        .map(|(task, _)| task.to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{ModelsSnapshot, build_rows};
    use crate::{
        domain::model::{ModelConfig, ModelConfigSource, ModelOptions, SettingSource},
        server::models::ollama::wire::{InstalledModel, RunningModel},
    };

    fn installed(name: &str, digest: &str) -> InstalledModel {
        InstalledModel { name: name.into(), digest: digest.into(), ..InstalledModel::default() }
    }

    fn running(name: &str, digest: &str) -> RunningModel {
        RunningModel { name: name.into(), digest: digest.into(), ..RunningModel::default() }
    }

    #[test]
    fn loaded_by_name_then_by_digest() {
        let observed = ModelsSnapshot {
            installed: vec![installed("a:latest", "1"), installed("MyCorp/Copy:Q4", "2"), installed("c:latest", "3"), installed("d:latest", "")],
            running: vec![running("A", "other, older digest"), running("b:latest", "2"), running("e:latest", "")],
            ..ModelsSnapshot::default()
        };
        let config = ModelConfig {
            categorization_model: "A".into(),
            scoring_model: "c".into(),
            use_separate_models: true,
            options: ModelOptions::default(),
            source: ModelConfigSource {
                categorization_model: SettingSource::Default,
                scoring_model: SettingSource::Default,
            },
        };
        let models = build_rows(&observed, &config);
        assert_eq!(models.iter().map(|m| m.is_loaded).collect::<Vec<_>>(), [true, true, false, false]);
        assert_eq!(models[0].used_for, ["categorization"]);
        assert_eq!(models[2].used_for, ["scoring"]);
        assert!(observed.find("C").is_some() && observed.find("cc").is_none());
    }
}
