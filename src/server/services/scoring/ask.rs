//! Asking a model about one article: the only place where prompts meet Ollama.

use super::claim::Work;
use crate::{
    domain::{category::Choice, score::Judgement, scoring::Step},
    server::{
        ollama::{
            client::ChatAnswer,
            error::OllamaError,
            gate::{Outage, Return},
            remedy::words,
            tries::Patience,
            turns::{Caller, Turn},
            wire::{ChatOptions, ChatRequest, Message},
        },
        scoring::{
            evidence,
            fence::Marker,
            prompt::{Article, Context},
            remedy::{Attempt, Trouble},
            reply::{self, BadAnswer},
        },
        services::models,
        state::App,
        storage::scores::Run,
    },
};
use std::time::Duration;

/// A model that does not fit the memory is tried again after this, or at once after another choice.
const MEMORY_PAUSE: Duration = Duration::from_secs(5 * 60);

/// An answer that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Categories(Vec<Choice>),
    Judgement(Judgement),
}

/// An accepted answer with its provenance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub answer: Answer,
    pub run: Run,
    /// How the model must be told to think, when that turned out to differ from the setting.
    pub think: Option<Option<bool>>,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failed {
    /// The model's answer cannot be used: an attempt of the article.
    Bad(BadAnswer),
    /// The article is not at fault.
    Outage(Outage),
    /// The server stops; nothing was asked.
    Stopped,
}

/// Asks, with each remedy once. `think`: as sent at first.
pub async fn ask(app: &App, work: &Work, think: Option<bool>) -> Result<Reply, Failed> {
    let batch = &work.batch;
    let mut attempt = Attempt::first(think, batch.options.num_predict);
    let mut elapsed = 0;
    loop {
        let (request, cut_chars) = request(work, &attempt, app.config.ollama.stream);
        let turn = turn(app).await?;
        let asked_at = app.clock.millis();
        let heard = app.ollama.chat_with(&request, Patience::Brisk).await;
        elapsed += app.clock.millis() - asked_at;
        let figures = heard.as_ref().map(|answer| &answer.metrics);
        models::count(app, batch.instructions.step.as_str(), &batch.model, asked_at, figures);
        drop(turn);
        let trouble = match heard {
            Ok(heard) => match understand(work, &heard) {
                Ok(answer) => {
                    let run = Run {
                        step: batch.instructions.step,
                        model: batch.model.clone(),
                        model_digest: batch.model_digest.clone(),
                        prompt_version: batch.instructions.version.clone(),
                        options: sent_options(&request),
                        prompt_tokens: heard.metrics.prompt_eval_count,
                        output_tokens: heard.metrics.eval_count,
                        duration_ms: i64::try_from(elapsed).unwrap_or(i64::MAX),
                        cut_chars: i64::try_from(cut_chars).unwrap_or(i64::MAX),
                        at: app.clock.now(),
                    };
                    return Ok(Reply { answer, run, think: attempt.changed_think().then_some(attempt.think) });
                }
                Err(trouble) => trouble,
            },
            Err(error) => judge(app, &error)?,
        };
        tracing::debug!(article = %work.subject.id, model = batch.model, ?trouble, "the answer cannot be used as it is");
        attempt = attempt.after(trouble).map_err(Failed::Bad)?;
    }
}

/// A place before Ollama. At the soft stop nothing new begins, whoever leaves a place then.
pub(super) async fn turn(app: &App) -> Result<Turn, Failed> {
    tokio::select! {
        biased;
        () = app.lifecycle.soft.cancelled() => Err(Failed::Stopped),
        turn = app.turns.take(Caller::Scoring) => Ok(turn),
    }
}

fn request(work: &Work, attempt: &Attempt, stream: bool) -> (ChatRequest, usize) {
    let (batch, subject) = (&work.batch, &work.subject);
    let article = Article {
        title: &subject.title,
        feed: &subject.feed,
        author: subject.author.as_deref(),
        published_at: subject.published_at,
        paragraphs: &work.paragraphs,
    };
    let context = Context { num_ctx: batch.options.num_ctx, num_predict: batch.options.num_predict };
    let marker = Marker::random(rand::random());
    let sent = batch.instructions.for_article(&article, context, &marker, subject.attempts > 0, attempt.shrink);
    let request = ChatRequest {
        model: batch.model.clone(),
        messages: vec![Message::new("system", &batch.instructions.system), Message::new("user", sent.user)],
        stream,
        format: Some(batch.instructions.schema.clone()),
        think: attempt.think,
        truncate: Some(false),
        keep_alive: Some(models::sent_keep_alive(&batch.options)),
        options: ChatOptions { num_predict: Some(attempt.num_predict), ..models::sent_options(&batch.options) },
    };
    (request, sent.cut_chars)
}

/// The order of ollama-api.md §4.4.
fn understand(work: &Work, heard: &ChatAnswer) -> Result<Answer, Trouble> {
    if heard.content.trim().is_empty() {
        return Err(match (heard.thinking.trim().is_empty(), heard.complete) {
            (false, _) => Trouble::ThinkingOnly,
            (true, false) => Trouble::Length,
            (true, true) => Trouble::Bad(BadAnswer::Empty),
        });
    }
    let answer = match work.batch.instructions.step {
        Step::Categorize => reply::categories(&heard.content, &work.batch.instructions.known).map(Answer::Categories),
        Step::Score => reply::judgement(&heard.content).map(|judgement| {
            let evidence = evidence::verified(&judgement.evidence, &work.subject.title, &work.paragraphs);
            Answer::Judgement(Judgement { evidence, ..judgement })
        }),
    };
    match answer {
        Err(BadAnswer::NotJson) if !heard.complete => Err(Trouble::Length),
        // The start of the prompt, the instructions, was dropped without a word: whatever was said is worth nothing.
        _ if heard.metrics.filled(work.batch.options.num_ctx) => Err(Trouble::Overflow),
        answer => answer.map_err(Trouble::Bad),
    }
}

/// Tells what is about this one answer from what keeps every article waiting; by the type of the error alone.
pub(super) fn judge(app: &App, error: &OllamaError) -> Result<Trouble, Failed> {
    let return_by = match error {
        OllamaError::Overflow => return Ok(Trouble::Overflow),
        OllamaError::ThinkUnsupported => return Ok(Trouble::ThinkUnsupported),
        OllamaError::TooLarge(_) => return Ok(Trouble::Bad(BadAnswer::TooLong)),
        OllamaError::Refused | OllamaError::Dns | OllamaError::ConnectTimeout | OllamaError::Broken(_) => Return::Knock,
        _ => Return::Try,
    };
    let suspicious = matches!(
        error,
        OllamaError::RunnerCrashed(_)
            | OllamaError::Server(_)
            | OllamaError::BadAnswer(_)
            | OllamaError::IdleTimeout
            | OllamaError::FirstByteTimeout
            | OllamaError::OverBudget(_)
            // A proxy or a failing server breaks off whatever it is asked; an article is only to blame when others are not.
            | OllamaError::CutOff
    );
    Err(Failed::Outage(outage(app, error, return_by, suspicious)))
}

fn outage(app: &App, error: &OllamaError, return_by: Return, suspicious: bool) -> Outage {
    let (message, hint) = words(error, &app.ollama.host());
    Outage {
        reason: error.word().to_owned(),
        message: format!("{message} {hint}"),
        return_by,
        retry_after: match error {
            // Loading it again and again would be hard on the machine, and memory is seldom free a moment later.
            OllamaError::OutOfMemory(_) => Some(MEMORY_PAUSE),
            other => other.retry_after(),
        },
        suspicious,
    }
}

/// Whether Ollama answers at all. Proves nothing about the model, but costs nothing either.
pub async fn knock(app: &App) -> Result<(), Outage> {
    app.ollama.version().await.map(drop).map_err(|error| outage(app, &error, Return::Knock, false))
}

/// The options as sent, for the record.
fn sent_options(request: &ChatRequest) -> String {
    let mut options = serde_json::json!(request.options);
    options["think"] = serde_json::json!(request.told());
    options["keep_alive"] = serde_json::json!(request.keep_alive);
    options.to_string()
}
