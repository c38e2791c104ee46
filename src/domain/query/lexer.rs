//! A query as words, phrases, fields and operators with their positions.

use super::tree::QuerySpan;

/// A token of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Lexeme {
    /// `(`
    Open,
    /// `)`
    Close,
    /// `OR`
    Or,
    /// `-`, `!` or `NOT`
    Not,
    /// A word or a phrase.
    Text(LexedText),
    /// `name:value,value`; without values when nothing follows the colon.
    Field(String, Vec<LexedText>),
}

/// A word or a phrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LexedText {
    /// Without its quotes.
    pub text: String,
    /// The quotes around it.
    pub quotes: Quotes,
    /// With its quotes.
    pub span: QuerySpan,
}

/// Quotes around a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quotes {
    /// None.
    Bare,
    /// Both.
    Closed,
    /// Only the first.
    Unclosed,
}

/// A token and its position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lexed {
    pub lexeme: Lexeme,
    pub span: QuerySpan,
}

/// Splits a query into tokens. Never fails.
pub(super) fn lex(text: &str) -> Vec<Lexed> {
    let chars: Vec<char> = text.chars().collect();
    let mut lexer = Lexer { chars: &chars, at: 0 };
    let mut lexed = Vec::new();
    while let Some(next) = lexer.next_lexeme() {
        lexed.push(next);
    }
    lexed
}

struct Lexer<'a> {
    chars: &'a [char],
    at: usize,
}

impl Lexer<'_> {
    fn next_lexeme(&mut self) -> Option<Lexed> {
        while self.peek(0).is_some_and(char::is_whitespace) {
            self.at += 1;
        }
        let start = self.at;
        let is_negation = |c: char| matches!(c, '-' | '!');
        let lexeme = match self.peek(0)? {
            '(' => self.take(Lexeme::Open),
            ')' => self.take(Lexeme::Close),
            c if is_quote(c) => Lexeme::Text(self.take_phrase()),
            // A sign before a sign belongs to the word.
            c if is_negation(c)
                && self.peek(1).is_some_and(|c| !c.is_whitespace() && c != ')')
                && !self.before().is_some_and(is_negation) =>
            {
                self.take(Lexeme::Not)
            }
            '#' if self.peek(1).is_some_and(char::is_alphanumeric) => {
                self.at += 1;
                Lexeme::Field("cat".to_owned(), self.take_values())
            }
            _ => self.take_word_or_field(),
        };
        Some(Lexed { lexeme, span: QuerySpan { start, end: self.at } })
    }

    fn take_word_or_field(&mut self) -> Lexeme {
        let name_chars = self.chars[self.at..].iter().take_while(|c| c.is_ascii_alphabetic() || **c == '_').count();
        let after = [0, 1, 2].map(|ahead| self.peek(name_chars + ahead));
        let is_path = matches!(after[1..], [Some(':'), _] | [Some('/'), Some('/')]);
        if name_chars > 0 && after[0] == Some(':') && !is_path {
            let name: String = self.chars[self.at..self.at + name_chars].iter().collect();
            self.at += name_chars + 1;
            return Lexeme::Field(name, self.take_values());
        }
        let word = self.take_bare(false);
        let is_address = ["http://", "https://"].iter().any(|scheme| word.text.starts_with(scheme));
        match word.text.as_str() {
            "OR" => Lexeme::Or,
            "NOT" => Lexeme::Not,
            _ if is_address => Lexeme::Field("link".to_owned(), vec![word]),
            _ => Lexeme::Text(word),
        }
    }

    /// Texts with commas between them; commas without a text are skipped.
    fn take_values(&mut self) -> Vec<LexedText> {
        let mut values = Vec::new();
        loop {
            while self.peek(0) == Some(',') {
                self.at += 1;
            }
            match self.peek(0) {
                Some(c) if is_quote(c) => values.push(self.take_phrase()),
                Some(c) if !ends_word(c) => values.push(self.take_bare(true)),
                _ => return values,
            }
            if self.peek(0) != Some(',') {
                return values;
            }
        }
    }

    fn take_bare(&mut self, in_list: bool) -> LexedText {
        let start = self.at;
        self.at += 1;
        while self.peek(0).is_some_and(|c| !(ends_word(c) || in_list && c == ',')) {
            self.at += 1;
        }
        self.text(start, start, self.at, Quotes::Bare)
    }

    fn take_phrase(&mut self) -> LexedText {
        let start = self.at;
        let length = self.chars[start + 1..].iter().position(|c| is_quote(*c));
        let end = length.map_or(self.chars.len(), |length| start + 1 + length);
        self.at = if length.is_some() { end + 1 } else { end };
        self.text(start, start + 1, end, if length.is_some() { Quotes::Closed } else { Quotes::Unclosed })
    }

    fn text(&self, start: usize, from: usize, to: usize, quotes: Quotes) -> LexedText {
        let text = self.chars[from..to].iter().collect();
        LexedText { text, quotes, span: QuerySpan { start, end: self.at } }
    }

    fn take(&mut self, lexeme: Lexeme) -> Lexeme {
        self.at += 1;
        lexeme
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn before(&self) -> Option<char> {
        self.at.checked_sub(1).and_then(|at| self.chars.get(at)).copied()
    }
}

fn ends_word(c: char) -> bool {
    c.is_whitespace() || is_quote(c) || matches!(c, '(' | ')')
}

const fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„' | '«' | '»')
}
