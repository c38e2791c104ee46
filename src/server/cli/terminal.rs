//! Output of commands, and their exit codes.

use crate::error::{AppError, ErrorKind};
use crate::server::lifecycle::Interrupts;
use serde::Serialize;
use std::{borrow::Cow, fmt::Display, io::Write, process::ExitCode};

/// The outcome of a command; the same exit codes for all commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// The command succeeded.
    Done = 0,
    /// The command failed.
    Failed = 1,
    /// The command line is not valid.
    Usage = 2,
    /// A check failed.
    CheckFailed = 3,
    /// Ollama does not answer.
    OllamaUnreachable = 4,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Prints a line for the user, without control characters. A closed pipe (`gleaner … | head`) is no failure.
pub fn print_stdout(line: impl Display) {
    let _ = writeln!(std::io::stdout().lock(), "{}", without_control_chars(&line.to_string()));
}

/// Prints a value as indented JSON.
pub fn print_json(value: &impl Serialize) -> Result<Exit, AppError> {
    let text = serde_json::to_string_pretty(value).map_err(|cause| {
        tracing::error!(%cause, "a result could not be written as JSON");
        AppError::internal()
    })?;
    print_stdout(text);
    Ok(Exit::Done)
}

/// As [`print_stdout`], for a table with colors, whose texts were cleaned when its cells were made.
pub fn print_styled(table: impl Display) {
    let _ = writeln!(std::io::stdout().lock(), "{table}");
}

/// Prints a line to standard error, without control characters.
pub fn print_stderr(line: impl Display) {
    let _ = writeln!(std::io::stderr().lock(), "{}", without_control_chars(&line.to_string()));
}

/// The text without control characters: foreign text must not control the terminal.
fn without_control_chars(text: &str) -> Cow<'_, str> {
    let is_control = |c: char| c.is_control() && !matches!(c, '\n' | '\t' | '\r');
    if text.contains(is_control) { text.replace(is_control, "").into() } else { text.into() }
}

/// Begins to listen for Ctrl-C.
pub(super) fn interrupts() -> Result<Interrupts, AppError> {
    Interrupts::new().map_err(|error| AppError::invalid(format!("Ctrl-C cannot be caught: {error}.")))
}

/// Prints why the command failed.
pub(super) fn fail(error: &dyn Display) -> Exit {
    print_stderr(format_args!("gleaner: {error}"));
    Exit::Failed
}

/// As [`fail`], with the hint of the error.
pub(super) fn fail_with_hint(error: &AppError) -> Exit {
    print_stderr(format_args!("gleaner: {error}"));
    if let Some(hint) = &error.hint {
        print_stderr(hint);
    }
    if error.kind == ErrorKind::Unavailable { Exit::OllamaUnreachable } else { Exit::Failed }
}
