//! Options of requests to models, and how one level inherits from another (docs/spec/model-options.md).

use super::{
    model::{ModelConfig, ModelOptions},
    model_name::ModelName,
    scoring::ScoringStep,
};
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
            Self::KeepAlive => {
                "For example 15m or 1h30m after the last request; -1: forever; 0: unload immediately."
            }
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
    fn or(&self, base: &Self) -> Self {
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

/// The longest and the shortest answer of a chat that is asked for, in tokens.
const CHAT_ANSWER_TOKENS: (i64, i64) = (256, 4096);

/// The longest answer of a chat that is asked for, in tokens: a quarter of the context.
pub fn chat_answer_tokens(num_ctx: i64) -> i64 {
    let (least, most) = CHAT_ANSWER_TOKENS;
    (num_ctx / 4).clamp(least, most)
}

impl ModelConfig {
    /// The options of the requests of `task` to `model`. Every request takes them from here.
    pub fn options_for(&self, model: &ModelName, task: ModelTask) -> ModelOptions {
        self.inherited_options(model, task).options
    }

    /// As [`Self::options_for`], with the source of each.
    pub fn inherited_options(&self, model: &ModelName, task: ModelTask) -> InheritedOptions {
        self.resolve_options(&OptionLevel { model: Some(model.clone()), task: Some(task) }, true)
    }

    /// The tasks that `model` serves; a model without one is used for chats.
    pub fn tasks_of(&self, model: &ModelName) -> Vec<ModelTask> {
        let served: Vec<ModelTask> = [
            (ModelTask::Categorization, &self.categorization_model),
            (ModelTask::Scoring, &self.scoring_model),
        ]
        .into_iter()
        .filter(|(_, serving)| *serving == model)
        .map(|(task, _)| task)
        .collect();
        if served.is_empty() { vec![ModelTask::Chat] } else { served }
    }

    /// The options that a model is loaded with: those of the first task that it serves.
    pub fn load_options(&self, model: &ModelName) -> ModelOptions {
        let task = self.tasks_of(model).first().copied().unwrap_or(ModelTask::Chat);
        self.options_for(model, task)
    }

    /// Takes over what is saved at all levels.
    pub fn set_saved(&mut self, saved: Vec<SavedOptions>) {
        self.saved = saved;
        self.options = self.resolve_options(&OptionLevel::default(), true).options;
    }

    /// Takes over what is saved at one level.
    pub fn replace_saved(&mut self, level: &OptionLevel, options: OptionSet) {
        let mut saved = std::mem::take(&mut self.saved);
        saved.retain(|other| other.level != *level);
        saved.push(SavedOptions { level: level.clone(), options });
        self.set_saved(saved);
    }

    /// The options saved at exactly this level.
    pub fn saved_options(&self, level: &OptionLevel) -> OptionSet {
        self.saved.iter().find(|saved| saved.level == *level).map(|saved| saved.options.clone()).unwrap_or_default()
    }

    /// The longest context that requests to `model` load it with, in tokens.
    pub fn largest_context(&self, model: &ModelName) -> i64 {
        let contexts = self.contexts_of(model);
        contexts.iter().map(|(_, tokens)| *tokens).max().unwrap_or(self.options.num_ctx)
    }

    /// The tasks of `model` with their contexts, when these differ: Ollama loads the model again for each change between them.
    pub fn differing_contexts(&self, model: &ModelName) -> Option<Vec<(ModelTask, i64)>> {
        let contexts = self.contexts_of(model);
        let first = contexts.first().map(|(_, tokens)| *tokens);
        contexts.iter().any(|(_, tokens)| Some(*tokens) != first).then_some(contexts)
    }

    /// [`Self::differing_contexts`] in words.
    pub fn describe_differing_contexts(&self, model: &ModelName) -> Option<String> {
        let contexts = self.differing_contexts(model)?;
        let contexts = contexts.iter().map(|(task, tokens)| format!("{tokens} for {}", task.as_str()));
        Some(format!(
            "The tasks of {model} have contexts of different lengths ({}): Ollama loads it again for each change between them.",
            contexts.collect::<Vec<_>>().join(", ")
        ))
    }

    /// Whether the step after another needs a load: another model, or another context.
    pub fn reloads_between_steps(&self) -> bool {
        let context = |model, task| self.options_for(model, task).num_ctx;
        self.categorization_model != self.scoring_model
            || context(&self.categorization_model, ModelTask::Categorization)
                != context(&self.scoring_model, ModelTask::Scoring)
    }

    fn contexts_of(&self, model: &ModelName) -> Vec<(ModelTask, i64)> {
        let mut tasks = self.tasks_of(model);
        if !tasks.contains(&ModelTask::Chat) {
            tasks.push(ModelTask::Chat);
        }
        tasks.into_iter().map(|task| (task, self.options_for(model, task).num_ctx)).collect()
    }

    /// What a level inherits when nothing is saved at it, in words: `8192 (settings)`. Of a model for all tasks also what each
    /// task says.
    pub fn describe_inherited(&self, level: &OptionLevel, key: OptionKey) -> String {
        let inherited = self.resolve_options(level, false).describe(key);
        if level.task.is_some() || level.model.is_none() {
            return inherited;
        }
        let of_tasks = ModelTask::ALL.iter().filter_map(|task| {
            let saved = self.saved_options(&OptionLevel { model: None, task: Some(*task) });
            Some(format!(", {} for {}", saved.text(key)?, task.as_str()))
        });
        format!("{inherited}{}", of_tasks.collect::<String>())
    }

    /// Settings, task, model, task with model, in this order; the last level that says something counts. `with_own`: whether
    /// what is saved at exactly `level` counts.
    fn resolve_options(&self, level: &OptionLevel, with_own: bool) -> InheritedOptions {
        let OptionLevel { model, task } = level;
        let is_chat = *task == Some(ModelTask::Chat);
        let mut sources = BTreeMap::new();
        let mut found = OptionSet::default();
        let mut add = |options: OptionSet, source: OptionSource| {
            for key in OptionKey::ALL.iter().filter(|key| options.text(**key).is_some()) {
                sources.insert(*key, source);
            }
            found = options.or(&found);
        };
        let general: fn(OptionSet) -> OptionSet = if is_chat { chat_part } else { std::convert::identity };
        add(general(ModelOptions::default().to_set()), OptionSource::Default);
        let levels = [
            (None, None, OptionSource::Settings),
            (None, *task, OptionSource::Task),
            (model.clone(), None, OptionSource::Model),
            (model.clone(), *task, OptionSource::ModelTask),
        ];
        for (at, (of_model, of_task, source)) in levels.iter().enumerate() {
            let at_level = OptionLevel { model: of_model.clone(), task: *of_task };
            let is_repeated = levels[..at].iter().any(|(model, task, _)| model == of_model && task == of_task);
            if is_repeated || (at_level == *level && !with_own) {
                continue;
            }
            let saved = self.saved_options(&at_level);
            add(if at == 0 { general(saved) } else { saved }, *source);
        }
        if is_chat && let Some(model) = model {
            let source = sources.get(&OptionKey::NumCtx);
            let is_own = matches!(source, Some(OptionSource::Task | OptionSource::ModelTask));
            let loaded = self.tasks_of(model).into_iter().rfind(|served| *served != ModelTask::Chat);
            let loaded = loaded.map(|served| self.options_for(model, served).num_ctx);
            if let Some(tokens) = loaded.filter(|tokens| !is_own && found.num_ctx != Some(*tokens)) {
                found.num_ctx = Some(tokens);
                sources.insert(OptionKey::NumCtx, OptionSource::LoadedContext);
            }
        }
        let default = ModelOptions::default();
        let num_ctx = found.num_ctx.unwrap_or(default.num_ctx);
        if is_chat && found.num_predict.is_none() {
            found.num_predict = Some(chat_answer_tokens(num_ctx));
            sources.insert(OptionKey::NumPredict, OptionSource::Context);
        }
        for key in OptionKey::ALL.iter().filter(|key| found.text(**key).is_none()) {
            sources.insert(*key, OptionSource::ModelDefault);
        }
        let options = ModelOptions {
            num_ctx,
            num_predict: found.num_predict.unwrap_or(default.num_predict),
            temperature: found.temperature,
            top_p: found.top_p,
            seed: found.seed,
            keep_alive: found.keep_alive.unwrap_or(default.keep_alive),
            think: found.think.unwrap_or(default.think),
        };
        InheritedOptions { options, sources }
    }
}

/// What chats inherit of the general options: scores have to be the same for the same article, conversations do not.
fn chat_part(options: OptionSet) -> OptionSet {
    OptionSet { num_predict: None, temperature: None, top_p: None, seed: None, ..options }
}

#[cfg(test)]
#[path = "model_options_tests.rs"]
mod tests;
