//! The `ollama` program on this machine: its list of models, for when the server cannot be asked over HTTP.

use std::{io, process::Stdio, time::Duration};
use tokio::process::Command;
use url::Url;

const OLLAMA_PROGRAM: &str = "ollama";
/// The longest time that `ollama list` may take.
const LIST_TIMEOUT: Duration = Duration::from_secs(20);

/// Why the program gave no list.
#[derive(Debug, thiserror::Error)]
pub enum OllamaProgramError {
    /// No such program is installed.
    #[error("there is no `ollama` program on the PATH")]
    NotInstalled,
    /// The program was found but did not start.
    #[error("the `ollama` program could not be started: {0}")]
    NotStarted(io::Error),
    /// The program gave no list in time.
    #[error("`ollama list` gave no answer within {} s", LIST_TIMEOUT.as_secs())]
    TimedOut,
    /// The program ended with an error.
    #[error("`ollama list` failed: {0}")]
    Failed(String),
}

/// The list as JSON where the program can do that, else its table.
///
/// # Errors
/// When there is no program, or it gives no list either way.
pub async fn list(host: &Url) -> Result<String, OllamaProgramError> {
    match run(host, &["list", "--json"]).await {
        Ok(text) if text.trim_start().starts_with(['{', '[']) => Ok(text),
        // Versions without the option reject it, or ignore it and print their table.
        Ok(_) | Err(OllamaProgramError::Failed(_)) => run(host, &["list"]).await,
        Err(error) => Err(error),
    }
}

async fn run(host: &Url, arguments: &[&str]) -> Result<String, OllamaProgramError> {
    let output = Command::new(OLLAMA_PROGRAM)
        .args(arguments)
        .env("OLLAMA_HOST", host.as_str())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = match tokio::time::timeout(LIST_TIMEOUT, output).await {
        Err(_) => return Err(OllamaProgramError::TimedOut),
        Ok(Err(error)) if error.kind() == io::ErrorKind::NotFound => return Err(OllamaProgramError::NotInstalled),
        Ok(Err(error)) => return Err(OllamaProgramError::NotStarted(error)),
        Ok(Ok(output)) => output,
    };
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    let last = stderr.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("it printed no error");
    Err(OllamaProgramError::Failed(last.chars().take(200).collect()))
}
