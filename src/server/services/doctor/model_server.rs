//! Checks of Ollama and the models in use: reachable, recent, installed, answering. Only an answer proves that a model works.

use super::finding_collector::FindingCollector;
use crate::{
    domain::{
        answer_problem::AnswerProblem,
        diagnostics::{DiagnosticCheck, DiagnosticOutcome, DiagnosticResult, check_ollama_version},
        model::{ModelConfig, ModelFallback, OllamaHealth},
        model_name::ModelName,
        model_versions::{LockDifference, ModelUpdate, UpdateState},
    },
    error::AppError,
    server::{
        models::{
            ollama::{client::ChatAnswer, error_message::message_and_hint},
            resilience::retry_policy::RetryPolicy,
        },
        services::{model_versions, models, scoring},
        state::App,
    },
};

/// Adds the findings about Ollama; a check that depends on a failed one is skipped.
pub(super) async fn check_model_server<F: FnMut(&DiagnosticResult)>(app: &App, report: &mut FindingCollector<F>) {
    let health = models::poll_now(app).await;
    let reachable = health.connected;
    report.add(check_reachable(&health));
    if !reachable {
        for topic in
            [DiagnosticCheck::Version, DiagnosticCheck::Models, DiagnosticCheck::Versions, DiagnosticCheck::Answer]
        {
            report.add(DiagnosticResult::skipped(topic, "Skipped: Ollama is not responding."));
        }
        return;
    }
    report.add(check_ollama_version(health.version.as_deref().unwrap_or_default()));
    let config = match models::load_config(app).await {
        Ok(config) => config,
        Err(error) => {
            report.add(finding_from_error(DiagnosticCheck::Models, &error));
            for topic in [DiagnosticCheck::Versions, DiagnosticCheck::Answer] {
                report.add(DiagnosticResult::skipped(topic, "Skipped: the models in use are unknown."));
            }
            return;
        }
    };
    let chosen = config.models_in_use();
    let installed = check_installed(app, &chosen, &config.fallbacks);
    let versions = check_versions(app).await;
    let usable = installed.outcome != DiagnosticOutcome::Fail;
    report.add(installed);
    report.add(versions);
    if !usable {
        report.add(DiagnosticResult::skipped(
            DiagnosticCheck::Answer,
            "Skipped: a model in use is missing or cannot chat.",
        ));
        return;
    }
    report.add(check_answers(app, &chosen, &config).await);
}

/// Whether the last answers of the models in use tell articles apart, and can be used.
pub(super) async fn check_scores(app: &App, database_opens: bool) -> DiagnosticResult {
    if !database_opens {
        return DiagnosticResult::skipped(DiagnosticCheck::Scores, "Skipped: the database cannot be opened.");
    }
    match scoring::flat_models::find_problems(app).await {
        Ok(problems) => match problems.first() {
            None => DiagnosticResult::ok(DiagnosticCheck::Scores, "Nothing is wrong with the last answers."),
            Some(first) => DiagnosticResult::warn(
                DiagnosticCheck::Scores,
                problems.iter().map(AnswerProblem::message).collect::<Vec<_>>().join(" "),
                first.remedy(),
            ),
        },
        Err(error) => finding_from_error(DiagnosticCheck::Scores, &error),
    }
}

fn check_reachable(health: &OllamaHealth) -> DiagnosticResult {
    match health.problem.as_ref().filter(|_| !health.connected) {
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

fn check_installed(app: &App, chosen: &[&ModelName], fallbacks: &[ModelFallback]) -> DiagnosticResult {
    let snapshot = app.models.snapshot();
    for name in chosen {
        match snapshot.find(name) {
            Some(installed) if !installed.can_chat() => {
                return DiagnosticResult::fail(
                    DiagnosticCheck::Models,
                    format!("{name} is an embedding model and cannot score articles."),
                    "Choose another under Settings, Ollama.",
                );
            }
            Some(_) => {}
            None if name.is_cloud() => {}
            None => {
                return DiagnosticResult::fail(
                    DiagnosticCheck::Models,
                    format!("Ollama does not have {name}."),
                    match snapshot.alternatives(name).first() {
                        Some(other) => {
                            format!(
                                "`gleaner models pull {name}`, or `gleaner models use {other}`, which is installed."
                            )
                        }
                        None => format!("`gleaner models pull {name}`, or choose another under Settings, Ollama."),
                    },
                );
            }
        }
    }
    if !fallbacks.is_empty() {
        let replaced = fallbacks.iter().map(|fallback| {
            let ModelFallback { task, chosen, serving } = fallback;
            format!("{serving} serves {} in place of {chosen}, which is not installed.", task.as_str())
        });
        return DiagnosticResult::warn(
            DiagnosticCheck::Models,
            replaced.collect::<Vec<_>>().join(" "),
            "Pull the chosen model again (`gleaner models pull NAME`), or choose another (`gleaner models use NAME`).",
        );
    }
    DiagnosticResult::ok(
        DiagnosticCheck::Models,
        format!("Installed: {}.", chosen.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ")),
    )
}

/// What is locked and what registries were found to have; asks none of them.
async fn check_versions(app: &App) -> DiagnosticResult {
    let topic = DiagnosticCheck::Versions;
    let versions = match model_versions::load_versions(app).await {
        Ok(versions) => versions,
        Err(error) => return finding_from_error(topic, &error),
    };
    if let Some(problem) = versions.lock_problem {
        return DiagnosticResult::warn(topic, problem, "`gleaner models lock` writes the lock anew.");
    }
    if let Some(first) = versions.differences.first() {
        let messages: Vec<String> = versions.differences.iter().map(LockDifference::message).collect();
        return DiagnosticResult::warn(topic, messages.join(" "), first.remedy());
    }
    let outdated: Vec<&ModelUpdate> =
        versions.updates.iter().filter(|found| found.state == UpdateState::Available).collect();
    if !outdated.is_empty() {
        let name = |found: &&ModelUpdate| format!("{} (checked {})", found.model, found.checked_at);
        let names: Vec<String> = outdated.iter().map(name).collect();
        return DiagnosticResult::warn(
            topic,
            format!("An update is available of {}.", names.join(", ")),
            "`gleaner models pull --keep-earlier NAME` pulls it and keeps the installed version.",
        );
    }
    let locked =
        if versions.lock.is_some() { "The models in use are the locked versions" } else { "No versions are locked" };
    DiagnosticResult::ok(topic, format!("{locked}; no update is known."))
}

async fn check_answers(app: &App, chosen: &[&ModelName], config: &ModelConfig) -> DiagnosticResult {
    let mut answers = Vec::new();
    for name in chosen {
        match check_answer(app, name, config).await {
            Ok(sentence) => answers.push(sentence),
            Err(finding) => return finding,
        }
    }
    DiagnosticResult::ok(DiagnosticCheck::Answer, answers.join(" "))
}

/// One short chat, with exactly the options that scoring uses.
async fn check_answer(app: &App, model: &ModelName, config: &ModelConfig) -> Result<String, DiagnosticResult> {
    let started = app.clock.monotonic_ms();
    let options = config.load_options(model);
    let question = "Are you there? Answer with the one word yes.";
    let answer = models::ask_short_question(app, model, &options, question, RetryPolicy::None).await;
    let seconds = (app.clock.monotonic_ms() - started) as f64 / 1000.0;
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

fn describe_answer(model: &ModelName, seconds: f64, answer: &ChatAnswer) -> String {
    let load = answer.metrics.load_time().map(|load| load.as_secs_f64()).filter(|load| *load >= 0.25);
    let load = load.map(|load| format!(", {load:.1} s of it loading the model")).unwrap_or_default();
    let rate = answer.metrics.tokens_per_second().map(|rate| format!(", {rate:.0} tokens/s"));
    format!("{model} answered in {seconds:.1} s{load}{}.", rate.unwrap_or_default())
}
