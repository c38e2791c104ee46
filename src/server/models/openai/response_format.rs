//! How an engine is told to answer in JSON. Engines differ; a probe finds what one supports.

/// A way to ask for JSON, the strictest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseFormat {
    /// `response_format` with `json_schema` and `strict`.
    JsonSchema,
    /// `guided_json`, the field of older vLLM.
    GuidedJson,
    /// `response_format` with `json_object`: any JSON; the schema stands in the prompt.
    JsonObject,
    /// No field: the schema stands in the prompt, and the answer is checked.
    Plain,
}

impl ResponseFormat {
    /// In the order in which they are tried.
    pub const ALL: [Self; 4] = [Self::JsonSchema, Self::GuidedJson, Self::JsonObject, Self::Plain];

    /// The code in the database, on pages and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::JsonSchema => "json_schema",
            Self::GuidedJson => "guided_json",
            Self::JsonObject => "json_object",
            Self::Plain => "plain",
        }
    }

    /// Reads [`Self::as_str`] back.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == word)
    }

    /// Whether the engine keeps to the schema by itself, so that the prompt need not show it.
    pub const fn enforces_schema(self) -> bool {
        matches!(self, Self::JsonSchema | Self::GuidedJson)
    }
}
