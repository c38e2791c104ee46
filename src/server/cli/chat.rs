//! `gleaner chat`: a conversation in the terminal, or one question from a script.

use super::{Exit, print_stderr};
use crate::server::cli::terminal;
use crate::{
    domain::{
        chat::{MessageRole, validate_message},
        ids::ArticleId,
        plain_text,
    },
    error::AppError,
    server::{
        lifecycle::Interrupts,
        models::ollama::wire::Message,
        services::{
            chat::{self, AnswerEvent, Question},
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
const MAX_PIPED_MESSAGE_BYTES: u64 = 4 * 32_000;

#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(super) struct ChatArgs {
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
enum PrintedAnswer {
    Whole(String),
    Stopped(String),
    /// Nobody reads what we print.
    Unheard,
}

impl ChatArgs {
    /// Runs the command.
    pub(super) async fn run(self, app: &App) -> Result<Exit, AppError> {
        // Nobody has looked yet; what is in memory decides what the waiting is called.
        models::poll_now(app).await;
        let question = chat::build_question(app, self.model.as_deref(), Vec::new(), self.article, true).await?;
        let message = match self.message {
            Some(message) => message,
            None if std::io::stdin().is_terminal() => return run_conversation(app, question).await,
            None => read_piped_message()
                .map_err(|error| AppError::invalid(format!("The message cannot be read: {error}.")))?,
        };
        let question = with_message(question, &message)?;
        match print_answer(app, &question, &mut terminal::interrupts()?).await? {
            PrintedAnswer::Whole(_) | PrintedAnswer::Unheard => Ok(Exit::Done),
            PrintedAnswer::Stopped(_) => Ok(Exit::Failed),
        }
    }
}

fn read_piped_message() -> std::io::Result<String> {
    let mut text = String::new();
    std::io::stdin().lock().take(MAX_PIPED_MESSAGE_BYTES).read_to_string(&mut text)?;
    Ok(text)
}

fn with_message(mut question: Question, message: &str) -> Result<Question, AppError> {
    let message = validate_message(message).map_err(AppError::invalid)?;
    question.messages.push(Message::new(MessageRole::User.as_str(), message));
    Ok(question)
}

async fn run_conversation(app: &App, mut question: Question) -> Result<Exit, AppError> {
    print_stderr(format_args!("Talking with {}. An empty line ends it; Ctrl-C stops an answer.", question.model));
    let mut lines = spawn_line_reader();
    let mut interrupts = terminal::interrupts()?;
    loop {
        if print_and_flush("› ").is_err() {
            return Ok(Exit::Done);
        }
        let line = tokio::select! {
            line = lines.recv() => line,
            () = interrupts.next() => None,
        };
        let Some(line) = line.filter(|line| !line.trim().is_empty()) else { return Ok(Exit::Done) };
        let asked = match with_message(question.clone(), &line) {
            Ok(asked) => asked,
            Err(error) => {
                terminal::fail_with_hint(&error);
                continue;
            }
        };
        match print_answer(app, &asked, &mut interrupts).await {
            Ok(PrintedAnswer::Whole(answer) | PrintedAnswer::Stopped(answer)) => {
                question = asked;
                if !answer.is_empty() {
                    question.messages.push(Message::new(MessageRole::Assistant.as_str(), answer));
                }
            }
            Ok(PrintedAnswer::Unheard) => return Ok(Exit::Done),
            // Said; the next question may fare better.
            Err(error) => drop(terminal::fail_with_hint(&error)),
        }
    }
}

/// Lines typed, from a thread of its own: reading a keyboard cannot be given up.
fn spawn_line_reader() -> mpsc::Receiver<String> {
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
async fn print_answer(app: &App, question: &Question, interrupts: &mut Interrupts) -> Result<PrintedAnswer, AppError> {
    let mut said = pin!(chat::stream_answer(app.clone(), question.clone()));
    let mut answer = String::new();
    loop {
        let next = tokio::select! {
            biased;
            () = interrupts.next() => {
                let _ = print_and_flush("\n");
                print_stderr("Stopped.");
                return Ok(PrintedAnswer::Stopped(answer));
            }
            next = said.next() => next,
        };
        match next {
            Some(Ok(AnswerEvent::Wait(wait))) => {
                if std::io::stderr().is_terminal() {
                    wait.message(question.model.as_str()).iter().for_each(print_stderr);
                }
            }
            Some(Ok(AnswerEvent::Text(text))) => {
                answer.push_str(&text);
                if print_and_flush(&remove_control_chars(&text)).is_err() {
                    return Ok(PrintedAnswer::Unheard);
                }
            }
            Some(Ok(AnswerEvent::Done(ended))) => {
                let _ = print_and_flush("\n");
                if !ended.complete {
                    print_stderr("The model reached the longest answer that it may give.");
                }
                return Ok(PrintedAnswer::Whole(answer));
            }
            Some(Err(error)) => {
                if !answer.is_empty() {
                    let _ = print_and_flush("\n");
                }
                return Err(error);
            }
            None => return Err(AppError::internal()),
        }
    }
}

fn print_and_flush(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Without control characters: what a model repeats out of an article must not steer the terminal.
fn remove_control_chars(text: &str) -> String {
    text.chars().filter(|c| !plain_text::is_unsafe_char(*c) && *c != '\r').collect()
}

#[cfg(test)]
mod tests {
    use super::remove_control_chars;

    #[test]
    fn terminals_are_not_steered() {
        assert_eq!(remove_control_chars("a\u{1b}[2Jb\tc\n\u{7}\u{9b}31m"), "a[2Jb\tc\n31m");
    }
}
