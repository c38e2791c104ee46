//! Tests of queries: their trees and their problems.

use super::{
    ConditionKind, Measure, NameMatch, NumberRange, QueryCondition, QueryExpr, QueryProblem, TextPart, TimeKind,
    TimePoint, TimeRange, parse,
};
use crate::domain::{time::Timestamp, words::Term};
use cases::CASES;
use rand::{Rng, SeedableRng, rngs::StdRng};

#[path = "grammar_tests.rs"]
mod cases;

/// A tree in one line.
fn show(expr: &QueryExpr) -> String {
    let list =
        |name: &str, parts: &[QueryExpr]| format!("({name} {})", parts.iter().map(show).collect::<Vec<_>>().join(" "));
    match expr {
        QueryExpr::All(parts) => list("and", parts),
        QueryExpr::Any(parts) => list("or", parts),
        QueryExpr::Not(part) => format!("(not {})", show(part)),
        QueryExpr::Is(QueryCondition { kind, .. }) => show_kind(kind),
    }
}

fn show_kind(kind: &ConditionKind) -> String {
    match kind {
        ConditionKind::Words(part, Term { tokens, prefix, .. }) => {
            let part = match part {
                TextPart::Anywhere => "",
                TextPart::Title => "title",
                TextPart::Body => "text",
                TextPart::Author => "author",
                TextPart::Link => "link",
            };
            format!("{part}[{}]{}", tokens.join(" "), if *prefix { "*" } else { "" })
        }
        ConditionKind::Feed(name) => format!("feed{}", show_name(name)),
        ConditionKind::Folder(name) => format!("folder{}", show_name(name)),
        ConditionKind::Category(Some(name)) => format!("cat{}", show_name(name)),
        ConditionKind::Category(None) => "no-cat".to_owned(),
        ConditionKind::Status(status) => format!("is={}", status.as_str()),
        ConditionKind::Number(measure, range) => {
            let name = match measure {
                Measure::Score => "score",
                Measure::Interest => "interest",
                Measure::Quality => "quality",
                Measure::Words => "words",
            };
            format!("{name}{}", show_range(*range))
        }
        ConditionKind::Vote(vote) => format!("vote={}", vote.map_or("none", |vote| vote.as_str())),
        ConditionKind::Model(start) => format!("model={start}"),
        ConditionKind::Prompt(start) => format!("prompt={start}"),
        ConditionKind::Language(tag) => format!("lang={tag}"),
        ConditionKind::Has(kind) => format!("has={}", kind.as_str()),
        ConditionKind::Time(kind, TimeRange { from, until }) => {
            let name = match kind {
                TimeKind::Published => "date",
                TimeKind::Arrived => "seen",
                TimeKind::Read => "read",
            };
            format!("{name}[{}..{}]", show_point(*from), show_point(*until))
        }
    }
}

fn show_name(name: &NameMatch) -> String {
    match name {
        NameMatch::Id(id) => format!("#{id}"),
        NameMatch::Name(name) => format!("={name}"),
        NameMatch::Prefix(start) => format!("={start}*"),
    }
}

fn show_range(range: NumberRange) -> String {
    let end = |end: Option<(f64, bool)>, sign: &str| {
        end.map(|(number, is_closed)| format!("{sign}{}{number}", if is_closed { "=" } else { "" })).unwrap_or_default()
    };
    format!("{}{}", end(range.from, ">"), end(range.to, "<"))
}

fn show_point(point: Option<TimePoint>) -> String {
    match point {
        None => String::new(),
        Some(TimePoint::At(at)) => Timestamp(at).to_string().replace("T00:00:00Z", ""),
        Some(TimePoint::Ago(seconds)) => format!("-{}h", seconds / 3_600),
        Some(TimePoint::Today(days)) => format!("today{days:+}"),
    }
}

#[test]
fn queries_become_trees_and_sentences() {
    assert!(CASES.len() >= 150, "only {} cases", CASES.len());
    let mut wrong = Vec::new();
    for (text, tree, sentences) in CASES {
        let query = parse(text);
        let found = query.expr.as_ref().map(show).unwrap_or_default();
        let problems: Vec<&str> = query.problems.iter().map(|problem| problem.message.as_str()).collect();
        if (found.as_str(), problems.as_slice()) != (*tree, *sentences) {
            wrong.push(format!("{text:?}: {found} {problems:?} instead of {tree} {sentences:?}"));
        }
        for problem in &query.problems {
            assert!(problem.message.contains(&format!("position {}", problem.span.position())), "{text:?}");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_query_of_which_nothing_is_left_finds_nothing() {
    for (text, is_void) in [
        ("", false),
        (" ", false),
        ("—", true),
        ("foo:bar", true),
        ("sort:newest", false),
        ("sort:x", true),
        ("a", false),
    ] {
        assert_eq!(parse(text).is_void, is_void, "{text:?}");
    }
}

#[test]
fn many_and_deep_conditions_are_left_out_with_a_sentence() {
    let many = parse(&"a ".repeat(70));
    assert_eq!(many.problems.len(), 1);
    assert_eq!(many.problems[0].message, "Only 64 conditions are read; from position 129 on they are left out.");
    let deep = parse(&format!("{}a{}", "(".repeat(40), ")".repeat(40)));
    assert!(deep.problems[0].message.contains("nested too deep"), "{:?}", deep.problems);
}

#[test]
fn the_examples_of_the_help_are_understood() {
    for help in super::FIELD_HELP {
        let query = parse(help.example);
        assert_eq!(query.problems, Vec::new(), "{}", help.example);
        assert!(query.expr.is_some() || query.sort.is_some(), "{}", help.example);
    }
}

/// What random queries are made of.
const PIECES: [&str; 34] = [
    "title:",
    "cat:",
    "date:",
    "score:",
    "is:",
    "sort:",
    "feed:",
    "OR",
    "NOT",
    "AND",
    "(",
    ")",
    "\"",
    "“",
    ",",
    "-",
    "!",
    "#",
    "*",
    " ",
    " ",
    "<",
    ">=",
    "..",
    "/",
    "7d",
    "2026-11",
    "99999999999999999999",
    "é",
    "快乐",
    "\u{0}",
    "foo:",
    "rust",
    "P1Y",
];

/// Random queries, the same every time.
fn random_queries(count: usize) -> impl Iterator<Item = String> {
    let mut random = StdRng::seed_from_u64(15);
    (0..count)
        .map(move |_| (0..random.random_range(0..20)).map(|_| PIECES[random.random_range(0..PIECES.len())]).collect())
}

#[test]
fn any_text_is_read_and_its_positions_lie_in_it() {
    for text in random_queries(10_000) {
        let length = text.chars().count();
        let query = parse(&text);
        for QueryProblem { span, message } in &query.problems {
            assert!(span.start <= span.end && span.end <= length, "{text:?} {message}");
        }
        assert!(!query.expr.as_ref().is_some_and(|expr| show(expr).is_empty()), "{text:?}");
        assert!(!(query.is_void && query.expr.is_some()), "{text:?}");
    }
}
