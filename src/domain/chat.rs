//! Conversations with a model, as pages and the API show them.

use super::model_name::ModelName;
use super::{
    ids::{ArticleId, ConversationId, MessageId},
    plain_text,
    safe_html::SafeHtml,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// The longest message, in characters; more would not fit any context that a home machine holds.
pub const MAX_MESSAGE_CHARS: usize = 32_000;

/// A title is at most so many characters of the first question.
const MAX_TITLE_CHARS: usize = 60;

string_enum! {
    /// Who said something.
    MessageRole {
        /// The reader.
        User = "user",
        /// The model.
        Assistant = "assistant",
    }
}

string_enum! {
    /// How an answer stands. A question is always whole.
    AnswerState {
        /// It is on its way.
        Streaming = "writing",
        Complete = "whole",
        /// The model reached the longest answer it may give.
        Truncated = "cut",
        /// The reader stopped it; what came until then is kept.
        Stopped = "stopped",
        /// Gleaner ended while it was on its way.
        Interrupted = "interrupted",
        /// Ollama failed; the failure says how.
        Failed = "failed",
    }
}

/// What a model did for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct AnswerStats {
    /// From the question to the last word, waiting and loading included.
    pub duration_ms: i64,
    /// Of it, until the model was in memory.
    pub load_ms: i64,
    /// `None` when Ollama did not tell.
    pub tokens_per_second: Option<f64>,
}

/// Why there is no whole answer, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatFailure {
    /// As of other errors, such as `unavailable`.
    pub kind: String,
    /// What happened, in a sentence.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// A question or an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChatMessage {
    /// The message.
    pub id: MessageId,
    /// Who wrote it.
    pub role: MessageRole,
    /// The text as it was written.
    pub text: String,
    /// An answer's Markdown as HTML; empty for a question.
    pub html: SafeHtml,
    /// How far an answer is.
    pub state: AnswerState,
    /// Which model answered, or does.
    pub model: Option<ModelName>,
    /// Tokens and time of a finished answer.
    pub stats: Option<AnswerStats>,
    /// Why there is no whole answer.
    pub failure: Option<ChatFailure>,
    /// Why nothing is to be seen yet, while that is so.
    pub wait_message: Option<String>,
    /// When it was written.
    pub at: Timestamp,
}

/// A conversation as a line of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationSummary {
    /// The conversation.
    pub id: ConversationId,
    /// The first words of the first question.
    pub title: String,
    /// The model that answered last.
    pub model: ModelName,
    /// When its last message was written.
    pub updated_at: Timestamp,
}

/// The article that a conversation is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatArticle {
    /// The article.
    pub id: ArticleId,
    /// The article's title.
    pub title: String,
}

/// A conversation with everything said in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conversation {
    /// What the list shows of it.
    pub summary: ConversationSummary,
    /// `None` also when the article is gone.
    pub article: Option<ChatArticle>,
    /// It was about an article that has been removed since.
    pub is_article_deleted: bool,
    /// The messages, oldest first.
    pub messages: Vec<ChatMessage>,
}

impl Conversation {
    /// The answer on its way.
    pub fn streaming_answer(&self) -> Option<&ChatMessage> {
        self.messages.last().filter(|message| message.state == AnswerState::Streaming)
    }

    /// Whether the last question can be asked once more: its answer is not what it could be.
    pub fn can_regenerate(&self) -> bool {
        self.messages.last().is_some_and(|last| {
            last.role == MessageRole::Assistant && !matches!(last.state, AnswerState::Streaming | AnswerState::Complete)
        })
    }
}

/// A model that can be talked to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatModel {
    /// Name of the model.
    pub name: ModelName,
    /// As "qwen3:8b, 5.2 GB, in memory".
    pub label: String,
    /// What is said leaves this machine.
    pub is_cloud: bool,
}

/// What one can talk with, and what stands in the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatModels {
    /// Installed and able to chat.
    pub models: Vec<ChatModel>,
    /// The one to begin with; perhaps not among `models`.
    pub default_model: ModelName,
    /// Why there is no list, and what to do.
    pub unavailable_reason: Option<String>,
}

/// A question that can be asked: neither empty nor too long. The error is a sentence.
pub fn validate_message(text: &str) -> Result<String, String> {
    let text = plain_text::clean_text(text);
    if text.is_empty() {
        return Err("Write a message first.".into());
    }
    let chars = text.chars().count();
    if chars > MAX_MESSAGE_CHARS {
        return Err(format!("The message has {chars} characters; at most {MAX_MESSAGE_CHARS} can be sent."));
    }
    Ok(text)
}

/// What a conversation that begins with `text` is called: its first words.
pub fn derive_title(text: &str) -> String {
    let words = text.split_whitespace();
    let mut title = String::new();
    for word in words {
        let space = usize::from(!title.is_empty());
        if title.chars().count() + space + word.chars().count() > MAX_TITLE_CHARS {
            if title.is_empty() {
                title.extend(word.chars().take(MAX_TITLE_CHARS - 1));
            }
            title.push('…');
            break;
        }
        if space > 0 {
            title.push(' ');
        }
        title.push_str(word);
    }
    title
}

/// Why an answer has not begun, for the one who waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum WaitReason {
    /// Other answers come first.
    Queued,
    /// Ollama could not be reached a moment ago.
    Unreachable,
    /// The model comes into memory; how many seconds that usually takes, when it is known.
    Loading {
        /// How many seconds loading usually takes.
        expected_seconds: Option<i64>,
    },
    /// The model reads what it was given.
    #[default]
    ProcessingPrompt,
    /// The model thinks before it speaks.
    Thinking,
    /// It has begun.
    Started,
}

impl WaitReason {
    /// In words, with what the model is called; `None` once the answer has begun.
    pub fn message(self, model: &str) -> Option<String> {
        Some(match self {
            Self::Queued => format!("Waiting for {model}: it is busy with another answer."),
            Self::Unreachable => "Ollama is not responding. Retrying.".to_owned(),
            Self::Loading { expected_seconds: Some(seconds) } => {
                format!("Loading {model} into memory, usually {seconds} s.")
            }
            Self::Loading { expected_seconds: None } => {
                format!("Loading {model} into memory. This may take a while.")
            }
            Self::ProcessingPrompt => format!("{model} is reading the prompt."),
            Self::Thinking => format!("{model} is thinking."),
            Self::Started => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_MESSAGE_CHARS, WaitReason, derive_title, validate_message};

    #[test]
    fn questions_have_bounds() {
        assert_eq!(validate_message(" a\r\nb \n").as_deref(), Ok("a\nb"));
        assert!(validate_message(" \n ").is_err_and(|why| why.contains("Write")));
        assert!(validate_message(&"é".repeat(MAX_MESSAGE_CHARS)).is_ok());
        assert!(validate_message(&"é".repeat(MAX_MESSAGE_CHARS + 1)).is_err_and(|why| why.contains("32001")));
    }

    #[test]
    fn a_title_is_made_of_the_first_words() {
        let long = "x".repeat(80);
        for (text, title) in [
            ("What is  a\nloom?", "What is a loom?".to_owned()),
            (
                "Explain to me how the new loom differs from the one before it, please",
                "Explain to me how the new loom differs from the one before…".to_owned(),
            ),
            (&long, format!("{}…", "x".repeat(59))),
        ] {
            assert_eq!(derive_title(text), title);
            assert!(derive_title(text).chars().count() <= 61);
        }
    }

    #[test]
    fn waits_are_told_and_the_end_of_them_is_not() {
        let loading = WaitReason::Loading { expected_seconds: Some(40) };
        assert_eq!(loading.message("qwen3:8b").as_deref(), Some("Loading qwen3:8b into memory, usually 40 s."));
        assert_eq!(WaitReason::Started.message("x"), None);
    }
}
