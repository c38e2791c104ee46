//! Options, input and output that the commands of `gleaner models` share.

use crate::{domain::humanize, error::AppError, server::cli::print_json};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use serde::Serialize;

/// How a command prints its outcome.
#[derive(Clone, Copy, Debug)]
pub(super) struct OutputFormat {
    pub(super) json: bool,
}

impl OutputFormat {
    /// Prints `outcome` as JSON with `--json`, else through `text`.
    pub(super) fn print<T: Serialize>(self, outcome: &T, text: impl FnOnce(&T)) -> Result<(), AppError> {
        if !self.json {
            text(outcome);
            return Ok(());
        }
        print_json(outcome).map(drop)
    }
}

/// `--dry-run`.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct DryRunArgs {
    /// Print exactly what would happen and write nothing
    #[arg(long)]
    pub(super) dry_run: bool,
}

/// Reads one of a closed set of words; help and errors list them.
pub(super) fn word_parser<T: Clone + Send + Sync + 'static>(
    words: &'static [T],
    as_str: fn(T) -> &'static str,
    parse: fn(&str) -> Option<T>,
) -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(words.iter().cloned().map(as_str))
        .try_map(move |word| parse(&word).ok_or("not one of them"))
}

/// Reads a text that a command is given: a file, or `-` for standard input. 16 MiB at most.
pub(super) fn read_text_or_stdin(file: &std::path::Path) -> Result<(String, String), AppError> {
    use std::io::Read;
    const MAX_TEXT_BYTES: u64 = 16 * 1024 * 1024;
    let piped = file.as_os_str() == "-";
    let label = if piped { "Standard input".to_owned() } else { file.display().to_string() };
    let mut bytes = Vec::new();
    let read = if piped {
        std::io::stdin().lock().take(MAX_TEXT_BYTES + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(file).and_then(|file| file.take(MAX_TEXT_BYTES + 1).read_to_end(&mut bytes))
    };
    read.map_err(|cause| AppError::invalid(format!("{label} cannot be read: {cause}.")))?;
    if bytes.len() as u64 > MAX_TEXT_BYTES {
        return Err(AppError::invalid(format!("{label} is larger than 16 MiB; a list of models is not.")));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.as_bytes().iter().take(error.utf8_error().valid_up_to());
        let line = valid.filter(|byte| **byte == b'\n').count() + 1;
        AppError::invalid(format!("{label} is not text: line {line} is not UTF-8."))
    })?;
    Ok((label, text))
}

/// Bytes for people: decimal units, as Ollama writes them.
pub(super) fn format_size(bytes: Option<i64>) -> String {
    bytes.map_or_else(|| "-".to_owned(), humanize::format_bytes)
}
