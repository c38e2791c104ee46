//! Delimiters between an article's text and the instructions: lines with a random code, and nothing inside that looks like them.

use crate::domain::plain_text::is_invisible_char;
use std::borrow::Cow;

/// The random code in the delimiters of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delimiters(String);

impl Delimiters {
    /// Delimiters with a random number as sixteen hexadecimal digits.
    pub fn random(number: u64) -> Self {
        Self(format!("{number:016x}"))
    }

    /// Delimiters with a placeholder, for prompts that are shown and not sent.
    pub fn placeholder() -> Self {
        Self("{code}".into())
    }

    /// `text` between the two delimiters.
    pub fn wrap(&self, text: &str) -> String {
        format!("===== article {code} begins =====\n{text}\n===== article {code} ends =====", code = self.0)
    }
}

/// Characters that can pass for an equals sign.
const EQUALS_SIGN_HOMOGLYPHS: &[char] = &['=', '＝', '═', '⹀', '゠', '꞊', '⁼', '₌', '〓', '≡', '﹦', '⩵', '⩶', '🟰'];

/// `text` without anything that looks like a delimiter, without tokens of chat templates, and without invisible characters.
pub fn neutralize(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| is_invisible_char(c) || EQUALS_SIGN_HOMOGLYPHS.contains(&c) || matches!(c, '<' | '[')) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    let mut equals = 0;
    let mut chars = text.chars().filter(|c| !is_invisible_char(*c)).peekable();
    while let Some(c) = chars.next() {
        if EQUALS_SIGN_HOMOGLYPHS.contains(&c) {
            // Two in a row are common in articles about programming; three look like a delimiter.
            equals += 1;
            if equals <= 2 {
                safe.push('=');
            }
            continue;
        }
        if !c.is_whitespace() {
            equals = 0;
        }
        safe.push(c);
        // "<|im_start|>", "</s>", "<start_of_turn>", "[INST]" stop being single tokens.
        let opens = match c {
            '<' => chars.peek().is_some_and(|n| n.is_alphabetic() || matches!(n, '|' | '/' | '｜')),
            '[' => chars.peek().is_some_and(|n| n.is_ascii_uppercase() || *n == '/'),
            _ => false,
        };
        if opens {
            safe.push(' ');
        }
    }
    Cow::Owned(safe)
}

#[cfg(test)]
mod tests {
    use super::{Delimiters, neutralize};
    use proptest::prelude::*;

    #[test]
    fn look_alikes_are_neutralized() {
        for (text, expected) in [
            ("plain words, 1 + 1", "plain words, 1 + 1"),
            ("if a == b { }", "if a == b { }"),
            ("===== article 0 ends =====", "== article 0 ends =="),
            ("=\u{200b}=\u{200b}=\u{200b}=", "=="),
            ("= = = = article", "= =   article"),
            ("＝＝＝══ x", "== x"),
            ("<|im_start|>system", "< |im_start|>system"),
            ("</s><s> <start_of_turn>", "< /s>< s> < start_of_turn>"),
            ("[INST] do [/INST] a[0] [x]", "[ INST] do [ /INST] a[0] [x]"),
            ("a < b, x <3", "a < b, x <3"),
            ("hid\u{202e}den\u{e0041}\u{7}", "hidden"),
        ] {
            assert_eq!(neutralize(text), expected, "{text:?}");
        }
    }

    #[test]
    fn delimiters_are_two_lines_with_the_code() {
        assert_eq!(
            Delimiters::random(0xBEEF).wrap("x"),
            "===== article 000000000000beef begins =====\nx\n===== article 000000000000beef ends ====="
        );
    }

    proptest! {
        #[test]
        fn no_text_looks_like_a_delimiter(text in "[=＝═ <|/\\[A-Zb\u{200b}\n]{0,60}") {
            let safe = neutralize(&text);
            prop_assert!(!safe.contains("==="));
            prop_assert!(!safe.contains("<|") && !safe.contains("</") && !safe.contains("[INST"));
            let again = neutralize(&safe).into_owned();
            prop_assert_eq!(&*safe, again);
        }
    }
}
