//! `models options`: options of requests, at the level that model and task name.

use crate::{
    domain::{
        model::ModelConfig,
        model_name::ModelName,
        model_options::{InheritedOptions, ModelTask, OptionKey, OptionLevel, SavedOptions},
    },
    error::AppError,
    server::{
        cli::{
            models::options::{OutputFormat, word_parser},
            table,
            terminal::{Exit, print_stdout},
        },
        services::models::{self, OptionChanges},
        state::App,
    },
};
use serde::Serialize;

const HELP: &str = "\
Options are inherited: settings (without NAME and --for), then the task, then the model, then the task with the model; the last
one that says something counts. `num_ctx=` with nothing behind it inherits again. Without KEY=VALUE the options are shown with
the level that each comes from.

KEY is num_ctx, num_predict, temperature, top_p, seed, keep_alive or think (on, off).

Output with --json:
  {\"saved\": [{\"level\": {\"model\", \"task\"}, \"options\": {KEY: VALUE or null}}…],
   \"effective\": [{\"model\", \"task\", \"options\": {KEY: VALUE}, \"sources\": {KEY: LEVEL}}…]}

Examples:
  gleaner models options                                 what is saved and in effect
  gleaner models options qwen3:8b num_ctx=16384
  gleaner models options qwen3:8b --for chat temperature=0.7 think=on
  gleaner models options --for scoring num_predict=600
  gleaner models options qwen3:8b num_ctx=";

#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(super) struct ModelsOptionsArgs {
    /// The model, as Ollama calls it, and options as KEY=VALUE
    #[arg(value_name = "NAME | KEY=VALUE")]
    arguments: Vec<String>,
    /// Only requests of this task
    #[arg(long = "for", value_name = "TASK",
        value_parser = word_parser(ModelTask::ALL, ModelTask::as_str, ModelTask::parse))]
    task: Option<ModelTask>,
}

/// What `models options` prints with `--json`.
#[derive(Debug, Serialize)]
struct ModelsOptionsOutput {
    saved: Vec<SavedOptions>,
    effective: Vec<EffectiveOptions>,
}

/// The options of a task with a model.
#[derive(Debug, Serialize)]
struct EffectiveOptions {
    model: ModelName,
    task: ModelTask,
    #[serde(flatten)]
    inherited: InheritedOptions,
}

impl ModelsOptionsArgs {
    /// Whether it changes nothing.
    pub(super) fn is_read_only(&self) -> bool {
        self.arguments.iter().all(|argument| !argument.contains('='))
    }

    pub(super) async fn run(self, app: &App, output: OutputFormat) -> Result<Exit, AppError> {
        let (model, changes) = parse_arguments(&self.arguments)?;
        let level = OptionLevel { task: self.task, ..models::parse_level(model, "")? };
        let config = if changes.is_empty() {
            models::load_config(app).await?
        } else {
            models::save_options(app, &level, &changes).await?
        };
        output.print(&collect(&config, &level), |found| print_options(&config, found))?;
        Ok(Exit::Done)
    }
}

/// At most one name, and the options.
fn parse_arguments(arguments: &[String]) -> Result<(&str, OptionChanges), AppError> {
    let (options, names): (Vec<&String>, Vec<&String>) = arguments.iter().partition(|argument| argument.contains('='));
    if let [_, second, ..] = names[..] {
        return Err(AppError::invalid(format!("“{second}” is no option.")).hint("Options are KEY=VALUE."));
    }
    let changes = options.into_iter().map(|option| {
        let (key, value) = option.split_once('=').unwrap_or((option, ""));
        let known = OptionKey::parse(key.trim()).ok_or_else(|| {
            let keys: Vec<&str> = OptionKey::ALL.iter().map(|key| key.as_str()).collect();
            AppError::invalid(format!("There is no option “{key}”.")).hint(format!("{}.", keys.join(", ")))
        })?;
        Ok((known, value.to_owned()))
    });
    Ok((names.first().map_or("", |name| name.as_str()), changes.collect::<Result<_, AppError>>()?))
}

/// What is saved, and the options of the level: of its model, else of the models in use.
fn collect(config: &ModelConfig, level: &OptionLevel) -> ModelsOptionsOutput {
    let named = level.model.iter().flat_map(|model| ModelTask::ALL.iter().map(move |task| (model, *task)));
    let in_use = config.models_in_use().into_iter().filter(|_| level.model.is_none());
    let in_use = in_use.flat_map(|model| config.tasks_of(model).into_iter().map(move |task| (model, task)));
    let effective =
        named.chain(in_use).filter(|(_, task)| level.task.is_none_or(|wanted| wanted == *task)).map(|(model, task)| {
            EffectiveOptions { model: model.clone(), task, inherited: config.inherited_options(model, task) }
        });
    ModelsOptionsOutput { saved: config.saved.clone(), effective: effective.collect() }
}

fn print_options(config: &ModelConfig, found: &ModelsOptionsOutput) {
    for saved in &found.saved {
        let model = saved.level.model.as_ref().map_or("every model", ModelName::as_str);
        let task = saved.level.task.map_or("every task", ModelTask::as_str);
        let options =
            OptionKey::ALL.iter().filter_map(|key| Some(format!("{}={}", key.as_str(), saved.options.text(*key)?)));
        print_stdout(format_args!("Saved for {model}, {task}: {}", options.collect::<Vec<_>>().join(" ")));
    }
    for EffectiveOptions { model, task, inherited } in &found.effective {
        print_stdout(format_args!("{model}, {}:", task.as_str()));
        let rows = OptionKey::ALL.iter().map(|key| vec![key.as_str().to_owned(), inherited.describe(*key)]);
        print_stdout(table::render(&["Option", "Value"], rows, &[]));
    }
    for model in found.effective.iter().map(|effective| &effective.model).collect::<std::collections::BTreeSet<_>>() {
        if let Some(contexts) = config.describe_differing_contexts(model) {
            print_stdout(contexts);
        }
    }
}
