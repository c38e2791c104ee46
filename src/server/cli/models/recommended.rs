//! `models recommended`.

use crate::server::cli::{
    models::options::{OutputFormat, format_size},
    table,
    terminal::{Exit, print_stdout},
};
use crate::{
    domain::library::Library,
    error::AppError,
    server::{services::models, state::App},
};

const HELP: &str = "\
The list comes from the file of ollama.recommended_models, else from models.toml in the data folder, else it is the built-in one.
Models that fit this machine come first.

Output with --json:
  {\"models\": [{\"name\", \"size\", \"reason\", \"languages\", \"context_length\", \"speed\": \"fast\", \"medium\" or \"slow\", \"is_installed\",
                \"needed_memory_bytes\", \"correction\": null or {…}, \"fit\": \"fits\", \"tight\", \"too_large\" or null}…],
   \"source\": null or FILE, \"problems\": [TEXT…]}";

#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(super) struct ModelsRecommendedArgs {}

/// Prints the recommended models, and why a list of the owner is not used. Works without Ollama.
pub(super) async fn print_recommended(app: &App, output: OutputFormat) -> Result<Exit, AppError> {
    models::poll_now(app).await;
    let Library { models, source, problems, .. } = models::load_library(app).await?;
    let answer = serde_json::json!({ "models": models, "source": source, "problems": problems });
    output.print(&answer, |_| {
        let rows = models.iter().map(|model| {
            vec![
                model.name.to_string(),
                format_size(Some(model.size)),
                format_size(Some(model.needed_memory_bytes)),
                model.fit.map_or("unknown", |fit| fit.as_str()).to_owned(),
                model.context_length.to_string(),
                model.speed.as_str().to_owned(),
                if model.is_installed { "yes" } else { "no" }.to_owned(),
                format!("{} {}.", model.reason, model.languages),
            ]
        });
        let columns = ["Model", "Size", "Memory", "Fit", "Context", "Speed", "Installed", "Good for"];
        print_stdout(table::render(&columns, rows, &[1, 2, 4]));
        if let Some(file) = &source {
            print_stdout(format_args!("Recommended by {file}."));
        }
        for problem in &problems {
            print_stdout(format_args!("Not used: {problem}"));
        }
    })?;
    Ok(Exit::Done)
}
