//! Conversations with a model, as pages and the API show them.

use super::model_name::ModelName;
use super::{
    humanize,
    ids::{ArticleId, ConversationId, MessageId},
    plain_text,
    safe_html::SafeHtml,
    thinking::ThinkingLevel,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// Longest message in characters; a longer one would not fit the context of a model on a home machine.
pub const MAX_MESSAGE_CHARS: usize = 32_000;

/// Longest title that is made of a question, in characters.
const MAX_DERIVED_TITLE_CHARS: usize = 60;

/// Longest title that a reader may give a conversation, in characters.
pub const MAX_CONVERSATION_TITLE_CHARS: usize = 120;

string_enum! {
    /// The author of a message.
    MessageRole {
        /// The reader.
        User = "user",
        /// The model.
        Assistant = "assistant",
    }
}

string_enum! {
    /// The state of an answer. A question is always `Complete`.
    AnswerState {
        /// It is being written.
        Streaming = "writing",
        Complete = "whole",
        /// The model reached the longest answer it may give.
        Truncated = "cut",
        /// The reader stopped it; the text up to then is stored.
        Stopped = "stopped",
        /// Gleaner exited while it was being written.
        Interrupted = "interrupted",
        /// Ollama failed; see [`ChatFailure`].
        Failed = "failed",
    }
}

/// Time and speed of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct AnswerStats {
    /// Milliseconds from the question to the last token, waiting and loading included.
    pub duration_ms: i64,
    /// Milliseconds of `duration_ms` until the model was in memory.
    pub load_ms: i64,
    /// Output tokens per second; `None` when Ollama did not report them.
    pub tokens_per_second: Option<f64>,
}

/// Why an answer failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatFailure {
    /// The kind of the error, such as `unavailable`.
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
    /// The state of an answer.
    pub state: AnswerState,
    /// The model that answered or is answering.
    pub model: Option<ModelName>,
    /// Time and speed of a finished answer.
    pub stats: Option<AnswerStats>,
    /// Why the answer failed.
    pub failure: Option<ChatFailure>,
    /// Why the answer has not begun; `None` once it has.
    pub wait_message: Option<String>,
    /// When it was written.
    pub at: Timestamp,
}

/// A conversation as a row of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationSummary {
    /// The conversation.
    pub id: ConversationId,
    /// The first words of the first question, or the name that the reader gave it.
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

/// A conversation with its messages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conversation {
    /// What the list shows of it.
    pub summary: ConversationSummary,
    /// `None` for a conversation about no article, and when the article was deleted.
    pub article: Option<ChatArticle>,
    /// It was about an article that has been removed since.
    pub is_article_deleted: bool,
    /// How much the model thinks; `None`: as the options of chats say.
    pub thinking: Option<ThinkingLevel>,
    /// The messages, oldest first.
    pub messages: Vec<ChatMessage>,
}

impl Conversation {
    /// The answer that is being written.
    pub fn streaming_answer(&self) -> Option<&ChatMessage> {
        self.messages.last().filter(|message| message.state == AnswerState::Streaming)
    }

    /// Whether the last question can be sent again: its answer ended before it was complete.
    pub fn can_regenerate(&self) -> bool {
        self.messages.last().is_some_and(|last| {
            last.role == MessageRole::Assistant && !matches!(last.state, AnswerState::Streaming | AnswerState::Complete)
        })
    }
}

/// A model that can chat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatModel {
    /// Name of the model.
    pub name: ModelName,
    /// For display, for example "qwen3:8b, 5.2 GB, in memory".
    pub label: String,
    /// Whether messages leave this machine.
    pub is_cloud: bool,
    /// How much it can think.
    pub thinking: Vec<ThinkingLevel>,
}

/// The models that can chat, or why they are not known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatModels {
    /// Installed and able to chat.
    pub models: Vec<ChatModel>,
    /// The model of a new conversation; may be missing from `models`.
    pub default_model: ModelName,
    /// Why there is no list, and what to do.
    pub unavailable_reason: Option<String>,
}

impl ChatModels {
    /// All levels of thinking that one of the models knows; empty when none can think.
    pub fn thinking_levels(&self) -> Vec<ThinkingLevel> {
        let is_known = |level: &&ThinkingLevel| self.models.iter().any(|model| model.thinking.contains(level));
        let levels: Vec<ThinkingLevel> = ThinkingLevel::ALL.iter().filter(is_known).copied().collect();
        if levels == [ThinkingLevel::Off] { Vec::new() } else { levels }
    }
}

/// The cleaned text of a message that is neither empty nor too long. The error is a sentence.
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

/// The cleaned title that a reader gave a conversation, on one line. The error is a sentence.
pub fn validate_title(text: &str) -> Result<String, String> {
    let title = plain_text::clean_text(text).split_whitespace().collect::<Vec<_>>().join(" ");
    if title.is_empty() {
        return Err("Give the conversation a name.".into());
    }
    let chars = title.chars().count();
    if chars > MAX_CONVERSATION_TITLE_CHARS {
        return Err(format!("The name has {chars} characters; at most {MAX_CONVERSATION_TITLE_CHARS} are kept."));
    }
    Ok(title)
}

/// The title of a conversation that begins with `text`: its first words.
pub fn derive_title(text: &str) -> String {
    let words = text.split_whitespace();
    let mut title = String::new();
    for word in words {
        let space = usize::from(!title.is_empty());
        if title.chars().count() + space + word.chars().count() > MAX_DERIVED_TITLE_CHARS {
            if title.is_empty() {
                title.extend(word.chars().take(MAX_DERIVED_TITLE_CHARS - 1));
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

/// Why an answer has not begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum WaitReason {
    /// The model is busy with another answer.
    Queued,
    /// A server of Gleaner scores with the model; the answer follows the article at hand.
    Scoring {
        /// Articles in the queue.
        articles: i64,
    },
    /// Ollama could not be reached a moment ago.
    Unreachable,
    /// The model is being loaded into memory.
    Loading {
        /// Seconds that loading usually takes, when known.
        expected_seconds: Option<i64>,
    },
    /// The model is processing the prompt.
    #[default]
    ProcessingPrompt,
    /// The model is writing its reasoning.
    Thinking,
    /// The answer has begun.
    Started,
}

impl WaitReason {
    /// The reason as a sentence about `model`; `None` once the answer has begun.
    pub fn message(self, model: &str) -> Option<String> {
        Some(match self {
            Self::Queued => format!("Waiting for {model}: it is busy with another answer."),
            Self::Scoring { articles } => format!(
                "Waiting for {model}: it is scoring an article ({} in the queue). The answer comes next.",
                humanize::format_count(articles, "article", "articles")
            ),
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
    use super::{
        MAX_CONVERSATION_TITLE_CHARS, MAX_MESSAGE_CHARS, WaitReason, derive_title, validate_message, validate_title,
    };

    #[test]
    fn questions_have_bounds() {
        assert_eq!(validate_message(" a\r\nb \n").as_deref(), Ok("a\nb"));
        assert!(validate_message(" \n ").is_err_and(|why| why.contains("Write")));
        assert!(validate_message(&"é".repeat(MAX_MESSAGE_CHARS)).is_ok());
        assert!(validate_message(&"é".repeat(MAX_MESSAGE_CHARS + 1)).is_err_and(|why| why.contains("32001")));
    }

    #[test]
    fn names_have_bounds() {
        assert_eq!(validate_title(" Looms\n and\u{7} threads ").as_deref(), Ok("Looms and threads"));
        assert!(validate_title(" \n ").is_err_and(|why| why.contains("name")));
        assert!(validate_title(&"é".repeat(MAX_CONVERSATION_TITLE_CHARS)).is_ok());
        assert!(validate_title(&"é".repeat(MAX_CONVERSATION_TITLE_CHARS + 1)).is_err_and(|why| why.contains("121")));
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
    fn a_wait_has_a_message_and_a_started_answer_has_none() {
        let loading = WaitReason::Loading { expected_seconds: Some(40) };
        assert_eq!(loading.message("qwen3:8b").as_deref(), Some("Loading qwen3:8b into memory, usually 40 s."));
        let scoring = WaitReason::Scoring { articles: 12 }.message("qwen3:8b").unwrap_or_default();
        assert!(scoring.contains("qwen3:8b: it is scoring an article (12 articles in the queue)"), "{scoring}");
        assert_eq!(WaitReason::Started.message("x"), None);
    }
}
