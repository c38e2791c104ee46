//! Requests to a model about one article: the only place that sends scoring prompts to Ollama.

use super::claim::ScoringTask;
use crate::domain::model_name::ModelName;
use crate::{
    domain::{
        article::ModelRun,
        category_suggestion::CategoryChoice,
        score::Judgment,
        scoring::{MAX_SCORING_ATTEMPTS, ScoringStep},
        time::Timestamp,
    },
    server::{
        models::{
            ollama::{
                client::ChatAnswer,
                error::OllamaError,
                wire::{ChatOptions, ChatRequest, Message},
            },
            resilience::{
                circuit_breaker::{Outage, ProbeKind},
                priority_queue::{Permit, Priority},
                retry_policy::RetryPolicy,
            },
            server::{ChatTarget, ModelServer},
        },
        scoring::{
            answer::{self, AnswerError, ParsedAnswer},
            delimiters::Delimiters,
            evidence,
            prompt::{ContextWindow, PromptArticle},
            request_plan::{RequestFailure, RequestPlan},
        },
        services::models,
        state::App,
    },
};
use std::time::Duration;

/// Pause before a model that does not fit into memory is tried again; another choice ends it.
const OUT_OF_MEMORY_RETRY_DELAY: Duration = Duration::from_secs(5 * 60);

/// An answer that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepAnswer {
    /// The categories chosen.
    Categories(Vec<CategoryChoice>),
    /// The score with its reason.
    Judgment(Judgment),
}

/// An accepted answer with its provenance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptedAnswer {
    /// The answer.
    pub answer: StepAnswer,
    /// Where it came from.
    pub run: ModelRun,
    /// The value of `think` that the model accepted, when it differs from the one first sent.
    pub think_override: Option<Option<bool>>,
}

/// An answer that cannot be used, with its provenance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedAnswer {
    /// Why it cannot be used.
    pub error: AnswerError,
    /// The step that was asked for.
    pub step: ScoringStep,
    /// The model that gave it.
    pub model: ModelName,
    /// The version of the prompt.
    pub prompt_version: String,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelCallError {
    /// The model's answer cannot be used: an attempt of the article.
    InvalidAnswer(Box<RefusedAnswer>),
    /// The model or its server cannot be used; no attempt of the article.
    Outage(Outage),
    /// The server stops; nothing was sent.
    Stopped,
}

/// Asks the model, and again with an adjusted request after each failure for which there is a remedy. `think`: as sent at first.
#[tracing::instrument(name = "scoring.model_call.call_model", level = "debug", skip_all, fields(article = %work.article.id))]
pub async fn call_model(
    app: &App,
    server: &ModelServer,
    work: &ScoringTask,
    think: Option<bool>,
) -> Result<AcceptedAnswer, ModelCallError> {
    let batch = &work.batch;
    let is_main = server.settings.is_main();
    if is_main && let Some(outage) = find_missing_model(app, server, &batch.model).await {
        return Err(ModelCallError::Outage(outage));
    }
    let target = match server.find_target(&batch.model).await {
        Ok(target) => target,
        Err(error) => {
            return Err(ModelCallError::Outage(build_outage(server, &error, probe_kind_after(&error), false)));
        }
    };
    let mut attempt = RequestPlan::initial(think, batch.options.num_predict);
    let mut elapsed = 0;
    loop {
        let (request, cut_chars) = build_request(work, &target, &attempt, app.config.ollama.stream);
        let permit = acquire_permit(app, server).await?;
        let asked_at = app.clock.monotonic_ms();
        let result = server.chat(&request, RetryPolicy::Quick).await;
        elapsed += app.clock.monotonic_ms() - asked_at;
        let figures = result.as_ref().map(|answer| &answer.metrics);
        let call = models::TimedCall { server: &server.settings.name, started_ms: asked_at };
        models::record_call(app, batch.instructions.step.as_str(), &target.model, call, figures);
        drop(permit);
        let failure = match result {
            Ok(reply) => match parse_answer(work, &reply) {
                Ok(ParsedAnswer { answer, repairs }) => {
                    app.metrics.record_answer_repairs(batch.instructions.step.as_str(), &repairs);
                    let run = ModelRun {
                        step: batch.instructions.step,
                        model: target.model.clone(),
                        server: (!is_main).then(|| server.settings.name.clone()),
                        model_digest: batch.model_digest.clone().filter(|_| is_main),
                        prompt_version: batch.instructions.prompt_version.clone(),
                        options: serialize_request_options(&request),
                        prompt_tokens: reply.metrics.prompt_eval_count,
                        output_tokens: reply.metrics.eval_count,
                        duration_ms: i64::try_from(elapsed).unwrap_or(i64::MAX),
                        cut_chars: i64::try_from(cut_chars).unwrap_or(i64::MAX),
                        at: app.clock.now(),
                    };
                    return Ok(AcceptedAnswer {
                        answer,
                        run,
                        think_override: attempt.has_changed_think().then_some(attempt.think),
                    });
                }
                Err(failure) => failure,
            },
            Err(error) => classify_error(server, &error)?,
        };
        tracing::debug!(article = %work.article.id, model = %batch.model, ?failure, "the answer cannot be used as it is");
        attempt = attempt.adjusted_for(failure).map_err(|error| {
            ModelCallError::InvalidAnswer(Box::new(RefusedAnswer {
                error,
                step: batch.instructions.step,
                model: target.model.clone(),
                prompt_version: batch.instructions.prompt_version.clone(),
            }))
        })?;
    }
}

/// Why no prompt is sent: the list of installed models, read again when it is old, does not have the model.
async fn find_missing_model(app: &App, server: &ModelServer, model: &ModelName) -> Option<Outage> {
    if !app.models.snapshot().is_missing(model) {
        return None;
    }
    models::poll_if_stale(app).await;
    if !app.models.snapshot().is_missing(model) {
        return None;
    }
    let error = OllamaError::ModelMissing(format!("model '{model}' not found"));
    let outage = build_outage(server, &error, ProbeKind::Request, false);
    // The readiness names the models that are installed.
    let readiness = models::model_readiness(app, model).await.ok();
    let message = readiness.and_then(|readiness| Some(format!("{} {}", readiness.message?, readiness.hint?)));
    Some(Outage { message: message.unwrap_or(outage.message.clone()), ..outage })
}

/// A permit to ask a server; none is given out after the soft stop.
pub(super) async fn acquire_permit(app: &App, server: &ModelServer) -> Result<Permit, ModelCallError> {
    tokio::select! {
        biased;
        () = app.lifecycle.soft_stop.cancelled() => Err(ModelCallError::Stopped),
        turn = server.queue.acquire(Priority::Scoring) => Ok(turn),
    }
}

fn build_request(work: &ScoringTask, target: &ChatTarget, attempt: &RequestPlan, stream: bool) -> (ChatRequest, usize) {
    let (batch, subject) = (&work.batch, &work.article);
    let day = subject.published_at.map(Timestamp::format_day);
    let article = PromptArticle {
        title: &subject.title,
        feed_title: &subject.feed_title,
        author: subject.author.as_deref(),
        published_on: day.as_deref(),
        paragraphs: &work.paragraphs,
    };
    let num_ctx = target.context_length.map_or(batch.options.num_ctx, |tokens| tokens.min(batch.options.num_ctx));
    let context = ContextWindow { num_ctx, num_predict: batch.options.num_predict };
    let marker = Delimiters::random(rand::random());
    let sent =
        batch.instructions.render_user_prompt(&article, context, &marker, subject.attempts > 0, attempt.halvings);
    let request = ChatRequest {
        model: target.model.clone(),
        messages: vec![Message::new("system", &batch.instructions.system_prompt), Message::new("user", sent.text)],
        stream,
        format: Some(batch.instructions.schema.clone()),
        think: attempt.think.map(Into::into),
        truncate: Some(false),
        keep_alive: Some(models::request_keep_alive(&batch.options)),
        options: ChatOptions { num_predict: Some(attempt.num_predict), ..models::request_options(&batch.options) },
    };
    (request, sent.cut_chars)
}

/// The order of ollama-api.md §4.4.
fn parse_answer(work: &ScoringTask, reply: &ChatAnswer) -> Result<ParsedAnswer<StepAnswer>, RequestFailure> {
    if answer::without_thinking(&reply.content).is_empty() {
        let has_thinking = !reply.thinking.trim().is_empty() || !reply.content.trim().is_empty();
        return Err(match (has_thinking, reply.complete) {
            (true, _) => RequestFailure::ThinkingOnly,
            (false, false) => RequestFailure::OutputTruncated,
            (false, true) => RequestFailure::EmptyAnswer,
        });
    }
    let last_attempt = work.article.attempts + 1 >= MAX_SCORING_ATTEMPTS;
    let answer = match work.batch.instructions.step {
        ScoringStep::Categorize => {
            answer::parse_categories(&reply.content, &work.batch.instructions.category_index, last_attempt)
                .map(|parsed| parsed.map(StepAnswer::Categories))
        }
        ScoringStep::Score => answer::parse_judgment(&reply.content, last_attempt).map(|parsed| {
            parsed.map(|judgment| {
                let evidence = evidence::verify_quotes(&judgment.evidence, &work.article.title, &work.paragraphs);
                StepAnswer::Judgment(Judgment { evidence, ..judgment })
            })
        }),
    };
    match answer {
        Err(AnswerError::NotJson) if !reply.complete => Err(RequestFailure::OutputTruncated),
        // The start of the prompt, the instructions, was dropped silently, so the answer does not follow them.
        _ if reply.metrics.fills_context(work.batch.options.num_ctx) => Err(RequestFailure::ContextOverflow),
        answer => answer.map_err(RequestFailure::InvalidAnswer),
    }
}

/// Tells what is about this one answer from what keeps every article waiting; by the type of the error alone.
pub(super) fn classify_error(server: &ModelServer, error: &OllamaError) -> Result<RequestFailure, ModelCallError> {
    match error {
        OllamaError::Overflow => return Ok(RequestFailure::ContextOverflow),
        OllamaError::ThinkUnsupported => return Ok(RequestFailure::ThinkUnsupported),
        OllamaError::TooLarge(_) => return Ok(RequestFailure::InvalidAnswer(AnswerError::TooLong)),
        _ => {}
    }
    let suspicious = matches!(
        error,
        OllamaError::RunnerCrashed(_)
            | OllamaError::Server(_)
            | OllamaError::BadAnswer(_)
            | OllamaError::IdleTimeout
            | OllamaError::FirstByteTimeout
            | OllamaError::OverBudget(_)
            // A proxy or a failing server may break off any answer; an article is the cause only when others do not fail.
            | OllamaError::CutOff
    );
    Err(ModelCallError::Outage(build_outage(server, error, probe_kind_after(error), suspicious)))
}

const fn probe_kind_after(error: &OllamaError) -> ProbeKind {
    if error.is_connection_failure() { ProbeKind::Ping } else { ProbeKind::Request }
}

fn build_outage(server: &ModelServer, error: &OllamaError, return_by: ProbeKind, suspicious: bool) -> Outage {
    let (message, hint) = server.message_and_hint(error);
    Outage {
        reason: error.code().to_owned(),
        message: format!("{message} {hint}"),
        probe_kind: return_by,
        retry_after: match error {
            // Repeated loads burden the machine, and memory is seldom free a moment later.
            OllamaError::OutOfMemory(_) => Some(OUT_OF_MEMORY_RETRY_DELAY),
            other => other.retry_after(),
        },
        counts_for_quarantine: suspicious,
    }
}

/// Whether a server answers at all. Proves nothing about the model, but costs nothing either.
#[tracing::instrument(name = "scoring.model_call.probe_server", level = "debug", skip_all)]
pub async fn probe_server(server: &ModelServer) -> Result<(), Outage> {
    server.ping().await.map_err(|error| build_outage(server, &error, ProbeKind::Ping, false))
}

/// The options as sent, for the record.
fn serialize_request_options(request: &ChatRequest) -> String {
    let mut options = serde_json::json!(request.options);
    options["think"] = serde_json::json!(request.think_value());
    options["keep_alive"] = serde_json::json!(request.keep_alive);
    options.to_string()
}
