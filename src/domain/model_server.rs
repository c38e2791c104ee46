//! Model servers that Gleaner uses beside, or instead of, the Ollama of the settings (docs/spec/model-servers.md).

use super::{ids::ServerId, scoring::ScoringStep};
use serde::{Deserialize, Serialize};

/// The server that every instance has: the Ollama of the settings.
pub const MAIN_SERVER: ServerId = ServerId(1);
/// The most requests in flight to one server.
pub const MAX_SERVER_SLOTS: i64 = 64;
/// The longest name, in characters.
pub const MAX_SERVER_NAME_CHARS: usize = 60;

string_enum! {
    /// Which API a server has.
    ServerKind {
        /// Ollama's native API.
        Ollama = "ollama",
        /// OpenAI's API: vLLM, SGLang, llama.cpp, LM Studio and others.
        OpenAi = "openai",
    }
}

/// A server as the owner set it up, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerSettings {
    /// Its row.
    pub id: ServerId,
    /// What the owner calls it.
    pub name: String,
    /// Which API it has.
    pub kind: ServerKind,
    /// Where it is; for the main server as the settings say.
    pub address: String,
    /// The model to ask for; empty: the chosen one, or the only one that it offers.
    pub model: String,
    /// Requests in flight.
    pub slots: i64,
    /// Whether it chooses categories.
    pub categorizes: bool,
    /// Whether it scores.
    pub scores: bool,
    /// Whether the owner agreed that text leaves private networks.
    pub has_consent: bool,
    /// Whether a token is stored.
    pub has_token: bool,
}

impl ServerSettings {
    /// Whether it is the Ollama of the settings.
    pub fn is_main(&self) -> bool {
        self.id == MAIN_SERVER
    }

    /// Whether it answers questions of a step.
    pub const fn serves(&self, step: ScoringStep) -> bool {
        match step {
            ScoringStep::Categorize => self.categorizes,
            ScoringStep::Score => self.scores,
        }
    }
}

/// What is known of a server at this moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServerStatus {
    /// How it is set up.
    pub settings: ServerSettings,
    /// Whether its address is within private networks.
    pub is_private: bool,
    /// Why it is not used; `None`: nothing is known against it.
    pub problem: Option<String>,
    /// Requests in flight.
    pub in_flight: i64,
    /// Answers since the start of the process.
    pub answers: i64,
    /// Failed requests since the start of the process.
    pub failures: i64,
    /// Output tokens a second of the last answer.
    pub tokens_per_second: Option<f64>,
    /// Its response format, once a probe found it; kind openai only.
    pub response_format: Option<String>,
}

/// What a test of a server found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerTest {
    /// The models that it offers.
    pub models: Vec<String>,
    /// The model that is asked for.
    pub model: String,
    /// Tokens of its context, when the server tells.
    pub context_length: Option<i64>,
    /// Its response format; kind openai only.
    pub response_format: Option<String>,
}
