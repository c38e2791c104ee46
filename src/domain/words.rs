//! Words of texts: one tokenizer for the index, the search, the interests and the words that matched;
//! docs/adr/0012-words-of-all-scripts.md.

use super::{
    category_suggestion::is_written_without_spaces,
    text_fold::{DiacriticFolding, fold},
};
use serde::Serialize;
use std::collections::BTreeSet;
use unicode_normalization::char::is_combining_mark;

/// Words that are also pronouns; written in capitals they are topics.
const CAPITALIZED_TOPICS: [&str; 3] = ["IT", "US", "WHO"];

/// Prefix of the token of a word in capitals. No word of a text begins with it.
const CAPITALS_MARK: char = '↑';

/// Letters of a word that may end with one `+` or `#`: C#, F#, A+.
const MAX_SYMBOL_WORD_CHARS: usize = 2;

/// A piece of a folded text.
#[derive(Clone, Debug, PartialEq, Eq)]
enum WordRun {
    /// A word of a script with spaces.
    Word(String),
    /// Letters of a script without spaces, or Hangul, whose words have particles as suffixes.
    Dense(Vec<char>),
}

/// The tokens of a text, as the index holds them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndexedText {
    /// Words, and pairs of letters where a script has no spaces, in order.
    tokens: Vec<String>,
    /// Single letters and [`CAPITALIZED_TOPICS`] in capitals.
    capitals: BTreeSet<String>,
}

impl IndexedText {
    /// The tokens of a plain text.
    pub fn new(text: &str) -> Self {
        let mut tokens = Vec::new();
        for run in split_runs(&fold(text, DiacriticFolding::Search)) {
            push_tokens(&mut tokens, run);
        }
        Self { tokens, capitals: find_capitals(text) }
    }
}

/// The row of an article in the full-text index: tokens with spaces between them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct IndexedArticle {
    title: String,
    author: String,
    body: String,
    capitals: String,
    link: String,
    /// Tokens of the text.
    words: usize,
    /// The detected language.
    language: Option<&'static str>,
}

impl IndexedArticle {
    /// The tokens of an article; `body` is plain text. Long texts take milliseconds.
    pub fn new(title: &str, author: Option<&str>, body: &str) -> Self {
        let texts = [title, author.unwrap_or_default(), body].map(IndexedText::new);
        let capitals: BTreeSet<&str> = texts.iter().flat_map(|text| &text.capitals).map(String::as_str).collect();
        let capitals = std::iter::once(EVERY_ARTICLE_TOKEN).chain(capitals).collect::<Vec<_>>().join(" ");
        let words = texts[2].tokens.len();
        let [title, author, body] = texts.map(|text| text.tokens.join(" "));
        Self { title, author, body, capitals, link: String::new(), words, language: None }
    }

    /// The same with the tokens of the article's address.
    #[must_use]
    pub fn with_link(mut self, address: Option<&str>) -> Self {
        self.link = IndexedText::new(address.unwrap_or_default()).tokens.join(" ");
        self
    }

    /// The same with the language that was detected, as a primary tag (BCP 47).
    #[must_use]
    pub const fn with_language(mut self, tag: Option<&'static str>) -> Self {
        self.language = tag;
        self
    }

    /// The tokens of the title, in order.
    pub fn title_tokens(&self) -> impl Iterator<Item = &str> {
        self.title.split(' ').filter(|token| !token.is_empty())
    }

    /// The tokens of the text, in order.
    pub fn body_tokens(&self) -> impl Iterator<Item = &str> {
        self.body.split(' ').filter(|token| !token.is_empty())
    }

    /// Bytes of all tokens.
    pub const fn byte_count(&self) -> usize {
        self.title.len() + self.author.len() + self.body.len() + self.capitals.len() + self.link.len()
    }
}

/// A token of every article: a query with only excluded words searches for it.
pub const EVERY_ARTICLE_TOKEN: &str = "↑";

/// A search term: one word, or several in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// The text for display; in lower case, except for words in capitals.
    pub text: String,
    /// Tokens that must follow each other.
    pub tokens: Vec<String>,
    /// Whether the last token may be the beginning of a longer one.
    pub prefix: bool,
}

impl Term {
    /// The term of `text`; `None` without a letter or digit. A word in capitals that is a single letter or one of
    /// [`CAPITALIZED_TOPICS`] matches only in capitals. `prefix_from`: characters from which on a last word
    /// is also the beginning of longer ones; `None` for never.
    pub fn new(text: &str, prefix_from: Option<usize>) -> Option<Self> {
        let is_edge = |c: char, kept: &str| !c.is_alphanumeric() && !is_combining_mark(c) && !kept.contains(c);
        let text = text.trim_start_matches(|c| is_edge(c, ".")).trim_end_matches(|c| is_edge(c, "+#"));
        if is_capitalized_topic(text) {
            let token = capitals_token(text);
            return Some(Self { text: text.to_owned(), tokens: vec![token], prefix: false });
        }
        let mut runs = split_runs(&fold(text, DiacriticFolding::Search));
        let last = runs.pop()?;
        let mut tokens = Vec::new();
        for run in runs {
            push_tokens(&mut tokens, run);
        }
        let prefix = match &last {
            WordRun::Word(word) => {
                prefix_from.is_some_and(|chars| word.chars().count() >= chars)
                    && word.chars().all(char::is_alphanumeric)
            }
            // The pairs of letters that begin with it.
            WordRun::Dense(letters) => letters.len() == 1,
        };
        let is_pairs = matches!(&last, WordRun::Dense(letters) if letters.len() > 1);
        push_tokens(&mut tokens, last);
        if is_pairs {
            // More letters may follow, so the last one need not end the run.
            tokens.pop();
        }
        Some(Self { text: text.to_lowercase(), tokens, prefix })
    }

    /// Whether a text contains it.
    pub fn is_in(&self, text: &IndexedText) -> bool {
        if let [token] = self.tokens.as_slice()
            && token.starts_with(CAPITALS_MARK)
        {
            return text.capitals.contains(token);
        }
        let Some((last, first)) = self.tokens.split_last() else { return false };
        text.tokens.windows(self.tokens.len()).any(|found| {
            let (found_last, found_first) = (&found[first.len()], &found[..first.len()]);
            found_first == first && (found_last == last || (self.prefix && found_last.starts_with(last.as_str())))
        })
    }
}

/// Whether a word counts only when it is written in capitals.
pub fn is_capitalized_topic(word: &str) -> bool {
    let mut letters = word.chars();
    let is_letter = matches!((letters.next(), letters.next()), (Some(c), None) if c.is_uppercase());
    (is_letter && !matches!(word, "A" | "I")) || CAPITALIZED_TOPICS.contains(&word)
}

/// The pieces of a text between spaces and punctuation; the characters of `extra` do not separate.
pub fn split_words(text: &str, extra: &str) -> Vec<String> {
    let is_part = |c: char| c.is_alphanumeric() || is_combining_mark(c) || extra.contains(c);
    text.split(|c| !is_part(c)).filter(|word| word.chars().any(char::is_alphanumeric)).map(str::to_owned).collect()
}

/// Whether a letter is one of those that are indexed in pairs.
pub const fn is_dense(c: char) -> bool {
    is_written_without_spaces(c)
        || matches!(c, '\u{1100}'..='\u{11ff}' | '\u{3131}'..='\u{318e}' | '\u{ac00}'..='\u{d7a3}')
}

fn capitals_token(word: &str) -> String {
    format!("{CAPITALS_MARK}{}", word.to_lowercase())
}

/// Pairs of neighboring letters, and the last letter alone, so that a single letter is found as the beginning of a token.
fn push_tokens(tokens: &mut Vec<String>, run: WordRun) {
    match run {
        WordRun::Word(word) => tokens.push(word),
        WordRun::Dense(letters) => {
            tokens.extend(letters.windows(2).map(|pair| pair.iter().collect::<String>()));
            tokens.extend(letters.last().map(char::to_string));
        }
    }
}

/// The words of a folded text. `+`, `#` and a `.` before a word belong to it where they change its meaning: c++, c#, .net.
fn split_runs(folded: &str) -> Vec<WordRun> {
    let chars: Vec<char> = folded.chars().collect();
    let is_word_char = |at: usize| chars.get(at).is_some_and(|c| c.is_alphanumeric() || is_combining_mark(*c));
    let mut runs = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        if !is_word_char(at) || is_combining_mark(chars[at]) {
            at += 1;
            continue;
        }
        let start = at;
        let dense = is_dense(chars[at]);
        while is_word_char(at) && (is_combining_mark(chars[at]) || is_dense(chars[at]) == dense) {
            at += 1;
        }
        if dense {
            runs.push(WordRun::Dense(chars[start..at].to_vec()));
            continue;
        }
        let end = at + symbol_len(&chars, start, at);
        let dot = usize::from(has_leading_dot(&chars, start));
        runs.push(WordRun::Word(chars[start - dot..end].iter().collect()));
        at = end;
    }
    runs
}

/// Characters after the word `chars[start..end]` that belong to it.
fn symbol_len(chars: &[char], start: usize, end: usize) -> usize {
    let symbols = chars[end..].iter().take_while(|c| matches!(c, '+' | '#')).count();
    let is_letter_after = chars.get(end + symbols).is_some_and(|c| c.is_alphabetic());
    let is_short = end - start <= MAX_SYMBOL_WORD_CHARS && chars[start].is_alphabetic();
    match &chars[end..end + symbols] {
        ['+', '+'] if !is_letter_after => 2,
        ['#'] if is_short && !is_letter_after => 1,
        ['+'] if is_short && !is_letter_after && !chars.get(end + 1).is_some_and(|c| c.is_numeric()) => 1,
        _ => 0,
    }
}

/// Whether a dot before a word belongs to it: `.net`, not `example.net` or the end of a sentence.
fn has_leading_dot(chars: &[char], start: usize) -> bool {
    start > 0
        && chars[start - 1] == '.'
        && chars[start].is_alphabetic()
        && (start == 1 || chars[start - 2].is_whitespace() || matches!(chars[start - 2], '(' | '[' | '"' | '/' | ','))
}

/// The tokens of single letters and [`CAPITALIZED_TOPICS`] in capitals. Nothing counts in a text without lower case, and no letter
/// that is an initial or part of a longer word.
fn find_capitals(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    if !text.chars().any(char::is_lowercase) {
        return found;
    }
    let mut before = ' ';
    let mut rest = text;
    while let Some(start) = rest.find(char::is_alphanumeric) {
        before = rest[..start].chars().next_back().unwrap_or(before);
        let word_on = &rest[start..];
        let length = word_on.find(|c: char| !c.is_alphanumeric()).unwrap_or(word_on.len());
        let (word, after) = word_on.split_at(length);
        let mut next = after.chars();
        let is_joined = |c: char| matches!(c, '\'' | '’' | '&' | '-' | '+' | '#' | '_');
        let is_initial = match (next.next(), next.find(|c| !c.is_whitespace())) {
            (Some('.'), Some(c)) => word.chars().count() == 1 && c.is_alphanumeric(),
            (Some(c), _) => is_joined(c),
            (None, _) => false,
        };
        if is_capitalized_topic(word) && !is_initial && !is_joined(before) && before != '.' {
            found.insert(capitals_token(word));
        }
        before = word.chars().next_back().unwrap_or(' ');
        rest = after;
    }
    found
}
