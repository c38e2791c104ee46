//! Requests and answers of OpenAI's API. Any field may be absent, extra or null.

use super::response_format::ResponseFormat;
use crate::{
    domain::model_name::ModelName,
    server::models::ollama::wire::{ChatRequest, Message},
};
use serde_json::{Map, Value, json};

/// Tokens of the test question of the probe.
const PROBE_TOKENS: i64 = 48;

/// A model that a server offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServedModel {
    /// Its name in requests.
    pub id: ModelName,
    /// Tokens of context, when the server tells.
    pub context_length: Option<i64>,
    /// The field `owned_by`; Ollama sends `library`.
    pub owned_by: String,
}

/// Reads `GET /v1/models`; `None` when it is no such list. Rows without a name are left out.
pub fn parse_models(body: &Value) -> Option<Vec<ServedModel>> {
    let rows = body.get("data")?.as_array()?;
    Some(rows.iter().filter_map(parse_model).collect())
}

fn parse_model(row: &Value) -> Option<ServedModel> {
    let id = row.get("id")?.as_str().filter(|id| !id.is_empty())?;
    // vLLM and SGLang; LiteLLM and hosted ones; LM Studio; LocalAI.
    let keys = ["max_model_len", "context_length", "loaded_context_length", "max_context_length", "context_window"];
    let context_length = keys.iter().find_map(|key| row.get(key)?.as_i64()).filter(|tokens| *tokens > 0);
    let owned_by = row.get("owned_by").and_then(Value::as_str).unwrap_or_default().to_owned();
    Some(ServedModel { id: id.into(), context_length, owned_by })
}

/// The context of one slot from llama.cpp's `GET /props`.
pub fn parse_props(body: &Value) -> Option<i64> {
    body.pointer("/default_generation_settings/n_ctx")?.as_i64().filter(|tokens| *tokens > 0)
}

/// The body of `POST /v1/chat/completions`.
pub fn chat_body(request: &ChatRequest, format: ResponseFormat) -> Value {
    let mut body = Map::new();
    let mut set = |key: &str, value: Value| {
        body.insert(key.to_owned(), value);
    };
    let shown_schema = request.format.as_ref().filter(|_| !format.enforces_schema());
    set("model", json!(request.model));
    set("messages", json!(with_schema(&request.messages, shown_schema)));
    set("stream", json!(request.stream));
    if request.stream {
        set("stream_options", json!({ "include_usage": true }));
    }
    if let Some(tokens) = request.options.num_predict {
        set("max_tokens", json!(tokens));
    }
    if let Some(temperature) = request.options.temperature {
        set("temperature", json!(temperature));
    }
    if let Some(top_p) = request.options.top_p {
        set("top_p", json!(top_p));
    }
    if let Some(seed) = request.options.seed {
        set("seed", json!(seed));
    }
    if let Some(schema) = &request.format {
        match format {
            ResponseFormat::JsonSchema => set(
                "response_format",
                json!({ "type": "json_schema", "json_schema": { "name": "answer", "strict": true, "schema": schema } }),
            ),
            ResponseFormat::GuidedJson => set("guided_json", schema.clone()),
            ResponseFormat::JsonObject => set("response_format", json!({ "type": "json_object" })),
            ResponseFormat::Plain => {}
        }
    }
    Value::Object(body)
}

/// The messages, with the schema behind the first one when the engine does not keep to it by itself.
fn with_schema(messages: &[Message], schema: Option<&Value>) -> Vec<Value> {
    let mut sent: Vec<Value> =
        messages.iter().map(|said| json!({ "role": said.role, "content": said.content })).collect();
    if let (Some(schema), Some(first)) = (schema, sent.first_mut()) {
        let content = first.get("content").and_then(Value::as_str).unwrap_or_default();
        let content = format!(
            "{content}\n\nAnswer with one JSON object that follows this JSON schema, and nothing else:\n{schema}"
        );
        first["content"] = Value::String(content);
    }
    sent
}

/// The test question of the probe, which a model answers in this JSON only when the format is enforced.
pub fn probe_request(model: &ModelName) -> ChatRequest {
    let schema = json!({
        "type": "object",
        "properties": { "city": { "type": "string" } },
        "required": ["city"],
        "additionalProperties": false,
    });
    ChatRequest {
        model: model.clone(),
        messages: vec![Message::new("user", "What is the capital of France?")],
        stream: false,
        format: Some(schema),
        think: None,
        truncate: None,
        keep_alive: None,
        options: crate::server::models::ollama::wire::ChatOptions {
            num_predict: Some(PROBE_TOKENS),
            temperature: Some(0.0),
            ..Default::default()
        },
    }
}

/// Whether the answer to [`probe_request`] obeys its format.
pub fn obeys_probe(content: &str, format: ResponseFormat) -> bool {
    let answer = serde_json::from_str::<Value>(content.trim());
    match format {
        ResponseFormat::JsonSchema | ResponseFormat::GuidedJson => {
            answer.is_ok_and(|answer| answer.get("city").is_some_and(Value::is_string))
        }
        ResponseFormat::JsonObject => answer.is_ok_and(|answer| answer.is_object()),
        ResponseFormat::Plain => true,
    }
}
