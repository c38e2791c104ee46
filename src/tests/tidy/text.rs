//! Identifiers and comments of a source file.

use proc_macro2::{TokenStream, TokenTree};

/// Every identifier in `source` with its line, also within macros.
pub fn identifiers(source: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    collect_identifiers(source.parse().expect("sources parse"), &mut found);
    found
}

fn collect_identifiers(tokens: TokenStream, found: &mut Vec<(usize, String)>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => collect_identifiers(group.stream(), found),
            TokenTree::Ident(ident) => found.push((ident.span().start().line, ident.to_string())),
            _ => {}
        }
    }
}

/// String literals with their lines, those within macros too, outside of attributes.
pub fn texts(source: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    collect_texts(source.parse().expect("sources parse"), &mut found);
    found
}

fn collect_texts(tokens: TokenStream, found: &mut Vec<(usize, String)>) {
    let mut is_after_hash = false;
    for token in tokens {
        match &token {
            TokenTree::Group(_) if is_after_hash => {}
            TokenTree::Group(group) => collect_texts(group.stream(), found),
            TokenTree::Literal(literal) => found.push((literal.span().start().line, literal.to_string())),
            _ => {}
        }
        is_after_hash = matches!(&token, TokenTree::Punct(punct)
            if punct.as_char() == '#' || (is_after_hash && punct.as_char() == '!'));
    }
}

/// The text of `//` comments with their lines, doc comments among them.
pub fn comments(source: &str) -> Vec<(usize, &str)> {
    source
        .lines()
        .enumerate()
        .filter_map(|(index, line)| Some((index + 1, line[comment_start(line)?..].trim_start_matches(['/', '!', ' ']))))
        .collect()
}

/// Where a comment begins: not within a string, not in an address.
fn comment_start(line: &str) -> Option<usize> {
    let is_comment = |at: &usize| {
        let before = &line[..*at];
        before.chars().next_back().is_none_or(char::is_whitespace) && before.matches('"').count().is_multiple_of(2)
    };
    line.match_indices("//").map(|(at, _)| at).find(is_comment)
}

/// `keep_alive`, `KeepAlive`, `KEEP_ALIVE` and `Keep alive.` → `["keep", "alive"]`.
pub fn words_of(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut is_after_lower = false;
    for letter in text.chars() {
        if !letter.is_alphanumeric() || (letter.is_uppercase() && is_after_lower) {
            words.push(String::new());
        }
        is_after_lower = letter.is_lowercase();
        if letter.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(letter.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}
