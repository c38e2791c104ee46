//! Ollama's JSON types. Any field may be absent, extra or null (ollama-api.md §0.12, §1).

pub use super::keep_alive::KeepAlive;

use super::{lenient::lenient, metrics::AnswerMetrics, think::Think};
use crate::domain::{model_name::ModelName, thinking::ThinkingLevel, time::Timestamp};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::IgnoredAny};
use serde_json::Value;
use std::borrow::Cow;

/// `GET /api/version`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct VersionResponse {
    /// The version, for example `0.11.4`.
    #[serde(deserialize_with = "lenient")]
    pub version: Option<String>,
}

/// `GET /api/tags` and `/api/ps`: rows that cannot be read are left out, the others stay.
#[derive(Clone, Debug)]
pub struct OllamaModelList<T>(pub Vec<T>);

impl<'de, T: for<'a> Deserialize<'a>> Deserialize<'de> for OllamaModelList<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct RawModelList {
            #[serde(default)]
            models: Option<Vec<Value>>,
        }
        let rows = RawModelList::deserialize(d)?.models.unwrap_or_default();
        Ok(Self(rows.into_iter().filter_map(|row| serde_json::from_value(row).ok()).collect()))
    }
}

/// A row of `/api/tags`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct InstalledModel {
    /// Name of the model.
    #[serde(deserialize_with = "lenient")]
    pub name: ModelName,
    /// When it was last changed on disk.
    #[serde(deserialize_with = "lenient")]
    pub modified_at: Option<Timestamp>,
    /// Bytes on disk.
    #[serde(deserialize_with = "lenient")]
    pub size: i64,
    /// sha256 of the manifest in hex.
    #[serde(deserialize_with = "lenient")]
    pub digest: String,
    /// What it is made of.
    #[serde(deserialize_with = "lenient")]
    pub details: ModelDetails,
    /// Where a cloud model runs; absent for others.
    #[serde(deserialize_with = "lenient")]
    pub remote_host: Option<String>,
    /// Since 0.30; empty before: unknown.
    #[serde(deserialize_with = "lenient")]
    pub capabilities: Vec<String>,
}

impl InstalledModel {
    /// Whether it can chat; assumed when the server lists no capabilities.
    pub fn can_chat(&self) -> bool {
        self.capabilities.is_empty() || self.capabilities.iter().any(|c| c == "completion")
    }

    /// Whether it runs in the cloud, so that requests leave this machine.
    pub fn is_cloud(&self) -> bool {
        self.remote_host.as_deref().is_some_and(|host| !host.is_empty()) || self.name.is_cloud()
    }
}

/// Details of a model. Paths on the server (`parent_model`) are not read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ModelDetails {
    /// The format, for example `gguf`.
    #[serde(deserialize_with = "lenient")]
    pub format: String,
    /// The family of models, for example `qwen3`.
    #[serde(deserialize_with = "lenient")]
    pub family: String,
    /// Number of parameters as Ollama writes it, for example `8.2B`.
    #[serde(deserialize_with = "lenient")]
    pub parameter_size: String,
    /// Quantization as Ollama writes it, for example `Q4_K_M`.
    #[serde(deserialize_with = "lenient")]
    pub quantization_level: String,
    /// Tokens of context it was trained for.
    #[serde(deserialize_with = "lenient")]
    pub context_length: Option<i64>,
}

/// A row of `/api/ps`: a model in memory.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct RunningModel {
    /// Name of the model.
    #[serde(deserialize_with = "lenient")]
    pub name: ModelName,
    /// Bytes of memory.
    #[serde(deserialize_with = "lenient")]
    pub size: i64,
    /// Bytes of them on the GPU.
    #[serde(deserialize_with = "lenient")]
    pub size_vram: Option<i64>,
    /// sha256 of the manifest in hex.
    #[serde(deserialize_with = "lenient")]
    pub digest: String,
    /// The year 2319 means for ever; a time in the past means busy.
    #[serde(deserialize_with = "lenient")]
    pub expires_at: Option<Timestamp>,
    /// Tokens of context it was loaded with.
    #[serde(deserialize_with = "lenient")]
    pub context_length: Option<i64>,
}

/// `POST /api/show`, without the paths of files on the server.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct ShowResponse {
    /// What the model is made of.
    #[serde(deserialize_with = "lenient")]
    pub details: ModelDetails,
    /// What it can do, for example `completion`.
    #[serde(deserialize_with = "lenient")]
    pub capabilities: Vec<String>,
    /// Properties of the architecture, by names such as `qwen3.block_count`.
    #[serde(deserialize_with = "lenient")]
    pub model_info: serde_json::Map<String, Value>,
    /// The host of a cloud model.
    #[serde(deserialize_with = "lenient")]
    pub remote_host: Option<String>,
}

impl ShowResponse {
    /// A figure of the model's architecture, such as `context_length` or `block_count`.
    pub fn architecture_value(&self, name: &str) -> Option<i64> {
        let architecture = self.model_info.get("general.architecture")?.as_str()?;
        self.model_info.get(&format!("{architecture}.{name}"))?.as_i64()
    }
}

/// A line of a streamed chat answer, or a whole answer.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ChatLine {
    /// The piece of the message.
    #[serde(deserialize_with = "lenient")]
    pub message: Message,
    /// Whether this is the last line.
    #[serde(deserialize_with = "lenient")]
    pub done: bool,
    /// Why the answer ended, for example `stop`.
    #[serde(deserialize_with = "lenient")]
    pub done_reason: Option<String>,
    /// Tokens and durations; only on the last line.
    #[serde(flatten)]
    pub metrics: AnswerMetrics,
    /// An error in place of a message.
    pub error: Option<Value>,
    /// The status of an error, before 0.12.6.
    pub status: Option<Value>,
}

impl ChatLine {
    /// Parses a line. Most lines hold only a few letters of the answer: those take a fast path without the tolerant types.
    ///
    /// # Errors
    /// When the line is no JSON object.
    pub fn parse(line: &[u8]) -> serde_json::Result<Self> {
        #[derive(Deserialize)]
        struct PlainChatLine<'a> {
            #[serde(borrow)]
            message: PlainMessage<'a>,
            done: bool,
            error: Option<IgnoredAny>,
        }
        #[derive(Deserialize)]
        struct PlainMessage<'a> {
            #[serde(borrow)]
            role: Cow<'a, str>,
            #[serde(borrow, default)]
            content: Cow<'a, str>,
            #[serde(borrow, default)]
            thinking: Cow<'a, str>,
        }
        let Ok(PlainChatLine { message, done: false, error: None }) = serde_json::from_slice(line) else {
            return serde_json::from_slice(line);
        };
        let text = Cow::into_owned;
        let message =
            Message { role: text(message.role), content: text(message.content), thinking: text(message.thinking) };
        Ok(Self { message, ..Self::default() })
    }
}

/// A message of a conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Message {
    /// `system`, `user` or `assistant`.
    #[serde(deserialize_with = "lenient")]
    pub role: String,
    /// The text.
    #[serde(deserialize_with = "lenient")]
    pub content: String,
    /// What the model says to itself.
    #[serde(deserialize_with = "lenient", skip_serializing_if = "String::is_empty")]
    pub thinking: String,
}

impl Message {
    /// A message of `role`: `system`, `user` or `assistant`.
    pub fn new(role: &str, content: impl Into<String>) -> Self {
        Self { role: role.to_owned(), content: content.into(), thinking: String::new() }
    }
}

/// `POST /api/chat`. Fields that are `None` are not sent.
#[derive(Clone, Debug, PartialEq)]
pub struct ChatRequest {
    /// Name of the model.
    pub model: ModelName,
    /// The conversation so far.
    pub messages: Vec<Message>,
    /// Whether the answer is sent in pieces.
    pub stream: bool,
    /// A JSON schema. List its properties alphabetically: some servers generate them in that order.
    pub format: Option<Value>,
    /// How much the model should think; [`ChatRequest::think_value`] is what is sent.
    pub think: Option<ThinkingLevel>,
    /// `false`: a prompt that is too long is an error instead of losing its start.
    pub truncate: Option<bool>,
    /// How long the model stays in memory after the answer.
    pub keep_alive: Option<KeepAlive>,
    /// Options of the run.
    pub options: ChatOptions,
}

impl ChatRequest {
    /// The field `think` as sent.
    pub fn think_value(&self) -> Option<Think> {
        self.think.map(|wanted| Think::for_model(&self.model, wanted))
    }
}

impl Serialize for ChatRequest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct ChatRequestBody<'a> {
            model: &'a ModelName,
            messages: &'a [Message],
            stream: bool,
            #[serde(skip_serializing_if = "Option::is_none")]
            format: Option<&'a Value>,
            #[serde(skip_serializing_if = "Option::is_none")]
            think: Option<Think>,
            #[serde(skip_serializing_if = "Option::is_none")]
            truncate: Option<bool>,
            #[serde(skip_serializing_if = "Option::is_none")]
            keep_alive: Option<&'a KeepAlive>,
            options: &'a ChatOptions,
        }
        let Self { model, messages, stream, format, truncate, keep_alive, options, .. } = self;
        let (format, keep_alive) = (format.as_ref(), keep_alive.as_ref());
        ChatRequestBody {
            model,
            messages,
            stream: *stream,
            format,
            think: self.think_value(),
            truncate: *truncate,
            keep_alive,
            options,
        }
        .serialize(serializer)
    }
}

/// Model options. The same on every request for a model, warm-up included: a difference makes Ollama load it again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ChatOptions {
    /// Tokens of context.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub num_ctx: Option<i64>,
    /// Most tokens of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub num_predict: Option<i64>,
    /// Sampling temperature.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Share of probability that tokens are sampled from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// Seed of the sampling.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<i64>,
}

#[cfg(test)]
mod tests {
    use super::{ChatLine, InstalledModel, OllamaModelList, RunningModel, ShowResponse};

    #[test]
    fn the_fast_path_parses_what_serde_parses() {
        for line in [
            r#"{"model":"m","created_at":"x","message":{"role":"assistant","content":"a\"b"},"done":false}"#,
            r#"{"message":{"role":"assistant","content":"","thinking":"é\n"},"done":false,"error":null}"#,
            r#"{"message":{"role":"assistant","content":null},"done":false}"#,
            r#"{"message":null,"done":false}"#,
            r#"{"message":{"role":"assistant","content":"x"},"done":true,"done_reason":"stop","eval_count":3}"#,
            r#"{"error":"bad","status":400}"#,
            r#"{"message":{"role":"assistant","content":"x"},"done":false,"error":"bad"}"#,
            "{}",
        ] {
            let (short, long) = (ChatLine::parse(line.as_bytes()), serde_json::from_str::<ChatLine>(line));
            assert_eq!(format!("{:?}", short.expect("read")), format!("{:?}", long.expect("read")), "{line}");
        }
        assert!(ChatLine::parse(b"oops").is_err());
    }

    #[test]
    fn lists_in_every_state() {
        for text in [r#"{"models":[]}"#, r#"{"models":null}"#, "{}"] {
            assert!(serde_json::from_str::<OllamaModelList<InstalledModel>>(text).expect(text).0.is_empty(), "{text}");
        }
        let text = r#"{"models":[{"name":"a:latest","size":"?","details":{"families":null,"parameter_size":""},"new_field":{}},7,
            {"name":"b","modified_at":"not a time","capabilities":["completion","levitation"],"details":null}]}"#;
        let rows = serde_json::from_str::<OllamaModelList<InstalledModel>>(text).expect("tolerant").0;
        assert_eq!(rows.iter().map(|r| r.name.as_str()).collect::<Vec<_>>(), ["a:latest", "b"]);
        assert_eq!((rows[0].size, rows[0].modified_at, rows[1].capabilities.len()), (0, None, 2));
    }

    #[test]
    fn times_far_away() {
        for (text, year) in
            [("2319-03-05T09:16:08.860547459Z", Some("2319")), ("1970-01-01T00:00:00+01:00", Some("1969")), ("?", None)]
        {
            let row: RunningModel =
                serde_json::from_value(serde_json::json!({"name": "x", "expires_at": text})).expect("row");
            assert_eq!(row.expires_at.map(|t| t.to_string()[..4].to_owned()).as_deref(), year);
        }
    }

    #[test]
    fn details_of_a_model() {
        let show: ShowResponse = serde_json::from_str(
            r#"{"model_info":{"general.architecture":"llama","llama.context_length":2048,"x":null}}"#,
        )
        .expect("show");
        assert_eq!(
            (show.architecture_value("context_length"), show.architecture_value("block_count")),
            (Some(2048), None)
        );
        assert_eq!(
            serde_json::from_str::<ShowResponse>(r#"{"model_info":{}}"#)
                .expect("empty")
                .architecture_value("context_length"),
            None
        );
    }

    #[test]
    fn a_line_with_a_numeric_status() {
        let line: ChatLine = serde_json::from_str(r#"{"error":"bad","status":400}"#).expect("line");
        assert!(line.error.is_some() && !line.done);
    }
}
