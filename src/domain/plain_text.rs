//! Removes characters from names and texts that control a terminal, break a document or change the direction of the text beside
//! them.

/// Whether a character is removed from texts: control characters apart from line breaks and tabs, embeddings, overrides and
/// isolates of the writing direction (UAX 9), annotations, tags and noncharacters.
pub const fn is_unsafe_char(c: char) -> bool {
    matches!(c,
        '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}'
        | '\u{e0000}'..='\u{e007f}')
}

/// Whether a character is not visible, so that a name of such characters alone looks empty.
pub const fn is_invisible_char(c: char) -> bool {
    is_unsafe_char(c)
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{ffa0}')
}

/// A text on one line: white space collapsed, unsafe characters left out; empty when no character is visible.
pub fn clean_line(text: &str) -> String {
    if !is_visible(text) {
        return String::new();
    }
    let safe = |word: &str| word.chars().filter(|c| !is_unsafe_char(*c)).collect::<String>();
    text.split_whitespace().map(safe).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// A text of any number of lines, trimmed, without unsafe characters; empty when no character is visible.
pub fn clean_text(text: &str) -> String {
    if !is_visible(text) {
        return String::new();
    }
    let safe: String = text.replace("\r\n", "\n").chars().filter(|c| !is_unsafe_char(*c)).collect();
    safe.trim().to_owned()
}

/// The first `max_chars` characters of a text; an ellipsis follows when the text is longer.
pub fn truncate(text: &str, max_chars: usize) -> String {
    match text.char_indices().nth(max_chars) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A text of at most `max_chars` characters. A longer one is cut between words, within a word only when the last space is in its
/// first half, and ends with an ellipsis.
pub fn truncate_between_words(text: &str, max_chars: usize) -> String {
    if text.char_indices().nth(max_chars).is_none() {
        return text.to_owned();
    }
    // One character is for the ellipsis.
    let end = text.char_indices().nth(max_chars.saturating_sub(1)).map_or(0, |(at, _)| at);
    let head = &text[..end];
    let cut = head.rfind(' ').filter(|at| *at > end / 2).unwrap_or(end);
    format!("{}…", head[..cut].trim_end_matches([' ', ',', ';', ':', '–', '-']))
}

fn is_visible(text: &str) -> bool {
    text.chars().any(|c| !c.is_whitespace() && !is_invisible_char(c))
}

#[cfg(test)]
mod tests {
    use super::{clean_line, clean_text, is_unsafe_char, truncate, truncate_between_words};

    #[test]
    fn truncated_texts() {
        for (text, max_chars, cut, between_words) in [
            ("", 3, "", ""),
            ("äöü", 3, "äöü", "äöü"),
            ("äöüß", 3, "äöü…", "äö…"),
            ("one two, three", 10, "one two, t…", "one two…"),
            ("a longwordwithoutspaces", 10, "a longword…", "a longwor…"),
        ] {
            assert_eq!(
                (truncate(text, max_chars), truncate_between_words(text, max_chars)),
                (cut.into(), between_words.into())
            );
        }
    }

    #[test]
    fn only_what_can_be_seen_and_does_no_harm_is_left() {
        for (text, line) in [
            ("", ""),
            (" Two\n words\t", "Two words"),
            ("a\0b\u{1b}[31mc\u{85}", "ab[31mc"),
            ("\u{202e}evil\u{202c} \u{2066}x\u{2069}", "evil x"),
            ("\u{200b}\u{2060} \u{feff}\u{3164}", ""),
            ("\0\u{7}", ""),
            ("می\u{200c}خواهم", "می\u{200c}خواهم"),
            ("👩\u{200d}🚀 ☀\u{fe0f}", "👩\u{200d}🚀 ☀\u{fe0f}"),
            ("שלום\u{200f}!", "שלום\u{200f}!"),
            ("a\u{ffff}\u{e0041}", "a"),
        ] {
            assert_eq!(clean_line(text), line, "{text:?}");
            assert!(!clean_text(text).contains(is_unsafe_char), "{text:?}");
        }
        assert_eq!(clean_text(" one\r\n\ttwo \0\n"), "one\n\ttwo");
        assert_eq!(clean_text("\u{200b}\n"), "");
    }
}
