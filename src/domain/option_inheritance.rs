//! How the options of requests are inherited from level to level (docs/spec/model-options.md).

use super::{
    model::ModelConfig,
    model_name::ModelName,
    model_options::{
        InheritedOptions, ModelOptions, ModelTask, OptionKey, OptionLevel, OptionSet, OptionSource, SavedOptions,
    },
};
use std::collections::BTreeMap;

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
        let served: Vec<ModelTask> =
            [(ModelTask::Categorization, &self.categorization_model), (ModelTask::Scoring, &self.scoring_model)]
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
#[path = "option_inheritance_tests.rs"]
mod tests;
