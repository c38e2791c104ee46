//! Builds the tree from the tokens. What is not understood is left out with a [`QueryProblem`].

use super::{
    dates::TimeRange,
    fields::{QueryField, nearest_word},
    lexer::{Lexed, LexedText, Lexeme, Quotes, lex},
    tree::{
        ConditionKind, MAX_CONDITIONS, Measure, ParsedQuery, QueryCondition, QueryExpr, QueryProblem, QuerySort,
        QuerySpan, TextPart, TimeKind,
    },
    values::{ArticleStatus, AttachmentKind, NameMatch, NumberRange},
};
use crate::domain::{plain_text::truncate, vote::Vote, words::Term};

/// Deepest nesting of parentheses.
const MAX_DEPTH: usize = 12;

/// Words of at least this length also match longer words that begin with them.
const MIN_PREFIX_CHARS: usize = 3;

/// Characters of a value that a message repeats.
const MAX_QUOTED_CHARS: usize = 40;

/// Parses the tokens of one query.
pub(super) struct Parser {
    lexed: Vec<Lexed>,
    at: usize,
    end: usize,
    conditions: usize,
    sort: Option<QuerySort>,
    problems: Vec<QueryProblem>,
}

/// Where a part stands: `sort:` holds for the whole query only.
#[derive(Clone, Copy)]
struct Place {
    depth: usize,
    is_negated: bool,
}

impl Parser {
    pub(super) fn new(text: &str) -> Self {
        let end = text.chars().count();
        Self { lexed: lex(text), at: 0, end, conditions: 0, sort: None, problems: Vec::new() }
    }

    pub(super) fn run(mut self) -> ParsedQuery {
        let is_empty = self.lexed.is_empty();
        let mut parts = Vec::new();
        while self.peek().is_some() {
            parts.extend(self.parse_or(Place { depth: 0, is_negated: false }));
            // Only a parenthesis ends a query before its end.
            if let Some(close) = self.next() {
                self.problem(close.span, |at| format!("The “)” at position {at} has no “(” before it."));
            }
        }
        let expr = join(parts, QueryExpr::All);
        self.problems.sort_by_key(|problem| problem.span.start);
        let is_void = expr.is_none() && !is_empty && (self.sort.is_none() || !self.problems.is_empty());
        ParsedQuery { expr, sort: self.sort, problems: self.problems, is_void }
    }

    fn parse_or(&mut self, place: Place) -> Option<QueryExpr> {
        let mut parts = Vec::new();
        let mut operator: Option<QuerySpan> = None;
        loop {
            let start = self.at;
            parts.extend(self.parse_and(place));
            let is_empty = self.at == start;
            if let Some(span) = operator.filter(|_| is_empty) {
                self.problem(span, |at| format!("The OR at position {at} has nothing after it."));
            }
            match self.peek().map(|next| (&next.lexeme, next.span)) {
                Some((Lexeme::Or, span)) => {
                    if is_empty && operator.is_none() {
                        self.problem(span, |at| format!("The OR at position {at} has nothing before it."));
                    }
                    operator = Some(span);
                    self.at += 1;
                }
                _ => return join(parts, QueryExpr::Any),
            }
        }
    }

    fn parse_and(&mut self, place: Place) -> Option<QueryExpr> {
        let mut parts = Vec::new();
        while self.peek().is_some_and(|next| !matches!(next.lexeme, Lexeme::Or | Lexeme::Close)) {
            // AND means the same as a space.
            if self.peek().is_some_and(is_and) && self.at > 0 && self.at + 1 < self.lexed.len() {
                self.at += 1;
                continue;
            }
            parts.extend(self.parse_not(place));
        }
        join(parts, QueryExpr::All)
    }

    fn parse_not(&mut self, place: Place) -> Option<QueryExpr> {
        let mut negation: Option<QuerySpan> = None;
        let mut is_negated = false;
        while let Some(Lexed { lexeme: Lexeme::Not, span }) = self.peek() {
            negation = Some(*span);
            is_negated = !is_negated;
            self.at += 1;
        }
        if let Some(span) = negation
            && self.peek().is_none_or(|next| matches!(next.lexeme, Lexeme::Or | Lexeme::Close))
        {
            self.problem(span, |at| format!("The NOT at position {at} has nothing after it."));
            return None;
        }
        let part = self.parse_term(Place { is_negated: place.is_negated || negation.is_some(), ..place })?;
        Some(if is_negated { QueryExpr::Not(Box::new(part)) } else { part })
    }

    fn parse_term(&mut self, place: Place) -> Option<QueryExpr> {
        let Lexed { lexeme, span } = self.next()?;
        match lexeme {
            Lexeme::Open => self.parse_group(span, place),
            Lexeme::Text(text) => {
                let condition = self.words(TextPart::Anywhere, &text)?;
                self.condition(condition, span)
            }
            Lexeme::Field(name, values) => self.parse_field(&name, &values, span, place),
            Lexeme::Or | Lexeme::Not | Lexeme::Close => None,
        }
    }

    fn parse_group(&mut self, open: QuerySpan, place: Place) -> Option<QueryExpr> {
        if place.depth >= MAX_DEPTH {
            self.problem(open, |at| {
                format!("The “(” at position {at} is nested too deep; {MAX_DEPTH} levels are read.")
            });
            return None;
        }
        let start = self.at;
        let expr = self.parse_or(Place { depth: place.depth + 1, ..place });
        let is_empty = self.at == start;
        if self.next().is_none() {
            self.problem(open, |at| format!("The “(” at position {at} is not closed."));
        } else if is_empty {
            self.problem(open, |at| format!("The parentheses at position {at} are empty."));
        }
        expr
    }

    fn parse_field(&mut self, name: &str, values: &[LexedText], span: QuerySpan, place: Place) -> Option<QueryExpr> {
        let Some(field) = QueryField::find(name) else {
            if values.is_empty() {
                // “Re:” and the like.
                let text = LexedText { text: name.to_owned(), quotes: Quotes::Bare, span };
                let condition = self.words(TextPart::Anywhere, &text)?;
                return self.condition(condition, span);
            }
            let nearest = QueryField::nearest(name).as_str();
            let name = truncate(name, MAX_QUOTED_CHARS);
            self.problem(span, |at| {
                format!("There is no field “{name}:” (position {at}); the nearest is “{nearest}:”.")
            });
            return None;
        };
        if values.is_empty() {
            let name = field.as_str();
            self.problem(span, |at| format!("“{name}:” at position {at} needs a value right after the colon."));
            return None;
        }
        if field == QueryField::Sort {
            self.read_sort(values, place);
            return None;
        }
        let mut parts = Vec::new();
        for value in values {
            if let Some(kind) = self.read_value(field, value) {
                parts.extend(self.condition(kind, QuerySpan { start: span.start, end: value.span.end }));
            }
        }
        join(parts, QueryExpr::Any)
    }

    fn read_sort(&mut self, values: &[LexedText], place: Place) {
        let Some(value) = values.first() else { return };
        if place.depth > 0 || place.is_negated {
            self.problem(value.span, |at| {
                format!(
                    "“sort:” at position {at} holds for the whole query; it cannot stand in parentheses or be negated."
                )
            });
            return;
        }
        match self.read_word(QueryField::Sort, value, QuerySort::parse, QuerySort::ALL.iter().map(|s| s.as_str())) {
            Some(sort) if self.sort.is_none() => self.sort = Some(sort),
            Some(_) => {
                self.problem(value.span, |at| format!("There is a second “sort:” at position {at}; the first holds."))
            }
            None => {}
        }
    }

    fn read_value(&mut self, field: QueryField, value: &LexedText) -> Option<ConditionKind> {
        self.check_quotes(value);
        let is_quoted = value.quotes != Quotes::Bare;
        let text = value.text.trim();
        let lower = text.to_lowercase();
        let kind = match field {
            QueryField::Title => return self.part_words(TextPart::Title, value),
            QueryField::Text => return self.part_words(TextPart::Body, value),
            QueryField::Author => return self.part_words(TextPart::Author, value),
            QueryField::Link => return self.part_words(TextPart::Link, value),
            QueryField::Feed => ConditionKind::Feed(self.read_name(field, text, is_quoted, value.span)?),
            QueryField::Folder => ConditionKind::Folder(self.read_name(field, text, is_quoted, value.span)?),
            QueryField::Category if !is_quoted && lower == "none" => ConditionKind::Category(None),
            QueryField::Category => ConditionKind::Category(Some(self.read_name(field, text, is_quoted, value.span)?)),
            QueryField::Is => ConditionKind::Status(self.read_word(
                field,
                value,
                ArticleStatus::find,
                ArticleStatus::ALL.iter().map(|s| s.as_str()),
            )?),
            QueryField::Has => ConditionKind::Has(self.read_word(
                field,
                value,
                AttachmentKind::parse,
                AttachmentKind::ALL.iter().map(|s| s.as_str()),
            )?),
            QueryField::Vote => ConditionKind::Vote(self.read_word(
                field,
                value,
                Vote::parse_or_none,
                ["up", "down", "none"].into_iter(),
            )?),
            QueryField::Score | QueryField::Interest | QueryField::Quality | QueryField::Words => {
                let Some(range) = NumberRange::parse(text) else {
                    return self.bad_value(field, value, "a number, such as 8, >7, >=7.5, <3 or 5..8");
                };
                let measure = match field {
                    QueryField::Score => Measure::Score,
                    QueryField::Interest => Measure::Interest,
                    QueryField::Quality => Measure::Quality,
                    _ => Measure::Words,
                };
                ConditionKind::Number(measure, range)
            }
            QueryField::Date | QueryField::Seen | QueryField::Read => {
                let Some(range) = TimeRange::parse(text) else {
                    let expected = "a date, such as 2026-11-01, 2026-11, >2026-11-01, <7d, >30d, today or yesterday";
                    return self.bad_value(field, value, expected);
                };
                let time = match field {
                    QueryField::Date => TimeKind::Published,
                    QueryField::Seen => TimeKind::Arrived,
                    _ => TimeKind::Read,
                };
                ConditionKind::Time(time, range)
            }
            QueryField::Model if !lower.is_empty() => ConditionKind::Model(lower),
            QueryField::Prompt if !lower.is_empty() => ConditionKind::Prompt(lower),
            QueryField::Language if is_language(&lower) => {
                ConditionKind::Language(lower.split(['-', '_']).next().unwrap_or_default().to_owned())
            }
            QueryField::Language => return self.bad_value(field, value, "a language, such as en or de"),
            QueryField::Model | QueryField::Prompt => return self.bad_value(field, value, "the beginning of a name"),
            QueryField::Sort => return None,
        };
        Some(kind)
    }

    fn read_name(&mut self, field: QueryField, text: &str, is_quoted: bool, span: QuerySpan) -> Option<NameMatch> {
        let name = NameMatch::parse(text, is_quoted);
        if name.is_none() {
            let field = field.as_str();
            self.problem(span, |at| format!("“{field}:” needs a name or “#” and an id at position {at}."));
        }
        name
    }

    fn read_word<T>(
        &mut self,
        field: QueryField,
        value: &LexedText,
        parse: impl Fn(&str) -> Option<T>,
        allowed: impl Iterator<Item = &'static str> + Clone,
    ) -> Option<T> {
        let word = value.text.trim().to_lowercase();
        let parsed = parse(&word);
        if parsed.is_none() {
            let expected = match nearest_word(&word, allowed.clone()) {
                Some(near) => format!("the nearest is “{near}”"),
                None => format!("it is one of {}", allowed.collect::<Vec<_>>().join(", ")),
            };
            let (field, shown) = (field.as_str(), truncate(&value.text, MAX_QUOTED_CHARS));
            self.problem(value.span, |at| format!("“{field}:” knows no “{shown}” (position {at}); {expected}."));
        }
        parsed
    }

    fn bad_value<T>(&mut self, field: QueryField, value: &LexedText, expected: &str) -> Option<T> {
        let (field, shown) = (field.as_str(), truncate(&value.text, MAX_QUOTED_CHARS));
        self.problem(value.span, |at| format!("“{field}:” cannot be “{shown}” (position {at}); it is {expected}."));
        None
    }

    fn words(&mut self, part: TextPart, value: &LexedText) -> Option<ConditionKind> {
        self.check_quotes(value);
        read_term(part, value).map(|term| ConditionKind::Words(part, term))
    }

    /// As [`Self::words`], but a value without a letter is a problem.
    fn part_words(&mut self, part: TextPart, value: &LexedText) -> Option<ConditionKind> {
        let term = read_term(part, value);
        if term.is_none() {
            self.problem(value.span, |at| format!("The value at position {at} has no letter or digit."));
        }
        term.map(|term| ConditionKind::Words(part, term))
    }

    fn check_quotes(&mut self, value: &LexedText) {
        if value.quotes == Quotes::Unclosed {
            self.problem(value.span, |at| {
                format!("The quotation mark at position {at} is not closed; the phrase reaches to the end.")
            });
        }
    }

    fn condition(&mut self, kind: ConditionKind, span: QuerySpan) -> Option<QueryExpr> {
        self.conditions += 1;
        if self.conditions > MAX_CONDITIONS {
            if self.conditions == MAX_CONDITIONS + 1 {
                self.problem(span, |at| {
                    format!("Only {MAX_CONDITIONS} conditions are read; from position {at} on they are left out.")
                });
            }
            return None;
        }
        Some(QueryExpr::Is(QueryCondition { kind, span }))
    }

    fn problem(&mut self, span: QuerySpan, message: impl Fn(usize) -> String) {
        let span = QuerySpan { start: span.start, end: span.end.min(self.end) };
        self.problems.push(QueryProblem { span, message: message(span.position()) });
    }

    fn peek(&self) -> Option<&Lexed> {
        self.lexed.get(self.at)
    }

    fn next(&mut self) -> Option<Lexed> {
        let next = self.lexed.get(self.at).cloned();
        self.at += usize::from(next.is_some());
        next
    }
}

/// `None` for no part, the part itself for one.
fn join(mut parts: Vec<QueryExpr>, many: fn(Vec<QueryExpr>) -> QueryExpr) -> Option<QueryExpr> {
    if parts.len() > 1 { Some(many(parts)) } else { parts.pop() }
}

fn is_and(lexed: &Lexed) -> bool {
    matches!(&lexed.lexeme, Lexeme::Text(LexedText { text, quotes: Quotes::Bare, .. }) if text == "AND")
}

/// The term of a word or a phrase. Words in capitals are indexed without their part, so only [`TextPart::Anywhere`] has them.
fn read_term(part: TextPart, value: &LexedText) -> Option<Term> {
    let lower = value.text.to_lowercase();
    let text = if part == TextPart::Anywhere { &value.text } else { &lower };
    match text.strip_suffix('*').filter(|_| value.quotes == Quotes::Bare) {
        Some(start) => Term::new(start, Some(1)),
        None => Term::new(text, (value.quotes == Quotes::Bare).then_some(MIN_PREFIX_CHARS)),
    }
}

fn is_language(text: &str) -> bool {
    let tag = text.split(['-', '_']).next().unwrap_or_default();
    (2..=3).contains(&tag.len()) && tag.chars().all(|c| c.is_ascii_lowercase())
}
