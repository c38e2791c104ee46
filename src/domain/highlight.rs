//! Where the words of a search stand in a text.

use super::{
    search::MarkedText,
    text_fold::{DiacriticFolding, fold},
    words::{Term, is_capitalized_topic, is_dense},
};
use std::ops::Range;
use unicode_normalization::char::is_combining_mark;

/// Characters of a snippet.
const SNIPPET_CHARS: usize = 240;

/// Characters of a snippet before the first match.
const LEAD_CHARS: usize = 60;

/// The text in pieces, each marked or not; empty when nothing in it matches.
pub fn mark_words(text: &str, terms: &[&Term]) -> MarkedText {
    let ranges = find_matches(text, terms);
    if ranges.is_empty() {
        return MarkedText::new();
    }
    let mut pieces = MarkedText::new();
    let mut at = 0;
    for range in ranges {
        if range.start > at {
            pieces.push((text[at..range.start].to_owned(), false));
        }
        pieces.push((text[range.clone()].to_owned(), true));
        at = range.end;
    }
    if at < text.len() {
        pieces.push((text[at..].to_owned(), false));
    }
    pieces
}

/// The part of a text around the first match, marked; empty when nothing in it matches.
pub fn make_snippet(text: &str, terms: &[&Term]) -> MarkedText {
    let Some(first) = find_matches(text, terms).into_iter().next() else { return MarkedText::new() };
    let lead = text[..first.start].char_indices().rev().take(LEAD_CHARS).last().map_or(0, |(at, _)| at);
    // Begins with a whole word.
    let start = match text[lead..first.start].find(char::is_whitespace) {
        Some(space) if lead > 0 => lead + space,
        _ => lead,
    };
    let shown = text[start..].trim_start();
    let end = shown.char_indices().nth(SNIPPET_CHARS).map_or(shown.len(), |(at, _)| at);
    let mut pieces = mark_words(&shown[..end], terms);
    if start > 0 {
        pieces.insert(0, ("… ".to_owned(), false));
    }
    if end < shown.len() {
        pieces.push((" …".to_owned(), false));
    }
    pieces
}

/// Byte ranges that match, in order and apart from each other.
fn find_matches(text: &str, terms: &[&Term]) -> Vec<Range<usize>> {
    let words = split(text);
    let mut found: Vec<Range<usize>> = terms.iter().flat_map(|term| find_term(text, &words, term)).collect();
    found.sort_by_key(|range| (range.start, range.end));
    let mut apart: Vec<Range<usize>> = Vec::with_capacity(found.len());
    for range in found {
        match apart.last_mut() {
            Some(last) if range.start < last.end => last.end = last.end.max(range.end),
            _ => apart.push(range),
        }
    }
    apart
}

fn find_term(text: &str, words: &[(String, Range<usize>)], term: &Term) -> Vec<Range<usize>> {
    if term.text.chars().any(is_dense) {
        return text.match_indices(term.text.as_str()).map(|(at, found)| at..at + found.len()).collect();
    }
    if is_capitalized_topic(&term.text) {
        let is_it = |(_, range): &&(String, Range<usize>)| text[range.clone()] == term.text;
        return words.iter().filter(is_it).map(|(_, range)| range.clone()).collect();
    }
    let Some((last, first)) = term.tokens.split_last() else { return Vec::new() };
    // A sign that belongs to a word, as in C++, is not part of the words here.
    let bare = |token: &str| token.trim_start_matches('.').trim_end_matches(['+', '#']).to_owned();
    let (last, first): (String, Vec<String>) = (bare(last), first.iter().map(|token| bare(token)).collect());
    let is_match = |window: &&[(String, Range<usize>)]| {
        let (end, start) = (&window[first.len()].0, &window[..first.len()]);
        start.iter().zip(&first).all(|((word, _), token)| word == token)
            && (*end == last || (term.prefix && end.starts_with(&last)))
    };
    let range = |window: &[(String, Range<usize>)]| window[0].1.start..window[first.len()].1.end;
    words.windows(first.len() + 1).filter(is_match).map(range).collect()
}

/// The words of a text, folded, with their bytes.
fn split(text: &str) -> Vec<(String, Range<usize>)> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        let is_part = c.is_alphanumeric() || is_combining_mark(c);
        match (start, is_part) {
            (None, true) => start = Some(at),
            (Some(from), false) => {
                words.push((fold(&text[from..at], DiacriticFolding::Search), from..at));
                start = None;
            }
            _ => {}
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::{make_snippet, mark_words};
    use crate::domain::query::parse;

    /// Marked pieces in brackets.
    fn marked(text: &str, query: &str) -> String {
        let query = parse(query);
        let pieces = mark_words(text, &query.shown_terms());
        pieces.into_iter().map(|(text, is_match)| if is_match { format!("[{text}]") } else { text }).collect()
    }

    #[test]
    fn matched_words_are_marked() {
        for (text, query, expected) in [
            ("Rust and rusty things", "rust", "[Rust] and [rusty] things"),
            ("An open source editor, open to all", "\"open source\"", "An [open source] editor, open to all"),
            ("Cafés und STRASSEN", "café straße*", "[Cafés] und [STRASSEN]"),
            ("go, Go and gopher", "go", "[go], [Go] and gopher"),
            ("IT is it", "IT", "[IT] is it"),
            ("C++ and C", "c++", "[C]++ and [C]"),
            ("我很快乐", "快乐", "我很[快乐]"),
            ("nothing here", "rust", ""),
            ("rust and go", "rust -go", "[rust] and go"),
            ("rust async", "title:async", "rust [async]"),
        ] {
            assert_eq!(marked(text, query), expected, "{text} {query}");
        }
    }

    #[test]
    fn snippets_stand_around_the_first_match() {
        let text = format!("{} needle {}", "word ".repeat(100), "tail ".repeat(100));
        let query = parse("needle");
        let pieces = make_snippet(&text, &query.shown_terms());
        let whole: String = pieces.iter().map(|(text, _)| text.as_str()).collect();
        assert!(whole.starts_with("… word") && whole.ends_with('…'), "{whole}");
        assert!(pieces.contains(&("needle".to_owned(), true)));
        assert!((200..=250).contains(&whole.chars().count()), "{}", whole.chars().count());
        assert_eq!(make_snippet("none", &query.shown_terms()), Vec::new());
    }
}
