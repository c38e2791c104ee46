//! `models ps`.

use crate::server::cli::{
    models::options::{OutputFormat, format_size},
    table,
    terminal::{Exit, print_stdout},
};
use crate::{
    domain::{loaded_memory::LoadedMemory, model::InstalledModelRow, time::Timestamp},
    error::AppError,
    server::{services::models, state::App},
};

const HELP: &str = "\
Output with --json: an array of
  {\"name\", \"size\", \"parameter_size\", \"quantization_level\", \"is_loaded\", \"digest\", \"modified_at\", \"size_vram\", \"expires_at\",
   \"context_length\", \"loaded_context_length\", \"memory\": null | {\"size\", \"size_vram\", \"context_length\", \"estimate\": {…}}, \"capabilities\": [TEXT…], \"is_cloud\", \"used_for\": [TASK…]}";

#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(super) struct ModelsPsArgs {}

/// Polls Ollama and prints the models in its memory.
pub(super) async fn print_loaded(app: &App, output: OutputFormat) -> Result<Exit, AppError> {
    models::poll_now(app).await;
    models::fetch_architectures(app).await;
    let loaded: Vec<InstalledModelRow> =
        models::list_installed(app).await?.into_iter().filter(|model| model.is_loaded).collect();
    let now = app.clock.now();
    output.print(&loaded, |loaded| {
        if loaded.is_empty() {
            print_stdout("No model is in memory.");
            return;
        }
        let rows = loaded.iter().map(|model| {
            let memory = model.memory.as_ref();
            vec![
                model.name.to_string(),
                format_size(memory.map(|memory| memory.size)),
                format_size(memory.map(|memory| memory.estimate.total_bytes)),
                format_size(model.size_vram),
                memory.and_then(LoadedMemory::cpu_percent).map_or_else(|| "-".to_owned(), |share| format!("{share} %")),
                model.loaded_context_length.map_or_else(|| "-".to_owned(), |tokens| tokens.to_string()),
                format_expiry(model.expires_at, now),
            ]
        });
        print_stdout(table::render(
            &["Model", "Memory", "Estimate", "On GPU", "On CPU", "Context", "Until"],
            rows,
            &[1, 2, 3, 4, 5],
        ));
        for model in loaded {
            if let Some(memory) = &model.memory {
                print_stdout(format!("{}: {} {}", model.name, memory.message(), memory.placement()));
            }
        }
    })?;
    Ok(Exit::Done)
}

/// Ollama moves the time only when a request ends: one in the past means that the model is in use.
fn format_expiry(expires_at: Option<Timestamp>, now: Timestamp) -> String {
    const FOREVER_AFTER_SECONDS: i64 = 366 * 86_400;
    match expires_at {
        None => "-".to_owned(),
        Some(at) if at < now => "busy".to_owned(),
        Some(at) if at.since(now) > FOREVER_AFTER_SECONDS => "forever".to_owned(),
        Some(at) => at.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Timestamp, format_expiry};

    #[test]
    fn times_far_and_past() {
        let now = Timestamp(1_772_366_400);
        for (at, text) in [
            (None, "-"),
            (Some(now.plus(-5)), "busy"),
            (Some(now.plus(9_000_000_000)), "forever"),
            (Some(now.plus(60)), "2026-03-01T12:01:00Z"),
        ] {
            assert_eq!(format_expiry(at, now), text);
        }
    }
}
