//! The list of recommended models: a file of the owner, else the built-in one. A file that cannot be used stops nothing.

use crate::{
    domain::{library::RecommendedModel, model_name::ModelName},
    server::{
        models::recommended::{BUILT_IN_MODELS, parse_models},
        state::App,
    },
};
use std::{
    io::{self, Read},
    path::Path,
};

/// The file in the data folder that takes the place of the built-in list.
const MODELS_FILE_NAME: &str = "models.toml";
/// The largest file that is read, in bytes.
const MAX_FILE_BYTES: u64 = 256 << 10;

/// The recommended models, and where they come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecommendedList {
    /// The models in the order of the list.
    pub models: Vec<RecommendedModel>,
    /// The file that they come from; `None`: the built-in list.
    pub source: Option<String>,
    /// Why the owner's file is not used, each with file, line and field.
    pub problems: Vec<String>,
}

impl RecommendedList {
    /// The entry of a model.
    pub fn find(&self, model: &ModelName) -> Option<&RecommendedModel> {
        self.models.iter().find(|known| known.name == *model)
    }
}

/// Reads the list: of `ollama.recommended_models`, else of `models.toml` in the data folder, else the built-in one. The file is
/// read each time, so that a change of it needs no restart.
#[tracing::instrument(name = "models.recommended.load_recommended", level = "debug", skip_all)]
pub async fn load_recommended(app: &App) -> RecommendedList {
    let configured = app.config.ollama.recommended_models.clone();
    let is_required = configured.is_some();
    let file = configured.unwrap_or_else(|| app.config.data_dir.join(MODELS_FILE_NAME));
    let read = tokio::task::spawn_blocking(move || read_list(&file, is_required)).await;
    read.unwrap_or_else(|_| built_in(Vec::new()))
}

/// Writes into the log why the owner's list is not used.
pub async fn log_problems(app: &App) {
    for problem in load_recommended(app).await.problems {
        tracing::warn!(problem, "the list of recommended models cannot be used; the built-in one is");
    }
}

fn read_list(file: &Path, is_required: bool) -> RecommendedList {
    let shown = file.display();
    let text = match read_text(file) {
        Ok(text) => text,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound && !is_required => return built_in(Vec::new()),
        Err(cause) => return built_in(vec![format!("{shown} cannot be read: {cause}.")]),
    };
    match parse_models(&text) {
        Ok(models) => RecommendedList { models, source: Some(shown.to_string()), problems: Vec::new() },
        Err(problems) => built_in(problems.iter().map(|problem| format!("{shown}, {problem}")).collect()),
    }
}

fn built_in(problems: Vec<String>) -> RecommendedList {
    // A test reads the built-in list.
    RecommendedList { models: parse_models(BUILT_IN_MODELS).unwrap_or_default(), source: None, problems }
}

fn read_text(file: &Path) -> io::Result<String> {
    let mut text = String::new();
    std::fs::File::open(file)?.take(MAX_FILE_BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_FILE_BYTES {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than 256 KiB"));
    }
    Ok(text)
}
