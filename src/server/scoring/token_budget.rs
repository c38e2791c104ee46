//! The part of an article that fits into the context of a model.

/// Bytes per token, fewer than in the languages and tokenizers in use, so that estimates are too high.
const BYTES_PER_TOKEN: usize = 3;

/// Tokens that a chat template adds around two messages.
const CHAT_TEMPLATE_TOKENS: usize = 64;

/// The least room for an article, in tokens, however small the context; less text could not be scored. If it does not fit, the
/// server answers with an error and the context must be enlarged.
const MIN_ARTICLE_TOKENS: usize = 128;

/// An estimate of the tokens of a text that is too high rather than too low.
pub const fn estimate_tokens(text: &str) -> usize {
    text.len().div_ceil(BYTES_PER_TOKEN)
}

/// Bytes of an article that fit into `num_ctx` beside `fixed` bytes of other text and an answer of twice `num_predict`, since an
/// answer that is cut off is requested again with double length.
pub fn available_article_bytes(num_ctx: i64, num_predict: i64, fixed: usize) -> usize {
    let size = |n: i64| usize::try_from(n).unwrap_or(0);
    let taken = size(num_predict).saturating_mul(2) + fixed.div_ceil(BYTES_PER_TOKEN) + CHAT_TEMPLATE_TOKENS;
    size(num_ctx).saturating_sub(taken).max(MIN_ARTICLE_TOKENS) * BYTES_PER_TOKEN
}

/// A shortened text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TruncatedText {
    /// The beginning that fits.
    pub text: String,
    /// Characters that were cut; 0 when everything fits.
    pub cut_chars: usize,
}

/// The first whole paragraphs that fit into `room` bytes. Only a first paragraph that is too long is cut, between words.
pub fn truncate_paragraphs(paragraphs: &[String], room: usize) -> TruncatedText {
    let mut text = String::new();
    let mut taken = 0;
    for paragraph in paragraphs {
        let separator = if text.is_empty() { "" } else { "\n\n" };
        if text.len() + separator.len() + paragraph.len() > room {
            break;
        }
        text.push_str(separator);
        text.push_str(paragraph);
        taken += 1;
    }
    let mut cut_chars: usize = paragraphs[taken..].iter().map(|p| p.chars().count()).sum();
    if let (true, Some(first)) = (taken == 0, paragraphs.first()) {
        text = truncate_at_word(first, room).to_owned();
        cut_chars -= text.chars().count();
    }
    TruncatedText { text, cut_chars }
}

/// The longest beginning of at most `room` bytes that ends with a whole word; of a single long word its beginning.
fn truncate_at_word(text: &str, room: usize) -> &str {
    let hard = &text[..text.floor_char_boundary(room)];
    if hard.len() == text.len() {
        return hard;
    }
    hard.rfind(char::is_whitespace).map_or(hard, |space| hard[..space].trim_end())
}

#[cfg(test)]
mod tests {
    use super::{available_article_bytes, estimate_tokens, truncate_paragraphs};
    use proptest::prelude::*;

    #[test]
    fn available_room_by_context() {
        assert_eq!(available_article_bytes(8192, 400, 3000), (8192 - 800 - 1000 - 64) * 3);
        assert_eq!(available_article_bytes(2048, 4096, 0), 128 * 3, "never nothing");
        assert_eq!(available_article_bytes(-5, -1, 0), 128 * 3);
    }

    #[test]
    fn whole_paragraphs_and_cut_characters() {
        let text: Vec<String> = ["one two", "three", "four"].map(String::from).to_vec();
        for (room, expected, cut) in [
            (100, "one two\n\nthree\n\nfour", 0),
            (14, "one two\n\nthree", 4),
            (13, "one two", 9),
            (5, "one", 13),
            (2, "on", 14),
        ] {
            let fitted = truncate_paragraphs(&text, room);
            assert_eq!((fitted.text.as_str(), fitted.cut_chars), (expected, cut), "room {room}");
        }
        assert_eq!(truncate_paragraphs(&[], 10).text, "");
    }

    proptest! {
        #[test]
        fn never_more_than_fits_and_all_cut_characters_are_counted(
            paragraphs in prop::collection::vec("[a-zé語 ]{1,40}", 0..8),
            room in 0usize..300,
        ) {
            let fitted = truncate_paragraphs(&paragraphs, room);
            prop_assert!(fitted.text.len() <= room);
            let chars = |s: &str| s.chars().filter(|c| *c != '\n').count();
            let all: usize = paragraphs.iter().map(|p| chars(p)).sum();
            prop_assert_eq!(chars(&fitted.text) + fitted.cut_chars, all);
            prop_assert!(estimate_tokens(&fitted.text) * 3 >= fitted.text.len());
        }
    }
}
