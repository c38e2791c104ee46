//! `POST /api/chat`: validation, loading, and the answer as a stream or as one object.

use super::{
    answer,
    answer_override::{AnswerOverride, SimulatedAnswer},
    model_endpoints::{format_time, requested_model},
    models::ModelSpec,
    responses::{error_response, json_response, ndjson_line, stream_response, text_response},
    state::SimulatorState,
};
use crate::domain::model_name::ModelName;
use axum::{http::StatusCode, response::Response};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tokio::sync::OwnedSemaphorePermit;

/// Characters per token, roughly.
const TOKEN_CHARS: usize = 4;

/// A valid request.
struct ValidChatRequest {
    spec: ModelSpec,
    /// The name as the client wrote it; repeated in the answer.
    model: String,
    messages: Vec<Value>,
    body: Value,
    stream: bool,
    thinks: bool,
    keep_alive_ms: Option<i64>,
    num_ctx: i64,
    num_predict: Option<usize>,
}

/// The answer before it is sent.
struct AnswerPlan {
    thinking: Vec<String>,
    content: Vec<String>,
    reason: &'static str,
    prompt_tokens: i64,
    load: Duration,
    started_ms: i64,
}

pub(super) async fn answer(shared: &Arc<SimulatorState>, body: Value, other: Option<&AnswerOverride>) -> Response {
    let wanted = match validate(shared, body) {
        Ok(wanted) => wanted,
        Err(refusal) => return *refusal,
    };
    let started_ms = shared.now_ms();
    if wanted.messages.is_empty() && wanted.keep_alive_ms == Some(0) {
        shared.state().unload(&wanted.spec);
        return load_response(shared, &wanted, "unload");
    }
    let load = match ensure_loaded(shared, &wanted).await {
        Ok(load) => load,
        Err(refusal) => return *refusal,
    };
    if wanted.messages.is_empty() {
        shared.state().begin(&wanted.spec);
        shared.state().finish(&wanted.spec, wanted.keep_alive_ms, shared.now_ms());
        return load_response(shared, &wanted, "load");
    }
    // Requests for a model in memory wait here without a limit and are never refused.
    let Ok(slot) = shared.slots.clone().acquire_owned().await else {
        return error_response(499, "request canceled");
    };
    let work = ActiveRequest::begin(shared.clone(), &wanted, slot);
    let prompt_tokens = count_tokens(&wanted.messages);
    if prompt_tokens > wanted.num_ctx && wanted.body.get("truncate") == Some(&Value::Bool(false)) {
        let words = json!({ "error": "the input length exceeds the context length" }).to_string();
        return text_response(StatusCode::BAD_REQUEST, "application/json", &words);
    }
    shared.pause(shared.settings.prompt_time).await;
    let plan = plan_answer(&wanted, other, prompt_tokens.min(wanted.num_ctx), load, started_ms);
    if wanted.stream {
        stream_answer(shared.clone(), wanted, plan, work)
    } else {
        single_answer(shared, &wanted, &plan, work).await
    }
}

/// Validates a request; refusals have the texts and statuses of real servers.
fn validate(shared: &SimulatorState, body: Value) -> Result<ValidChatRequest, Box<Response>> {
    let refuse = |status, words: &str| Err(Box::new(error_response(status, words)));
    let think = match body.get("think") {
        None | Some(Value::Null) => None,
        Some(Value::Bool(think)) => Some(*think),
        Some(Value::String(level)) if ["high", "medium", "low", "max"].contains(&level.as_str()) => Some(true),
        Some(other) => {
            let words = "(must be \"high\", \"medium\", \"low\", \"max\", true, or false)";
            return refuse(400, &format!("invalid think value: {other} {words}"));
        }
    };
    let Ok(keep_alive_ms) = parse_keep_alive(body.get("keep_alive")) else {
        return refuse(400, "time: invalid duration");
    };
    let model = requested_model(&body).to_owned();
    if model.is_empty() {
        return refuse(400, "model is required");
    }
    let Ok(name) = ModelName::parse(&model) else { return refuse(400, "invalid model name") };
    let Some(spec) = shared.state().find(&model).cloned() else {
        if name.is_cloud() && shared.settings.cloud_disabled {
            return refuse(403, "ollama cloud is disabled: remote model is unavailable");
        }
        return refuse(404, &format!("model '{model}' not found"));
    };
    let messages = body.get("messages").and_then(Value::as_array).cloned().unwrap_or_default();
    if !spec.can("completion") && !messages.is_empty() {
        return refuse(400, &format!("\"{model}\" does not support chat"));
    }
    let can_think = spec.can("thinking");
    if think == Some(true) && !can_think {
        return refuse(400, &format!("\"{model}\" does not support thinking"));
    }
    if !matches!(body.get("format"), None | Some(Value::Null | Value::Object(_)))
        && !matches!(body.get("format").and_then(Value::as_str), Some("" | "json"))
    {
        let format = body.get("format").map(Value::to_string).unwrap_or_default();
        let words = format!("invalid format: {format:?}; expected \"json\" or a valid JSON Schema object");
        let body = json!({ "error": words }).to_string();
        return Err(Box::new(text_response(StatusCode::INTERNAL_SERVER_ERROR, "application/json", &body)));
    }
    let option = |key: &str| body.get("options").and_then(|o| o.get(key)).filter(|v| !v.is_null());
    for key in ["num_ctx", "num_predict", "seed"] {
        if option(key).is_some_and(|v| v.as_f64().is_none()) {
            return refuse(500, &format!("option \"{key}\" must be of type integer"));
        }
    }
    let num_ctx = option("num_ctx").and_then(Value::as_i64).unwrap_or(4096);
    let num_predict = option("num_predict").and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    Ok(ValidChatRequest {
        model,
        messages,
        stream: body.get("stream") != Some(&Value::Bool(false)),
        thinks: can_think && think != Some(false),
        keep_alive_ms,
        num_ctx,
        num_predict,
        spec,
        body,
    })
}

/// Milliseconds; negative is for ever, `None` leaves the value as it is.
fn parse_keep_alive(value: Option<&Value>) -> Result<Option<i64>, ()> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Number(n)) => Ok(n.as_f64().map(|s| (s * 1000.0) as i64)),
        Some(Value::String(text)) => {
            let (sign, rest) = text.strip_prefix('-').map_or((1, text.as_str()), |rest| (-1, rest));
            let time = humantime::parse_duration(rest).map_err(drop)?;
            i64::try_from(time.as_millis()).map(|ms| Some(sign * ms)).map_err(drop)
        }
        Some(_) => Err(()),
    }
}

/// Loads a model unless it is in memory with the same context; returns how long that took. A client that disconnects drops this
/// future, which aborts the load.
async fn ensure_loaded(shared: &SimulatorState, wanted: &ValidChatRequest) -> Result<Duration, Box<Response>> {
    let num_ctx = wanted.num_ctx.min(wanted.spec.context_length);
    if shared.state().is_loaded(&wanted.spec, num_ctx, shared.now_ms()) {
        return Ok(Duration::ZERO);
    }
    if wanted.num_ctx > shared.settings.memory_ctx {
        let words = "model requires more system memory (47.7 GiB) than is available (22.2 GiB)";
        return Err(Box::new(error_response(500, words)));
    }
    let Ok(_place) = shared.queue.clone().try_acquire_owned() else {
        return Err(Box::new(error_response(503, "server busy, please try again.  maximum pending requests exceeded")));
    };
    let _one_at_a_time = shared.loading.lock().await;
    if !shared.state().is_loaded(&wanted.spec, num_ctx, shared.now_ms()) {
        shared.pause(shared.settings.load_time).await;
        shared.state().load(&wanted.spec, num_ctx, shared.now_ms());
    }
    Ok(shared.settings.load_time)
}

/// A request being worked on; when dropped, the slot is free and the time in memory starts to count.
struct ActiveRequest {
    shared: Arc<SimulatorState>,
    spec: ModelSpec,
    keep_alive_ms: Option<i64>,
    _slot: OwnedSemaphorePermit,
}

impl ActiveRequest {
    fn begin(shared: Arc<SimulatorState>, wanted: &ValidChatRequest, slot: OwnedSemaphorePermit) -> Self {
        shared.state().begin(&wanted.spec);
        Self { shared, spec: wanted.spec.clone(), keep_alive_ms: wanted.keep_alive_ms, _slot: slot }
    }
}

impl Drop for ActiveRequest {
    fn drop(&mut self) {
        let now_ms = self.shared.now_ms();
        self.shared.state().finish(&self.spec, self.keep_alive_ms, now_ms);
    }
}

fn plan_answer(
    wanted: &ValidChatRequest,
    other: Option<&AnswerOverride>,
    prompt_tokens: i64,
    load: Duration,
    started_ms: i64,
) -> AnswerPlan {
    let usual = SimulatedAnswer {
        thinking: if wanted.thinks { "Let me see what this is about. ".into() } else { String::new() },
        content: answer::answer_chat(&wanted.body),
        max_pieces: wanted.num_predict,
    };
    let answer = match other {
        Some(AnswerOverride(write)) => write(&wanted.body, usual),
        None => usual,
    };
    let (mut thinking, mut content) = (split_tokens(&answer.thinking), split_tokens(&answer.content));
    let mut reason = "stop";
    if let Some(limit) = answer.max_pieces
        && thinking.len() + content.len() > limit
    {
        reason = "length";
        thinking.truncate(limit);
        content.truncate(limit - thinking.len());
    }
    AnswerPlan { thinking, content, reason, prompt_tokens, load, started_ms }
}

fn count_tokens(messages: &[Value]) -> i64 {
    let chars: usize = messages.iter().filter_map(|m| m["content"].as_str()).map(|c| c.chars().count()).sum();
    i64::try_from(chars / TOKEN_CHARS + 8 * messages.len()).unwrap_or(i64::MAX)
}

fn split_tokens(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    chars.chunks(TOKEN_CHARS).map(|piece| piece.iter().collect()).collect()
}

fn stream_line(shared: &SimulatorState, wanted: &ValidChatRequest, thinking: &str, content: &str) -> Value {
    let mut message = json!({ "role": "assistant", "content": content });
    if !thinking.is_empty() {
        message["thinking"] = json!(thinking);
    }
    json!({ "model": wanted.model, "created_at": format_time(shared.now_ms()), "message": message, "done": false })
}

/// The answer to a request without messages: one object, also when a stream was asked for.
fn load_response(shared: &SimulatorState, wanted: &ValidChatRequest, reason: &str) -> Response {
    let mut answer = stream_line(shared, wanted, "", "");
    answer["done"] = json!(true);
    answer["done_reason"] = json!(reason);
    json_response(StatusCode::OK, &answer)
}

/// Between two pieces: slower where no format is requested, so that the text can be read as it arrives.
fn token_pace(shared: &SimulatorState, wanted: &ValidChatRequest) -> Duration {
    let talks = wanted.body.get("format").is_none_or(Value::is_null);
    shared.settings.token_time.max(if talks { shared.settings.talk_time } else { Duration::ZERO })
}

fn add_metrics(shared: &SimulatorState, plan: &AnswerPlan, pace: Duration, answer: &mut Value) {
    let nanos = |ms: i64| (ms.max(0) + 1) * 1_000_000;
    let load = i64::try_from(plan.load.as_millis()).unwrap_or(0);
    let total = shared.now_ms() - plan.started_ms;
    let eval = i64::try_from(plan.thinking.len() + plan.content.len()).unwrap_or(0);
    let token = i64::try_from(pace.as_millis()).unwrap_or(0);
    answer["done"] = json!(true);
    answer["done_reason"] = json!(plan.reason);
    answer["total_duration"] = json!(nanos(total));
    answer["load_duration"] = json!(nanos(load));
    answer["prompt_eval_count"] = json!(plan.prompt_tokens);
    answer["prompt_eval_duration"] = json!(nanos(i64::try_from(shared.settings.prompt_time.as_millis()).unwrap_or(0)));
    answer["eval_count"] = json!(eval.max(1));
    answer["eval_duration"] = json!(nanos(token * eval));
}

fn stream_answer(
    shared: Arc<SimulatorState>,
    wanted: ValidChatRequest,
    plan: AnswerPlan,
    work: ActiveRequest,
) -> Response {
    let pace = token_pace(&shared, &wanted);
    let lines = async_stream::stream! {
        let _work = work;
        let said = plan.thinking.iter().map(|t| (t.as_str(), "")).chain(plan.content.iter().map(|c| ("", c.as_str())));
        for (thinking, content) in said {
            shared.pause(pace).await;
            yield ndjson_line(&stream_line(&shared, &wanted, thinking, content));
        }
        let mut last = stream_line(&shared, &wanted, "", "");
        add_metrics(&shared, &plan, pace, &mut last);
        yield ndjson_line(&last);
    };
    stream_response(lines)
}

async fn single_answer(
    shared: &SimulatorState,
    wanted: &ValidChatRequest,
    plan: &AnswerPlan,
    work: ActiveRequest,
) -> Response {
    let count = u32::try_from(plan.thinking.len() + plan.content.len()).unwrap_or(u32::MAX);
    let pace = token_pace(shared, wanted);
    shared.pause(pace.saturating_mul(count)).await;
    drop(work);
    let mut answer = stream_line(shared, wanted, &plan.thinking.concat(), &plan.content.concat());
    add_metrics(shared, plan, pace, &mut answer);
    json_response(StatusCode::OK, &answer)
}
