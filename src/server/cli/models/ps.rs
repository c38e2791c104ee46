//! `models ps`.

use super::{Exit, Output, say, size, table};
use crate::{
    domain::{model::InstalledModel, time::Timestamp},
    error::AppError,
    server::{services::models, state::App},
};

const HELP: &str = "\
Output with --json: an array of
  {\"name\", \"size\", \"parameter_size\", \"quantization_level\", \"is_loaded\", \"digest\", \"modified_at\", \"size_vram\", \"expires_at\",
   \"context_length\", \"capabilities\": [TEXT…], \"is_cloud\", \"used_for\": [TASK…]}";

#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(super) struct Ps {}

/// Asks Ollama now, as "check now" on the page does, and tells what is in its memory.
pub(super) async fn ps(app: &App, output: Output) -> Result<Exit, AppError> {
    models::check_now(app).await;
    let loaded: Vec<InstalledModel> =
        models::installed(app).await?.into_iter().filter(|model| model.is_loaded).collect();
    let now = app.clock.now();
    output.tell(&loaded, |loaded| {
        if loaded.is_empty() {
            say("No model is in memory.");
            return;
        }
        let rows = loaded.iter().map(|model| {
            vec![
                model.name.clone(),
                size(model.size_vram),
                model.context_length.map_or_else(|| "-".to_owned(), |tokens| tokens.to_string()),
                until(model.expires_at, now),
            ]
        });
        say(table::render(&["Model", "On GPU", "Context", "Until"], rows, &[1, 2]));
    })?;
    Ok(Exit::Done)
}

/// Ollama moves the time only when a request ends: one in the past means that the model is at work.
fn until(expires_at: Option<Timestamp>, now: Timestamp) -> String {
    const A_YEAR: i64 = 366 * 86_400;
    match expires_at {
        None => "-".to_owned(),
        Some(at) if at < now => "busy".to_owned(),
        Some(at) if at.since(now) > A_YEAR => "forever".to_owned(),
        Some(at) => at.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Timestamp, until};

    #[test]
    fn times_far_and_past() {
        let now = Timestamp(1_772_366_400);
        for (at, text) in [
            (None, "-"),
            (Some(now.plus(-5)), "busy"),
            (Some(now.plus(9_000_000_000)), "forever"),
            (Some(now.plus(60)), "2026-03-01T12:01:00Z"),
        ] {
            assert_eq!(until(at, now), text);
        }
    }
}
