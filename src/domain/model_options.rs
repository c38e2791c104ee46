//! Options of requests to models, and the levels at which they are saved (docs/spec/model-options.md).

use super::{model_name::ModelName, scoring::ScoringStep};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

string_enum! {
    /// What a request to a model is for.
    ModelTask {
        Categorization = "categorization",
        Scoring = "scoring",
        Chat = "chat",
    }
}

impl From<ScoringStep> for ModelTask {
    fn from(step: ScoringStep) -> Self {
        match step {
            ScoringStep::Categorize => Self::Categorization,
            ScoringStep::Score => Self::Scoring,
        }
    }
}

string_enum! {
    /// An option of requests, by its name in Ollama's API.
    OptionKey {
        NumCtx = "num_ctx",
        NumPredict = "num_predict",
        Temperature = "temperature",
        TopP = "top_p",
        Seed = "seed",
        KeepAlive = "keep_alive",
        Think = "think",
    }
}

impl OptionKey {
    /// The label of its field.
    pub const fn label(self) -> &'static str {
        match self {
            Self::NumCtx => "Context length (tokens)",
            Self::NumPredict => "Max tokens per answer",
            Self::Temperature => "Temperature",
            Self::TopP => "Top P",
            Self::Seed => "Seed",
            Self::KeepAlive => "Keep alive",
            Self::Think => "Thinking",
        }
    }

    /// What may be typed, and what it does.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::NumCtx => {
                "512 to 1048576. Instructions and article must fit. A longer context needs more memory; a change reloads the model."
            }
            Self::NumPredict => "16 to 8192. An answer that is cut off counts as a failed attempt.",
            Self::Temperature => "0 to 2. With 0 the same article gets the same score.",
            Self::TopP => "0 to 1. Tokens outside of this share of probability are never chosen.",
            Self::Seed => "A whole number. The same number gives the same answer, as far as the server allows.",
            Self::KeepAlive => "For example 15m or 1h30m after the last request; -1: forever; 0: unload immediately.",
            Self::Think => "Slower; not supported by every model; needs more tokens per answer.",
        }
    }
}

/// Options saved at one level; `None`: inherited.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OptionSet {
    /// Tokens of context.
    pub num_ctx: Option<i64>,
    /// Most tokens of an answer.
    pub num_predict: Option<i64>,
    /// Sampling temperature.
    pub temperature: Option<f64>,
    /// Share of probability that tokens are sampled from.
    pub top_p: Option<f64>,
    /// Seed of the sampling.
    pub seed: Option<i64>,
    /// How long the model stays in memory, as Ollama reads it, for example `15m`.
    pub keep_alive: Option<String>,
    /// Whether the model may think before it answers.
    pub think: Option<bool>,
}

impl OptionSet {
    /// Whether nothing is saved.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The value of an option as it is typed.
    pub fn text(&self, key: OptionKey) -> Option<String> {
        match key {
            OptionKey::NumCtx => self.num_ctx.map(|value| value.to_string()),
            OptionKey::NumPredict => self.num_predict.map(|value| value.to_string()),
            OptionKey::Temperature => self.temperature.map(|value| value.to_string()),
            OptionKey::TopP => self.top_p.map(|value| value.to_string()),
            OptionKey::Seed => self.seed.map(|value| value.to_string()),
            OptionKey::KeepAlive => self.keep_alive.clone(),
            OptionKey::Think => self.think.map(|value| if value { "on" } else { "off" }.to_owned()),
        }
    }

    /// These options, and those of `base` where nothing is saved.
    pub fn or(&self, base: &Self) -> Self {
        Self {
            num_ctx: self.num_ctx.or(base.num_ctx),
            num_predict: self.num_predict.or(base.num_predict),
            temperature: self.temperature.or(base.temperature),
            top_p: self.top_p.or(base.top_p),
            seed: self.seed.or(base.seed),
            keep_alive: self.keep_alive.clone().or_else(|| base.keep_alive.clone()),
            think: self.think.or(base.think),
        }
    }
}

/// The options of a request; `None`: not sent, so that the model's own default holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelOptions {
    /// Tokens of context.
    pub num_ctx: i64,
    /// Sampling temperature.
    pub temperature: Option<f64>,
    /// Share of probability that tokens are sampled from.
    pub top_p: Option<f64>,
    /// Seed of the sampling.
    pub seed: Option<i64>,
    /// How long the model stays in memory, as Ollama reads it, for example `15m`.
    pub keep_alive: String,
    /// Most tokens of an answer.
    pub num_predict: i64,
    /// Whether the model may think before it answers.
    pub think: bool,
}

impl Default for ModelOptions {
    fn default() -> Self {
        Self {
            num_ctx: 8192,
            temperature: Some(0.0),
            top_p: None,
            // Fixed, so that the same article with the same settings gets the same answer, as far as the server allows.
            seed: Some(7),
            keep_alive: "15m".into(),
            num_predict: 450,
            think: false,
        }
    }
}

impl ModelOptions {
    /// The same as a set in which everything that is sent is saved.
    pub fn to_set(&self) -> OptionSet {
        OptionSet {
            num_ctx: Some(self.num_ctx),
            num_predict: Some(self.num_predict),
            temperature: self.temperature,
            top_p: self.top_p,
            seed: self.seed,
            keep_alive: Some(self.keep_alive.clone()),
            think: Some(self.think),
        }
    }
}

/// Which requests options are saved for: all, those of a task, those to a model, or those of a task to a model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OptionLevel {
    /// `None`: every model.
    pub model: Option<ModelName>,
    /// `None`: every task.
    pub task: Option<ModelTask>,
}

/// The options saved at one level.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedOptions {
    /// The requests that they are for.
    pub level: OptionLevel,
    /// The options.
    pub options: OptionSet,
}

string_enum! {
    /// Where the value of an option comes from.
    OptionSource {
        /// Gleaner's default.
        Default = "default",
        /// The options of every request.
        Settings = "settings",
        /// The options of the task.
        Task = "task",
        /// The options of the model.
        Model = "model",
        /// The options of the task with this model.
        ModelTask = "model_task",
        /// A chat takes the context that the model is loaded with for its other task.
        LoadedContext = "loaded_context",
        /// A share of the context.
        Context = "context",
        /// The model's own default: the option is not sent.
        ModelDefault = "model_default",
    }
}

/// The options of a request, each with the level that it comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InheritedOptions {
    /// The options.
    pub options: ModelOptions,
    /// Where each comes from.
    pub sources: BTreeMap<OptionKey, OptionSource>,
}

impl InheritedOptions {
    /// The value of an option as it is typed; `None`: the model's own default.
    pub fn text(&self, key: OptionKey) -> Option<String> {
        self.options.to_set().text(key)
    }

    /// A value with its source, for example `4096 (settings)`.
    pub fn describe(&self, key: OptionKey) -> String {
        let value = self.text(key).unwrap_or_else(|| "not sent".to_owned());
        let source = match self.sources.get(&key).copied().unwrap_or(OptionSource::Default) {
            OptionSource::Default => "default",
            OptionSource::Settings => "settings",
            OptionSource::Task => "task",
            OptionSource::Model => "model",
            OptionSource::ModelTask => "this task with this model",
            OptionSource::LoadedContext => "as it is loaded for its other task",
            OptionSource::Context => "a quarter of the context",
            OptionSource::ModelDefault => "the model's own default",
        };
        format!("{value} ({source})")
    }
}
