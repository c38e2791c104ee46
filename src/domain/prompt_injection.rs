//! Signs that a text addresses a language model instead of people. They do not change the score; the reader is warned.

string_enum! {
    /// A sign, by the rule that found it.
    InjectionSign {
        /// "Ignore the previous instructions" and similar sentences.
        InstructionOverride = "command",
        /// It names the fields of an answer together with numbers, or asks for a score.
        ScoreRequest = "asks-for-score",
        /// Tokens that separate the roles in chat templates.
        ChatTokens = "chat-tokens",
        /// Many invisible characters.
        HiddenCharacters = "hidden",
    }
}

impl InjectionSign {
    /// The warning, as a sentence.
    pub const fn message(self) -> &'static str {
        match self {
            Self::InstructionOverride => "It tells a language model to disregard its instructions.",
            Self::ScoreRequest => "It asks a language model for a score or an answer.",
            Self::ChatTokens => "It contains control tokens of chat models.",
            Self::HiddenCharacters => "It contains many invisible characters.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::InjectionSign;

    #[test]
    fn every_sign_has_a_word_and_a_sentence() {
        for sign in InjectionSign::ALL {
            assert_eq!(InjectionSign::parse(sign.as_str()), Some(*sign));
            assert!(sign.message().starts_with("It "));
        }
    }
}
