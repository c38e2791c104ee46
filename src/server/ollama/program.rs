//! The `ollama` program on this machine: its list of models, for when the server cannot be asked over HTTP.

use std::{io, process::Stdio, time::Duration};
use tokio::process::Command;
use url::Url;

const PROGRAM: &str = "ollama";
/// The program asks its own server; one that hangs must not hang us.
const LIMIT: Duration = Duration::from_secs(20);

/// Why the program gave no list.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    #[error("there is no `ollama` program on the PATH")]
    NotInstalled,
    #[error("the `ollama` program could not be started: {0}")]
    NotStarted(io::Error),
    #[error("`ollama list` gave no answer within {} s", LIMIT.as_secs())]
    TimedOut,
    #[error("`ollama list` failed: {0}")]
    Failed(String),
}

/// The list as JSON where the program can do that, else its table.
///
/// # Errors
/// When there is no program, or it gives no list either way.
pub async fn list(host: &Url) -> Result<String, ProgramError> {
    match run(host, &["list", "--json"]).await {
        Ok(text) if text.trim_start().starts_with(['{', '[']) => Ok(text),
        // Programs without the option refuse it, or print their table all the same.
        Ok(_) | Err(ProgramError::Failed(_)) => run(host, &["list"]).await,
        Err(error) => Err(error),
    }
}

async fn run(host: &Url, arguments: &[&str]) -> Result<String, ProgramError> {
    let output = Command::new(PROGRAM)
        .args(arguments)
        .env("OLLAMA_HOST", host.as_str())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = match tokio::time::timeout(LIMIT, output).await {
        Err(_) => return Err(ProgramError::TimedOut),
        Ok(Err(error)) if error.kind() == io::ErrorKind::NotFound => return Err(ProgramError::NotInstalled),
        Ok(Err(error)) => return Err(ProgramError::NotStarted(error)),
        Ok(Ok(output)) => output,
    };
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let words = String::from_utf8_lossy(&output.stderr);
    let last = words.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("it said nothing");
    Err(ProgramError::Failed(last.chars().take(200).collect()))
}
