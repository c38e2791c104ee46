//! Output of commands, and their exit codes.

use crate::domain::plain_text;
use crate::error::{AppError, ErrorKind};
use crate::server::lifecycle::Interrupts;
use serde::Serialize;
use std::{
    borrow::Cow,
    fmt::Display,
    io::{self, BufRead, IsTerminal, Write},
    process::ExitCode,
};

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
    let _ = writeln!(std::io::stdout().lock(), "{}", remove_control_chars(&line.to_string()));
}

/// Asks for a secret on a terminal; elsewhere it is a line of standard input.
pub fn ask_secret(prompt: &str) -> Result<String, AppError> {
    let read = || {
        if io::stdin().is_terminal() {
            return rpassword::prompt_password(prompt);
        }
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line)?;
        Ok(line.trim_end_matches(['\r', '\n']).to_owned())
    };
    read().map_err(|cause: io::Error| {
        AppError::invalid(format!("The secret could not be read: {cause}."))
            .hint("Type it in a terminal, or give it on standard input.")
    })
}

/// Prints a value as indented JSON.
pub fn print_json(value: &impl Serialize) -> Result<Exit, AppError> {
    let text = serde_json::to_string_pretty(value).map_err(|cause| {
        tracing::error!(%cause, "a result could not be written as JSON");
        AppError::internal()
    })?;
    print_stdout(escape_in_json(&text));
    Ok(Exit::Done)
}

/// As [`print_stdout`], for a table with colors, whose texts were cleaned when its cells were made.
pub fn print_styled(table: impl Display) {
    let _ = writeln!(std::io::stdout().lock(), "{table}");
}

/// Prints a line to standard error, without control characters.
pub fn print_stderr(line: impl Display) {
    let _ = writeln!(std::io::stderr().lock(), "{}", remove_control_chars(&line.to_string()));
}

/// The text without the characters that control a terminal or the direction of text.
pub(super) fn remove_control_chars(text: &str) -> Cow<'_, str> {
    let is_removed = |c: char| c == '\r' || plain_text::is_unsafe_char(c);
    if text.contains(is_removed) { text.replace(is_removed, "").into() } else { text.into() }
}

/// JSON with escapes in place of the characters that [`remove_control_chars`] removes; they occur in its strings only.
fn escape_in_json(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for c in json.chars() {
        if plain_text::is_unsafe_char(c) {
            escaped.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            escaped.push(c);
        }
    }
    escaped
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

#[cfg(test)]
mod tests {
    use super::{escape_in_json, remove_control_chars};

    #[test]
    fn control_characters_are_removed_from_texts_and_escaped_in_json() {
        let text = "a\u{1b}[2Jb\tc\r\n\u{7}\u{9b}31m\u{202e}";
        assert_eq!(remove_control_chars(text), "a[2Jb\tc\n31m");
        let json = escape_in_json(&serde_json::json!(text).to_string());
        assert_eq!(remove_control_chars(&json), json);
        assert_eq!(serde_json::from_str::<String>(&json).expect("JSON"), text);
    }
}
