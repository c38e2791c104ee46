//! Signs that a text talks to a model instead of to people. They change nothing about the score; the reader is told.

string_enum! {
    /// A sign, by the rule that found it.
    InjectionSign {
        /// "Ignore the previous instructions" and its kin.
        InstructionOverride = "command",
        /// It names the fields of an answer together with numbers, or asks for a score.
        ScoreRequest = "asks-for-score",
        /// Tokens by which chat templates tell speakers apart.
        ChatTokens = "chat-tokens",
        /// Many characters that are there but cannot be seen.
        HiddenCharacters = "hidden",
    }
}

impl InjectionSign {
    /// The rule, for people.
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
