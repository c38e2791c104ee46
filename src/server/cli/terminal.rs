//! Talking to the one at the keyboard, or to the script around us.

use crate::error::{AppError, ErrorKind};
use crate::server::lifecycle::Interrupts;
use std::{borrow::Cow, fmt::Display, io::Write, process::ExitCode};

/// How a command went; the same codes everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// It did what it was asked to.
    Done = 0,
    /// It could not.
    Failed = 1,
    /// It was called wrongly.
    Usage = 2,
    /// A check failed.
    Wanting = 3,
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

/// As [`print_stdout`], for a table with colors, whose texts were cleaned when its cells were made.
pub fn print_styled(table: impl Display) {
    let _ = writeln!(std::io::stdout().lock(), "{table}");
}

/// Prints a line beside the output.
pub fn print_stderr(line: impl Display) {
    let _ = writeln!(std::io::stderr().lock(), "{}", without_control_chars(&line.to_string()));
}

/// Without control characters: nothing that others wrote may steer the terminal, whichever command prints it.
fn without_control_chars(text: &str) -> Cow<'_, str> {
    let steers = |c: char| c.is_control() && !matches!(c, '\n' | '\t' | '\r');
    if text.contains(steers) { text.replace(steers, "").into() } else { text.into() }
}

/// Begins to listen for Ctrl-C.
pub(super) fn interrupts() -> Result<Interrupts, AppError> {
    Interrupts::new().map_err(|error| AppError::invalid(format!("Ctrl-C cannot be caught: {error}.")))
}

/// Says in one sentence why it cannot go on.
pub(super) fn fail(error: &dyn Display) -> Exit {
    print_stderr(format_args!("gleaner: {error}"));
    Exit::Failed
}

/// As [`fail`], with the way out that the error knows.
pub(super) fn fail_with_hint(error: &AppError) -> Exit {
    print_stderr(format_args!("gleaner: {error}"));
    if let Some(hint) = &error.hint {
        print_stderr(hint);
    }
    if error.kind == ErrorKind::Unavailable { Exit::OllamaUnreachable } else { Exit::Failed }
}
