//! `gleaner chat`: a conversation in the terminal, or one question from a script.

use super::{Exit, print_stderr};
use crate::server::cli::{answer_waits, terminal};
use crate::{
    domain::{
        chat::{MessageRole, validate_message},
        ids::ArticleId,
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
Without MESSAGE it is a conversation: one message per line; an empty line or Ctrl-D ends it.
Piped input is the message. Ctrl-C stops an answer. Nothing is stored. What it waits for is said on standard error.

Examples:
  gleaner chat                                          start a conversation
  gleaner chat \"Which of Saturn's moons has seas?\"
  echo hi | gleaner chat --model qwen3:4b
  gleaner chat --think off \"Is a loom a machine?\"
  gleaner chat --article 12 \"Sum it up in three lines\"";

/// The longest message read from a pipe, in bytes.
const MAX_PIPED_MESSAGE_BYTES: u64 = 4 * 32_000;

#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(super) struct ChatArgs {
    /// The model; by default the one for chats, see `gleaner models select chat`
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// The id of an article to talk about
    #[arg(long, value_name = "ID")]
    article: Option<ArticleId>,
    /// How much the model thinks: off or on; with gpt-oss low, medium or high
    #[arg(long, value_name = "LEVEL")]
    think: Option<String>,
    /// The message
    message: Option<String>,
}

/// How printing an answer ended.
enum PrintedAnswer {
    Complete(String),
    Stopped(String),
    /// The output is closed.
    OutputClosed,
}

impl ChatArgs {
    /// Runs the command.
    pub(super) async fn run(self, app: &App) -> Result<Exit, AppError> {
        // The messages about waiting depend on which models are in memory, which is not known before a poll.
        models::poll_now(app).await;
        let mut question = chat::build_question(app, self.model.as_deref(), Vec::new(), self.article, true).await?;
        if let Some(typed) = &self.think {
            chat::set_thinking(app, &mut question, typed)?;
        }
        let message = match self.message {
            Some(message) => message,
            None if std::io::stdin().is_terminal() => return run_conversation(app, question).await,
            None => read_piped_message()
                .map_err(|error| AppError::invalid(format!("The message cannot be read: {error}.")))?,
        };
        let question = with_message(question, &message)?;
        match print_answer(app, &question, &mut terminal::interrupts()?).await? {
            PrintedAnswer::Complete(_) | PrintedAnswer::OutputClosed => Ok(Exit::Done),
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
        let extended = match with_message(question.clone(), &line) {
            Ok(extended) => extended,
            Err(error) => {
                terminal::fail_with_hint(&error);
                continue;
            }
        };
        match print_answer(app, &extended, &mut interrupts).await {
            Ok(PrintedAnswer::Complete(answer) | PrintedAnswer::Stopped(answer)) => {
                question = extended;
                if !answer.is_empty() {
                    question.messages.push(Message::new(MessageRole::Assistant.as_str(), answer));
                }
            }
            Ok(PrintedAnswer::OutputClosed) => return Ok(Exit::Done),
            // The error is printed; the conversation continues.
            Err(error) => drop(terminal::fail_with_hint(&error)),
        }
    }
}

/// Reads typed lines in a thread of its own: reading from a terminal cannot be cancelled.
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

/// Sends the question and prints the answer while it is written.
async fn print_answer(app: &App, question: &Question, interrupts: &mut Interrupts) -> Result<PrintedAnswer, AppError> {
    answer_waits::print_wait_for_scoring(app, &question.model).await?;
    let mut events = pin!(chat::stream_answer(app.clone(), question.clone()));
    let mut answer = String::new();
    loop {
        let next = tokio::select! {
            biased;
            () = interrupts.next() => {
                let _ = print_and_flush("\n");
                print_stderr("Stopped.");
                return Ok(PrintedAnswer::Stopped(answer));
            }
            next = events.next() => next,
        };
        match next {
            Some(Ok(AnswerEvent::Wait(wait))) => {
                answer_waits::print_wait(wait, &question.model);
            }
            Some(Ok(AnswerEvent::Text(text))) => {
                answer.push_str(&text);
                if print_and_flush(&terminal::remove_control_chars(&text)).is_err() {
                    return Ok(PrintedAnswer::OutputClosed);
                }
            }
            Some(Ok(AnswerEvent::Done(ended))) => {
                let _ = print_and_flush("\n");
                if !ended.complete {
                    print_stderr("The model reached the longest answer that it may give.");
                }
                return Ok(PrintedAnswer::Complete(answer));
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
