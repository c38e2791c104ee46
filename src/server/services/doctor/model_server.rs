//! Ollama and the chosen models: reachable, recent, installed, answering. Reachable is not ready; only an answer proves a model.

use super::FindingCollector;
use crate::{
    domain::{
        diagnostics::{DiagnosticCheck, DiagnosticOutcome, DiagnosticResult, check_ollama_version},
        model::{ModelConfig, OllamaHealth},
        model_name::{ModelName, same_model},
    },
    error::AppError,
    server::{
        models::{
            ollama::{
                client::ChatAnswer,
                error::OllamaError,
                error_message::message_and_hint,
                wire::{ChatOptions, ChatRequest, KeepAlive, Message},
            },
            resilience::retry_policy::RetryPolicy,
        },
        services::models,
        state::App,
    },
};

/// As scoring sends it, so that no option differs and a loaded model stays as it is.
const CHAT_SEED: i64 = 7;

/// Adds the findings about Ollama; what rests on something that failed is skipped.
pub(super) async fn check_model_server<F: FnMut(&DiagnosticResult)>(app: &App, report: &mut FindingCollector<F>) {
    let health = models::poll_now(app).await;
    let reachable = health.connected;
    report.add(check_reachable(&health));
    if !reachable {
        for topic in [DiagnosticCheck::VersionResponse, DiagnosticCheck::Models, DiagnosticCheck::Answer] {
            report.add(DiagnosticResult::skipped(topic, "Skipped: Ollama is not responding."));
        }
        return;
    }
    report.add(check_ollama_version(health.version.as_deref().unwrap_or_default()));
    let config = match models::load_config(app).await {
        Ok(config) => config,
        Err(error) => {
            report.add(finding_from_error(DiagnosticCheck::Models, &error));
            report.add(DiagnosticResult::skipped(DiagnosticCheck::Answer, "Skipped: the models in use are unknown."));
            return;
        }
    };
    let chosen = chosen_models(&config);
    let installed = check_installed(app, &chosen);
    let usable = installed.outcome == DiagnosticOutcome::Ok;
    report.add(installed);
    if !usable {
        report.add(DiagnosticResult::skipped(
            DiagnosticCheck::Answer,
            "Skipped: a model in use is missing or cannot chat.",
        ));
        return;
    }
    report.add(check_answers(app, &chosen, &config).await);
}

fn check_reachable(health: &OllamaHealth) -> DiagnosticResult {
    match &health.problem {
        None => DiagnosticResult::ok(
            DiagnosticCheck::Ollama,
            format!("{} answers in {} ms.", health.host, health.latency_ms.unwrap_or_default()),
        ),
        Some(problem) => DiagnosticResult::fail(DiagnosticCheck::Ollama, problem.message.clone(), problem.hint.clone()),
    }
}

fn finding_from_error(topic: DiagnosticCheck, error: &AppError) -> DiagnosticResult {
    DiagnosticResult::fail(topic, error.to_string(), error.hint.clone().unwrap_or_default())
}

/// The models that do something, each once.
fn chosen_models(config: &ModelConfig) -> Vec<String> {
    let mut chosen = vec![config.categorization_model.clone()];
    if !same_model(&config.scoring_model, &config.categorization_model) {
        chosen.push(config.scoring_model.clone());
    }
    chosen
}

fn check_installed(app: &App, chosen: &[String]) -> DiagnosticResult {
    let observed = app.models_snapshot.borrow();
    for name in chosen {
        match observed.find(name) {
            Some(tag) if !tag.can_chat() => {
                return DiagnosticResult::fail(
                    DiagnosticCheck::Models,
                    format!("{name} is an embedding model and cannot score articles."),
                    "Choose another under Settings, Ollama.",
                );
            }
            Some(_) => {}
            None if ModelName::parse(name).is_ok_and(|name| name.is_cloud()) => {}
            None => {
                return DiagnosticResult::fail(
                    DiagnosticCheck::Models,
                    format!("Ollama does not have {name}."),
                    format!("`gleaner models pull {name}`, or choose another under Settings, Ollama."),
                );
            }
        }
    }
    DiagnosticResult::ok(DiagnosticCheck::Models, format!("Installed: {}.", chosen.join(", ")))
}

async fn check_answers(app: &App, chosen: &[String], config: &ModelConfig) -> DiagnosticResult {
    let mut heard = Vec::new();
    for name in chosen {
        match check_answer(app, name, config).await {
            Ok(sentence) => heard.push(sentence),
            Err(finding) => return finding,
        }
    }
    DiagnosticResult::ok(DiagnosticCheck::Answer, heard.join(" "))
}

/// One short chat, with exactly the options that scoring uses.
async fn check_answer(app: &App, model: &str, config: &ModelConfig) -> Result<String, DiagnosticResult> {
    let started = app.clock.millis();
    let mut answer = app
        .ollama
        .chat_with_policy(&build_chat_request(model, config, Some(config.options.think)), RetryPolicy::None)
        .await;
    if matches!(answer, Err(OllamaError::ThinkUnsupported)) {
        answer = app.ollama.chat_with_policy(&build_chat_request(model, config, None), RetryPolicy::None).await;
    }
    let seconds = (app.clock.millis() - started) as f64 / 1000.0;
    match answer {
        Ok(answer) if is_empty_answer(&answer) => Err(DiagnosticResult::warn(
            DiagnosticCheck::Answer,
            format!("{model} gave an empty answer after {seconds:.1} s."),
            "It may be broken or not a chat model; pull it again, or choose another under Settings, Ollama.",
        )),
        Ok(answer) => Ok(describe_answer(model, seconds, &answer)),
        Err(error) => {
            let (message, hint) = message_and_hint(&error, &app.ollama.host());
            Err(DiagnosticResult::fail(DiagnosticCheck::Answer, format!("{model} does not answer: {message}"), hint))
        }
    }
}

fn is_empty_answer(answer: &ChatAnswer) -> bool {
    answer.content.trim().is_empty() && answer.thinking.trim().is_empty()
}

fn describe_answer(model: &str, seconds: f64, answer: &ChatAnswer) -> String {
    let load = answer.metrics.load_time().map(|load| load.as_secs_f64()).filter(|load| *load >= 0.25);
    let load = load.map(|load| format!(", {load:.1} s of it for loading")).unwrap_or_default();
    let rate = answer.metrics.tokens_per_second().map(|rate| format!(", {rate:.0} tokens a second"));
    format!("{model} answered in {seconds:.1} s{load}{}.", rate.unwrap_or_default())
}

fn build_chat_request(model: &str, config: &ModelConfig, think: Option<bool>) -> ChatRequest {
    let options = &config.options;
    ChatRequest {
        model: model.to_owned(),
        messages: vec![Message::new("user", "Are you there? Answer with the one word yes.")],
        stream: true,
        format: None,
        think,
        truncate: Some(false),
        keep_alive: KeepAlive::parse(&options.keep_alive),
        options: ChatOptions {
            num_ctx: Some(options.num_ctx),
            num_predict: Some(options.num_predict),
            temperature: Some(options.temperature),
            seed: Some(CHAT_SEED),
        },
    }
}
