use super::{
    ModelConfig, ModelOptions, ModelTask, OptionKey, OptionLevel, OptionSet, OptionSource, SavedOptions,
    chat_answer_tokens,
};
use crate::domain::model::{ModelConfigSource, SettingSource};

fn level(model: &str, task: &str) -> OptionLevel {
    OptionLevel { model: (!model.is_empty()).then(|| model.into()), task: ModelTask::parse(task) }
}

/// One model for both tasks, with contexts saved at levels.
fn config(saved: &[(&str, &str, OptionSet)]) -> ModelConfig {
    ModelConfig {
        categorization_model: "a".into(),
        scoring_model: "a".into(),
        use_separate_models: false,
        options: ModelOptions::default(),
        saved: saved
            .iter()
            .map(|(model, task, options)| SavedOptions { level: level(model, task), options: options.clone() })
            .collect(),
        source: ModelConfigSource {
            categorization_model: SettingSource::Default,
            scoring_model: SettingSource::Default,
        },
        fallbacks: Vec::new(),
    }
}

fn context(tokens: i64) -> OptionSet {
    OptionSet { num_ctx: Some(tokens), ..OptionSet::default() }
}

#[test]
fn the_nearest_level_counts() {
    use OptionSource::{Default, LoadedContext, Model, ModelTask as Both, Settings, Task};
    let all: [(&str, &str, i64); 4] = [("", "", 1000), ("", "scoring", 2000), ("a", "", 3000), ("a", "scoring", 4000)];
    let saved = |count: usize| all[..count].iter().map(|(m, t, tokens)| (*m, *t, context(*tokens))).collect::<Vec<_>>();
    for (levels, model, task, tokens, source) in [
        (0, "a", ModelTask::Scoring, 8192, Default),
        (1, "a", ModelTask::Scoring, 1000, Settings),
        (2, "a", ModelTask::Scoring, 2000, Task),
        (2, "a", ModelTask::Categorization, 1000, Settings),
        (3, "A:latest", ModelTask::Scoring, 3000, Model),
        (3, "b", ModelTask::Scoring, 2000, Task),
        (4, "a", ModelTask::Scoring, 4000, Both),
        (4, "a", ModelTask::Categorization, 3000, Model),
        // A chat with the model that scores does not make Ollama load it again; another model has the general context.
        (2, "a", ModelTask::Chat, 2000, LoadedContext),
        (4, "a", ModelTask::Chat, 4000, LoadedContext),
        (4, "b", ModelTask::Chat, 1000, Settings),
    ] {
        let inherited = config(&saved(levels)).inherited_options(&model.into(), task);
        let found = (inherited.options.num_ctx, inherited.sources[&OptionKey::NumCtx]);
        assert_eq!(found, (tokens, source), "{levels} levels, {model}, {task:?}");
    }
}

#[test]
fn a_chat_reloads_the_model_only_where_the_owner_says_so() {
    let own = [("", "scoring", context(2000)), ("", "chat", context(16_384))];
    let chat = config(&own).inherited_options(&"a".into(), ModelTask::Chat);
    assert_eq!((chat.options.num_ctx, chat.sources[&OptionKey::NumCtx]), (16_384, OptionSource::Task));
    assert_eq!(
        config(&own).differing_contexts(&"a".into()),
        Some(vec![(ModelTask::Categorization, 8192), (ModelTask::Scoring, 2000), (ModelTask::Chat, 16_384)])
    );
    assert!(config(&own).reloads_between_steps() && !config(&[]).reloads_between_steps());
    assert_eq!(config(&[]).differing_contexts(&"a".into()), None);
    assert_eq!(config(&own).largest_context(&"a".into()), 16_384);
}

#[test]
fn a_chat_has_the_sampling_of_the_model_unless_it_has_its_own() {
    let general = OptionSet {
        temperature: Some(0.2),
        seed: Some(1),
        num_predict: Some(99),
        think: Some(true),
        ..OptionSet::default()
    };
    let chat = config(&[("", "", general.clone())]).options_for(&"b".into(), ModelTask::Chat);
    assert_eq!((chat.temperature, chat.seed, chat.num_predict, chat.think), (None, None, 2048, true));
    let scoring = config(&[("", "", general.clone())]).options_for(&"b".into(), ModelTask::Scoring);
    assert_eq!((scoring.temperature, scoring.seed, scoring.num_predict), (Some(0.2), Some(1), 99));
    let own = OptionSet { temperature: Some(0.9), ..OptionSet::default() };
    let chat = config(&[("", "", general), ("", "chat", own)]).options_for(&"b".into(), ModelTask::Chat);
    assert_eq!(chat.temperature, Some(0.9));
}

#[test]
fn what_a_level_inherits_is_told_in_words() {
    let saved = [
        ("", "", context(4096)),
        ("", "scoring", context(2048)),
        ("a", "", context(1024)),
        ("a", "scoring", context(9)),
    ];
    let config = config(&saved);
    for ((model, task), key, words) in [
        (("", ""), OptionKey::NumCtx, "8192 (default)"),
        (("", "scoring"), OptionKey::NumCtx, "4096 (settings)"),
        (("a", ""), OptionKey::NumCtx, "4096 (settings), 2048 for scoring"),
        (("a", "scoring"), OptionKey::NumCtx, "1024 (model)"),
        (("a", "chat"), OptionKey::NumCtx, "9 (as it is loaded for its other task)"),
        (("", "chat"), OptionKey::NumPredict, "1024 (a quarter of the context)"),
        (("", "chat"), OptionKey::Temperature, "not sent (the model's own default)"),
        (("", ""), OptionKey::TopP, "not sent (the model's own default)"),
        (("b", "scoring"), OptionKey::Think, "off (default)"),
    ] {
        assert_eq!(config.describe_inherited(&level(model, task), key), words, "{model} {task}");
    }
}

#[test]
fn an_answer_of_a_chat_has_a_quarter_of_the_context() {
    for (num_ctx, tokens) in [(512, 256), (8192, 2048), (131_072, 4096)] {
        assert_eq!(chat_answer_tokens(num_ctx), tokens);
    }
}
