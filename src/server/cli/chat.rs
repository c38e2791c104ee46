//! `gleaner chat`: a conversation in the terminal, or one question from a script.

use super::{Exit, shell, warn};
use crate::{
    domain::{
        chat::{Role, checked},
        ids::ArticleId,
    },
    error::AppError,
    server::{
        ollama::wire::Message,
        services::{
            chat::{self, Question, Said},
            models,
        },
        state::App,
    },
};
use futures::StreamExt as _;
use std::{
    io::{IsTerminal as _, Read as _, Write as _},
    pin::pin,
};
use tokio::sync::mpsc;

const HELP: &str = "\
Without MESSAGE it is a conversation: one line a message; an empty line or Ctrl-D ends it.
With something piped in, that is the message. Ctrl-C stops an answer. Nothing is kept.

Examples:
  gleaner chat                                          talk
  gleaner chat \"Which of Saturn's moons has seas?\"
  echo hi | gleaner chat --model qwen3:4b
  gleaner chat --article 12 \"Sum it up in three lines\"";

/// The longest message read from a pipe, in bytes.
const MOST_BYTES: u64 = 4 * 32_000;

#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(super) struct Chat {
    /// The model; by default the one for chats, see `gleaner models select chat`
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// Talk about an article: its number
    #[arg(long, value_name = "ID")]
    article: Option<ArticleId>,
    /// The message
    message: Option<String>,
}

/// How an answer came out.
enum Heard {
    Whole(String),
    Stopped(String),
    /// Nobody reads what we print.
    Unheard,
}

impl Chat {
    /// Runs the command.
    pub(super) async fn run(self, app: &App) -> Result<Exit, AppError> {
        // Nobody has looked yet; what is in memory decides what the waiting is called.
        models::check_now(app).await;
        let question = chat::question(app, self.model.as_deref(), Vec::new(), self.article, true).await?;
        let message = match self.message {
            Some(message) => message,
            None if std::io::stdin().is_terminal() => return converse(app, question).await,
            None => piped().map_err(|error| AppError::invalid(format!("The message cannot be read: {error}.")))?,
        };
        match ask(app, &with(question, &message)?).await? {
            Heard::Whole(_) | Heard::Unheard => Ok(Exit::Done),
            Heard::Stopped(_) => Ok(Exit::Failed),
        }
    }
}

fn piped() -> std::io::Result<String> {
    let mut text = String::new();
    std::io::stdin().lock().take(MOST_BYTES).read_to_string(&mut text)?;
    Ok(text)
}

fn with(mut question: Question, message: &str) -> Result<Question, AppError> {
    let message = checked(message).map_err(AppError::invalid)?;
    question.said.push(Message::new(Role::User.as_str(), message));
    Ok(question)
}

async fn converse(app: &App, mut question: Question) -> Result<Exit, AppError> {
    warn(format_args!("Talking with {}. An empty line ends it; Ctrl-C stops an answer.", question.model));
    let mut lines = keyboard();
    loop {
        if show("› ").is_err() {
            return Ok(Exit::Done);
        }
        let line = tokio::select! {
            line = lines.recv() => line,
            _ = tokio::signal::ctrl_c() => None,
        };
        let Some(line) = line.filter(|line| !line.trim().is_empty()) else { return Ok(Exit::Done) };
        let asked = match with(question.clone(), &line) {
            Ok(asked) => asked,
            Err(error) => {
                shell::fail_app(&error);
                continue;
            }
        };
        match ask(app, &asked).await {
            Ok(Heard::Whole(answer) | Heard::Stopped(answer)) => {
                question = asked;
                if !answer.is_empty() {
                    question.said.push(Message::new(Role::Assistant.as_str(), answer));
                }
            }
            Ok(Heard::Unheard) => return Ok(Exit::Done),
            // Said; the next question may fare better.
            Err(error) => drop(shell::fail_app(&error)),
        }
    }
}

/// Lines typed, from a thread of its own: reading a keyboard cannot be given up.
fn keyboard() -> mpsc::Receiver<String> {
    let (typed, lines) = mpsc::channel(1);
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            if typed.blocking_send(line).is_err() {
                return;
            }
        }
    });
    lines
}

/// Asks and prints the answer as it comes.
async fn ask(app: &App, question: &Question) -> Result<Heard, AppError> {
    let mut said = pin!(chat::talk(app.clone(), question.clone()));
    let mut answer = String::new();
    loop {
        let next = tokio::select! {
            biased;
            _ = tokio::signal::ctrl_c() => {
                let _ = show("\n");
                warn("Stopped.");
                return Ok(Heard::Stopped(answer));
            }
            next = said.next() => next,
        };
        match next {
            Some(Ok(Said::Wait(wait))) => {
                if std::io::stderr().is_terminal() {
                    wait.sentence(&question.model).iter().for_each(warn);
                }
            }
            Some(Ok(Said::Text(text))) => {
                answer.push_str(&text);
                if show(&printable(&text)).is_err() {
                    return Ok(Heard::Unheard);
                }
            }
            Some(Ok(Said::Done(ended))) => {
                let _ = show("\n");
                if !ended.complete {
                    warn("The model reached the longest answer that it may give.");
                }
                return Ok(Heard::Whole(answer));
            }
            Some(Err(error)) => {
                if !answer.is_empty() {
                    let _ = show("\n");
                }
                return Err(error);
            }
            None => return Err(AppError::internal()),
        }
    }
}

fn show(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Without control characters: what a model repeats out of an article must not steer the terminal.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn terminals_are_not_steered() {
        assert_eq!(printable("a\u{1b}[2Jb\tc\n\u{7}\u{9b}31m"), "a[2Jb\tc\n31m");
    }
}
