//! How an engine is told to answer in JSON. Engines differ; a probe finds what one supports.

string_enum! {
    /// A way to ask for JSON, the strictest first.
    ResponseFormat {
        /// `response_format` with `json_schema` and `strict`.
        JsonSchema = "json_schema",
        /// `guided_json`, the field of older vLLM.
        GuidedJson = "guided_json",
        /// `response_format` with `json_object`: any JSON; the schema stands in the prompt.
        JsonObject = "json_object",
        /// No field: the schema stands in the prompt, and the answer is checked.
        Plain = "plain",
    }
}

impl ResponseFormat {
    /// Whether the engine keeps to the schema by itself, so that the prompt need not show it.
    pub const fn enforces_schema(self) -> bool {
        matches!(self, Self::JsonSchema | Self::GuidedJson)
    }
}
