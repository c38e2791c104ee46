//! Testing a model: one question with exactly the options of a task.

use super::{
    call_metrics::{TimedCall, record_call},
    change::{find_installed, log_and_convert},
    model_config::load_config,
    poll,
    request_options::{request_keep_alive, request_options},
    short_question,
};
use crate::{
    domain::{model::ModelOptions, model_name::ModelName, model_options::ModelTask, model_test::ModelTest},
    error::{AppError, ErrorKind},
    server::{
        models::resilience::{priority_queue::Priority, retry_policy::RetryPolicy},
        state::App,
    },
};
use std::time::Duration;

/// What is asked.
const QUESTION: &str = "In one sentence: what does a feed reader do?";
/// A test that a page waits for is answered after this time at the latest; a load that it began goes on.
const MAX_TEST_WAIT: Duration = Duration::from_secs(120);

/// Asks a model one question with the options of `task`; without one, of the first task that it serves.
///
/// # Errors
/// 404 when Ollama does not have the model, 422 when it cannot chat, 502 and 503 when it does not answer, 503 also when it takes
/// longer than two minutes.
#[tracing::instrument(name = "models.model_test.test_model", level = "debug", skip_all, fields(model = name))]
pub async fn test_model(app: &App, name: &str, task: Option<ModelTask>) -> Result<ModelTest, AppError> {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let (task_app, name_to_test) = (app.clone(), name.to_owned());
    app.lifecycle.spawn(async move {
        let tested = tokio::select! {
            tested = test_and_wait(&task_app, &name_to_test, task) => tested,
            () = task_app.lifecycle.soft_stop.cancelled() => return,
        };
        // Nobody waits any more when the time was over.
        let _ = sender.send(tested);
    });
    tokio::select! {
        tested = receiver => tested.unwrap_or_else(|_| Err(AppError::internal())),
        () = app.clock.sleep(MAX_TEST_WAIT) => Err(AppError::new(
            ErrorKind::Unavailable,
            format!("{name} has not answered for {} seconds.", MAX_TEST_WAIT.as_secs()),
        )
        .hint("It may still be loading; that goes on. Test it again in a while.")),
    }
}

/// As [`test_model`], but waits for the end: for a process that lives no longer than this call.
#[tracing::instrument(name = "models.model_test.test_and_wait", level = "debug", skip_all, fields(model = name))]
pub async fn test_and_wait(app: &App, name: &str, task: Option<ModelTask>) -> Result<ModelTest, AppError> {
    let installed = find_installed(app, name).await?;
    if !installed.can_chat() {
        return Err(AppError::invalid(format!("{} is an embedding model and answers no questions.", installed.name))
            .field("name"));
    }
    let config = load_config(app).await?;
    let task = task.or_else(|| config.tasks_of(&installed.name).first().copied()).unwrap_or(ModelTask::Chat);
    let options = config.options_for(&installed.name, task);
    ask(app, installed.name, task, &options).await
}

async fn ask(app: &App, model: ModelName, task: ModelTask, options: &ModelOptions) -> Result<ModelTest, AppError> {
    let permit = app.priority_queue.acquire(Priority::Chat).await;
    let started_ms = app.clock.monotonic_ms();
    let answered = short_question::ask(app, &model, options, QUESTION, RetryPolicy::Quick).await;
    let elapsed = app.clock.monotonic_ms() - started_ms;
    drop(permit);
    let servers = app.servers.list();
    let server = servers.iter().find(|server| server.settings.is_main());
    let server = server.map_or("Ollama", |server| server.settings.name.as_str());
    let call = TimedCall { server, started_ms };
    record_call(app, "test", &model, call, answered.as_ref().map(|answer| &answer.metrics));
    let answer = answered.map_err(|error| log_and_convert(app, &error))?;
    // What the load measured is shown beside the answer.
    poll::poll_now(app).await;
    let text = if answer.content.trim().is_empty() { &answer.thinking } else { &answer.content };
    if text.trim().is_empty() {
        return Err(AppError::new(ErrorKind::BadGateway, format!("{model} gave an empty answer."))
            .hint("It may be broken or no chat model; pull it again, or choose another."));
    }
    let mut sent = serde_json::json!(request_options(options));
    sent["keep_alive"] = serde_json::json!(request_keep_alive(options));
    sent["think"] = options.think.into();
    let to_ms = |nanos: i64| nanos.max(0) / 1_000_000;
    Ok(ModelTest {
        task,
        options: sent.to_string(),
        question: QUESTION.to_owned(),
        answer: text.trim().to_owned(),
        complete: answer.complete,
        duration_ms: i64::try_from(elapsed).unwrap_or(i64::MAX),
        load_ms: answer.metrics.load_duration.map(to_ms).filter(|ms| *ms >= MIN_LOAD_MS),
        prompt_tokens: answer.metrics.prompt_eval_count,
        output_tokens: answer.metrics.eval_count,
        output_ms: answer.metrics.eval_duration.map(to_ms),
        model,
    })
}

/// A model that is in memory takes some milliseconds; a load takes longer than this.
const MIN_LOAD_MS: i64 = 250;
