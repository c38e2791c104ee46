//! Signs that a text talks to a model instead of to people. They change nothing about the score; the reader is told.

words! {
    /// A sign, by the rule that found it.
    Sign {
        /// "Ignore the previous instructions" and its kin.
        Command = "command",
        /// It names the fields of an answer together with numbers, or asks for a score.
        AsksForScore = "asks-for-score",
        /// Tokens by which chat templates tell speakers apart.
        ChatTokens = "chat-tokens",
        /// Many characters that are there but cannot be seen.
        Hidden = "hidden",
    }
}

impl Sign {
    /// The rule, for people.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Command => "It tells a language model to disregard its instructions.",
            Self::AsksForScore => "It asks a language model for a score or an answer.",
            Self::ChatTokens => "It has the control tokens of chat models in it.",
            Self::Hidden => "It has a lot of invisible characters in it.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Sign;

    #[test]
    fn every_sign_has_a_word_and_a_sentence() {
        for sign in Sign::ALL {
            assert_eq!(Sign::parse(sign.as_str()), Some(*sign));
            assert!(sign.sentence().starts_with("It "));
        }
    }
}
