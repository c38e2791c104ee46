//! Ollama and the chosen models: reachable, recent, installed, answering. Reachable is not ready; only an answer proves a model.

use super::Report;
use crate::{
    domain::{
        checkup::{Finding, Outcome, Topic, judge_version},
        model::{ModelConfig, OllamaHealth},
        model_name::{ModelName, same_model},
    },
    error::AppError,
    server::{
        ollama::{
            client::ChatAnswer,
            error::OllamaError,
            remedy::words,
            tries::Patience,
            wire::{ChatOptions, ChatRequest, KeepAlive, Message},
        },
        services::models,
        state::App,
    },
};

/// As scoring sends it, so that no option differs and a loaded model stays as it is.
const SEED: i64 = 7;

/// Adds the findings about Ollama; what rests on something that failed is skipped.
pub(super) async fn examine<F: FnMut(&Finding)>(app: &App, report: &mut Report<F>) {
    let health = models::check_now(app).await;
    let reachable = health.connected;
    report.add(reached(&health));
    if !reachable {
        for topic in [Topic::Version, Topic::Models, Topic::Answer] {
            report.add(Finding::skipped(topic, "Not looked at: Ollama does not answer."));
        }
        return;
    }
    report.add(judge_version(health.version.as_deref().unwrap_or_default()));
    let config = match models::config(app).await {
        Ok(config) => config,
        Err(error) => {
            report.add(unread(Topic::Models, &error));
            report.add(Finding::skipped(Topic::Answer, "Not looked at: it is not known which model to ask."));
            return;
        }
    };
    let chosen = chosen(&config);
    let installed = installed(app, &chosen);
    let usable = installed.outcome == Outcome::Ok;
    report.add(installed);
    if !usable {
        report.add(Finding::skipped(Topic::Answer, "Not looked at: a chosen model is missing or cannot chat."));
        return;
    }
    report.add(answers(app, &chosen, &config).await);
}

fn reached(health: &OllamaHealth) -> Finding {
    match &health.problem {
        None => Finding::ok(
            Topic::Ollama,
            format!("{} answers in {} ms.", health.host, health.latency_ms.unwrap_or_default()),
        ),
        Some(problem) => Finding::fail(Topic::Ollama, problem.message.clone(), problem.hint.clone()),
    }
}

fn unread(topic: Topic, error: &AppError) -> Finding {
    Finding::fail(topic, error.to_string(), error.hint.clone().unwrap_or_default())
}

/// The models that do something, each once.
fn chosen(config: &ModelConfig) -> Vec<String> {
    let mut chosen = vec![config.categorization_model.clone()];
    if !same_model(&config.scoring_model, &config.categorization_model) {
        chosen.push(config.scoring_model.clone());
    }
    chosen
}

fn installed(app: &App, chosen: &[String]) -> Finding {
    let observed = app.observed.borrow();
    for name in chosen {
        match observed.find(name) {
            Some(tag) if !tag.can_chat() => {
                return Finding::fail(
                    Topic::Models,
                    format!("{name} makes embeddings only and cannot judge articles."),
                    "Choose another under Settings, Ollama.",
                );
            }
            Some(_) => {}
            None if ModelName::parse(name).is_ok_and(|name| name.is_cloud()) => {}
            None => {
                return Finding::fail(
                    Topic::Models,
                    format!("Ollama does not have {name}."),
                    format!("`gleaner models pull {name}`, or choose another under Settings, Ollama."),
                );
            }
        }
    }
    Finding::ok(Topic::Models, format!("Installed: {}.", chosen.join(", ")))
}

async fn answers(app: &App, chosen: &[String], config: &ModelConfig) -> Finding {
    let mut heard = Vec::new();
    for name in chosen {
        match ask(app, name, config).await {
            Ok(sentence) => heard.push(sentence),
            Err(finding) => return finding,
        }
    }
    Finding::ok(Topic::Answer, heard.join(" "))
}

/// One short chat, with exactly the options that scoring uses.
async fn ask(app: &App, model: &str, config: &ModelConfig) -> Result<String, Finding> {
    let started = app.clock.millis();
    let mut answer = app.ollama.chat_with(&request(model, config, Some(config.options.think)), Patience::Once).await;
    if matches!(answer, Err(OllamaError::ThinkUnsupported)) {
        answer = app.ollama.chat_with(&request(model, config, None), Patience::Once).await;
    }
    let seconds = (app.clock.millis() - started) as f64 / 1000.0;
    match answer {
        Ok(answer) if is_empty(&answer) => Err(Finding::warn(
            Topic::Answer,
            format!("{model} answered with nothing after {seconds:.1} s."),
            "It may be broken or not made for chatting; pull it anew, or choose another under Settings, Ollama.",
        )),
        Ok(answer) => Ok(told(model, seconds, &answer)),
        Err(error) => {
            let (message, hint) = words(&error, &app.ollama.host());
            Err(Finding::fail(Topic::Answer, format!("{model} does not answer: {message}"), hint))
        }
    }
}

fn is_empty(answer: &ChatAnswer) -> bool {
    answer.content.trim().is_empty() && answer.thinking.trim().is_empty()
}

fn told(model: &str, seconds: f64, answer: &ChatAnswer) -> String {
    let load = answer.metrics.load().map(|load| load.as_secs_f64()).filter(|load| *load >= 0.25);
    let load = load.map(|load| format!(", {load:.1} s of it for loading")).unwrap_or_default();
    let rate = answer.metrics.tokens_per_second().map(|rate| format!(", {rate:.0} tokens a second"));
    format!("{model} answered in {seconds:.1} s{load}{}.", rate.unwrap_or_default())
}

fn request(model: &str, config: &ModelConfig, think: Option<bool>) -> ChatRequest {
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
            seed: Some(SEED),
        },
    }
}
