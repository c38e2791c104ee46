//! What each query is taken for, and the sentences about what was not understood.

use super::{
    ConditionKind, Measure, NameMatch, NumberRange, QueryCondition, QueryExpr, QueryProblem, TextPart, TimeKind,
    TimePoint, TimeRange, parse,
};
use crate::domain::{time::Timestamp, words::Term};
use rand::{Rng, SeedableRng, rngs::StdRng};

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

/// Query, tree, sentences. An empty tree: nothing is left.
#[rustfmt::skip]
const CASES: &[(&str, &str, &[&str])] = &[
    // words and phrases
    ("", "", &[]),
    ("   ", "", &[]),
    ("rust", "[rust]*", &[]),
    ("go", "[go]", &[]),
    ("ru*", "[ru]*", &[]),
    ("r*", "[r]*", &[]),
    ("Rust", "[rust]*", &[]),
    ("RUST", "[rust]*", &[]),
    ("rust async", "(and [rust]* [async]*)", &[]),
    ("  rust   async  ", "(and [rust]* [async]*)", &[]),
    ("rust AND async", "(and [rust]* [async]*)", &[]),
    ("rust and async", "(and [rust]* [and]* [async]*)", &[]),
    ("\"open source\"", "[open source]", &[]),
    ("„offene Quelle“", "[offene quelle]", &[]),
    ("«livre ouvert»", "[livre ouvert]", &[]),
    ("“open source” editor", "(and [open source] [editor]*)", &[]),
    ("a\"b\"c", "(and [a] [b] [c])", &[]),
    ("well-known", "[well known]*", &[]),
    ("Straße", "[strasse]*", &[]),
    ("café", "[cafe]*", &[]),
    ("C++", "[c++]", &[]),
    ("C#", "[c#]", &[]),
    (".net", "[.net]", &[]),
    ("IT", "[↑it]", &[]),
    ("R", "[↑r]", &[]),
    ("快乐", "[快乐]", &[]),
    ("猫", "[猫]*", &[]),
    ("12:30", "[12 30]", &[]),
    ("std::vector", "[std vector]*", &[]),
    ("— rust", "[rust]*", &[]),
    ("—", "", &[]),
    ("*", "", &[]),
    ("- rust", "[rust]*", &[]),
    ("it's", "[it s]", &[]),
    ("Re:", "[re]", &[]),
    ("note: rust", "(and [note]* [rust]*)", &[]),
    // not
    ("heise -free", "(and [heise]* (not [free]*))", &[]),
    ("-free", "(not [free]*)", &[]),
    ("-\"open source\"", "(not [open source])", &[]),
    ("NOT free", "(not [free]*)", &[]),
    ("rust NOT free", "(and [rust]* (not [free]*))", &[]),
    ("not free", "(and [not]* [free]*)", &[]),
    ("!free", "(not [free]*)", &[]),
    ("--x", "(not [x])", &[]),
    ("wow!", "[wow]*", &[]),
    ("NOT NOT rust", "[rust]*", &[]),
    ("-title:ad", "(not title[ad])", &[]),
    ("!intitle:ad", "(not title[ad])", &[]),
    ("-(a OR b)", "(not (or [a] [b]))", &[]),
    ("NOT (a b)", "(not (and [a] [b]))", &[]),
    // or and parentheses
    ("rust OR go", "(or [rust]* [go])", &[]),
    ("rust or go", "(and [rust]* [or] [go])", &[]),
    ("a OR b OR c", "(or [a] [b] [c])", &[]),
    ("a b OR c d", "(or (and [a] [b]) (and [c] [d]))", &[]),
    ("a (b OR c)", "(and [a] (or [b] [c]))", &[]),
    ("(a)", "[a]", &[]),
    ("((a))", "[a]", &[]),
    ("(a OR b) (c OR d)", "(and (or [a] [b]) (or [c] [d]))", &[]),
    ("(a OR -b) c", "(and (or [a] (not [b])) [c])", &[]),
    ("NEAR(a b)", "(and [near]* (and [a] [b]))", &[]),
    ("a OR (b c)", "(or [a] (and [b] [c]))", &[]),
    ("-a -b", "(and (not [a]) (not [b]))", &[]),
    ("a OR -b", "(or [a] (not [b]))", &[]),
    // parts of the text
    ("title:rust", "title[rust]*", &[]),
    ("TITLE:Rust", "title[rust]*", &[]),
    ("title:\"open source\"", "title[open source]", &[]),
    ("title:a,b", "(or title[a] title[b])", &[]),
    ("title:\"a b\",c", "(or title[a b] title[c])", &[]),
    ("title:IT", "title[it]", &[]),
    ("text:rust", "text[rust]*", &[]),
    ("author:\"Jane Doe\"", "author[jane doe]", &[]),
    ("author:doe", "author[doe]*", &[]),
    ("link:example.org", "link[example org]*", &[]),
    ("https://example.org/a", "link[https example org a]", &[]),
    ("link:rust title:go", "(and link[rust]* title[go])", &[]),
    // feeds, folders, categories
    ("feed:heise", "feed=heise", &[]),
    ("feed:Heise*", "feed=heise*", &[]),
    ("feed:#12", "feed#12", &[]),
    ("feed:\"Ars Technica\"", "feed=ars technica", &[]),
    ("feed:a,#2,c*", "(or feed=a feed#2 feed=c*)", &[]),
    ("feed:\"#12\"", "feed=#12", &[]),
    ("folder:News", "folder=news", &[]),
    ("folder:#3", "folder#3", &[]),
    ("cat:science", "cat=science", &[]),
    ("cat:none", "no-cat", &[]),
    ("cat:\"none\"", "cat=none", &[]),
    ("cat:ai,none", "(or cat=ai no-cat)", &[]),
    ("-cat:politics", "(not cat=politics)", &[]),
    // states
    ("is:unread", "is=unread", &[]),
    ("is:READ", "is=read", &[]),
    ("is:starred", "is=starred", &[]),
    ("is:unscored", "is=unscored", &[]),
    ("is:queued", "is=queued", &[]),
    ("is:scored", "is=scored", &[]),
    ("is:provisional", "is=provisional", &[]),
    ("is:blocked", "is=blocked", &[]),
    ("is:failed", "is=failed", &[]),
    ("is:suspicious", "is=suspicious", &[]),
    ("is:updated", "is=updated", &[]),
    ("is:unread,starred", "(or is=unread is=starred)", &[]),
    ("has:image", "has=image", &[]),
    ("has:audio,video", "(or has=audio has=video)", &[]),
    ("has:enclosure", "has=enclosure", &[]),
    ("has:comments", "has=comments", &[]),
    ("vote:up", "vote=up", &[]),
    ("vote:down", "vote=down", &[]),
    ("vote:none", "vote=none", &[]),
    // numbers
    ("score:8", "score>=8<=8", &[]),
    ("score:>7", "score>7", &[]),
    ("score:>=7.5", "score>=7.5", &[]),
    ("score:<3", "score<3", &[]),
    ("score:<=3", "score<=3", &[]),
    ("score:5..8", "score>=5<=8", &[]),
    ("score:8..5", "score>=5<=8", &[]),
    ("interest:>5", "interest>5", &[]),
    ("quality:5..8", "quality>=5<=8", &[]),
    ("words:>2000", "words>2000", &[]),
    ("score:1,9", "(or score>=1<=1 score>=9<=9)", &[]),
    ("score:-1", "score>=-1<=-1", &[]),
    // provenance and language
    ("model:qwen3:8b", "model=qwen3:8b", &[]),
    ("model:a3f0", "model=a3f0", &[]),
    ("prompt:AB12", "prompt=ab12", &[]),
    ("lang:en", "lang=en", &[]),
    ("lang:en-GB", "lang=en", &[]),
    ("lang:de,fr", "(or lang=de lang=fr)", &[]),
    // times
    ("date:2026-11-01", "date[2026-11-01..2026-11-02]", &[]),
    ("date:2026-11", "date[2026-11-01..2026-12-01]", &[]),
    ("date:2026-12", "date[2026-12-01..2027-01-01]", &[]),
    ("date:2026", "date[2026-01-01..2027-01-01]", &[]),
    ("date:2028-02-29", "date[2028-02-29..2028-03-01]", &[]),
    ("date:>2026-11-01", "date[2026-11-02..]", &[]),
    ("date:>=2026-11-01", "date[2026-11-01..]", &[]),
    ("date:<2026-11-01", "date[..2026-11-01]", &[]),
    ("date:<=2026-11-01", "date[..2026-11-02]", &[]),
    ("date:<7d", "date[-168h..]", &[]),
    ("date:>30d", "date[..-720h]", &[]),
    ("date:7d", "date[-168h..]", &[]),
    ("date:<12h", "date[-12h..]", &[]),
    ("date:<2w", "date[-336h..]", &[]),
    ("date:today", "date[today+0..today+1]", &[]),
    ("date:yesterday", "date[today-1..today+0]", &[]),
    ("date:2026-11-01..2026-11-03", "date[2026-11-01..2026-11-04]", &[]),
    ("date:2026-11-01T10:00:00Z", "date[2026-11-01T10:00:00Z..2026-11-01T10:00:01Z]", &[]),
    ("seen:today", "seen[today+0..today+1]", &[]),
    ("read:<1d", "read[-24h..]", &[]),
    // habits of other readers
    ("intitle:rust", "title[rust]*", &[]),
    ("intext:rust", "text[rust]*", &[]),
    ("inauthor:doe", "author[doe]*", &[]),
    ("inurl:example.org", "link[example org]*", &[]),
    ("url:rust", "link[rust]*", &[]),
    ("#rust", "cat=rust", &[]),
    ("-#rust", "(not cat=rust)", &[]),
    ("#ai,science", "(or cat=ai cat=science)", &[]),
    ("labels:ai,science", "(or cat=ai cat=science)", &[]),
    ("label:ai", "cat=ai", &[]),
    ("category:ai", "cat=ai", &[]),
    ("tag:ai", "cat=ai", &[]),
    ("f:#7", "feed#7", &[]),
    ("c:#7", "folder#7", &[]),
    ("pubdate:2026-11", "date[2026-11-01..2026-12-01]", &[]),
    ("pubdate:2026-01-01/2026-02-01", "date[2026-01-01..2026-02-02]", &[]),
    ("date:2026-01-01/", "date[2026-01-01..]", &[]),
    ("date:/2026-01-01", "date[..2026-01-02]", &[]),
    ("date:P1W", "date[-168h..]", &[]),
    ("date:PT6H", "date[-6h..]", &[]),
    ("date:P1Y/", "date[-8760h..]", &[]),
    ("date:/P1M", "date[..-720h]", &[]),
    ("status:unread", "is=unread", &[]),
    ("is:favorite", "is=starred", &[]),
    ("language:de", "lang=de", &[]),
    // all together
    ("rust is:unread score:>7 -title:ad", "(and [rust]* is=unread score>7 (not title[ad]))", &[]),
    ("(feed:a OR cat:b) date:<7d \"x y\"", "(and (or feed=a cat=b) date[-168h..] [x y])", &[]),
    // what is not understood
    ("authr:smith rust", "[rust]*", &["There is no field “authr:” (position 1); the nearest is “author:”."]),
    ("rust titel:x", "[rust]*", &["There is no field “titel:” (position 6); the nearest is “title:”."]),
    ("foo:bar", "", &["There is no field “foo:” (position 1); the nearest is “feed:”."]),
    ("title: rust", "[rust]*", &["“title:” at position 1 needs a value right after the colon."]),
    ("rust \"open source", "(and [rust]* [open source])", &["The quotation mark at position 6 is not closed; the phrase reaches to the end."]),
    ("title:\"open", "title[open]", &["The quotation mark at position 7 is not closed; the phrase reaches to the end."]),
    ("(a b", "(and [a] [b])", &["The “(” at position 1 is not closed."]),
    ("a b)", "(and [a] [b])", &["The “)” at position 4 has no “(” before it."]),
    ("a) b", "(and [a] [b])", &["The “)” at position 2 has no “(” before it."]),
    ("a ()", "[a]", &["The parentheses at position 3 are empty."]),
    ("OR a", "[a]", &["The OR at position 1 has nothing before it."]),
    ("a OR", "[a]", &["The OR at position 3 has nothing after it."]),
    ("a OR OR b", "(or [a] [b])", &["The OR at position 3 has nothing after it."]),
    ("a NOT", "[a]", &["The NOT at position 3 has nothing after it."]),
    ("a (b NOT)", "(and [a] [b])", &["The NOT at position 6 has nothing after it."]),
    ("is:unred", "", &["“is:” knows no “unred” (position 4); the nearest is “unread”."]),
    ("is:unred,starred", "is=starred", &["“is:” knows no “unred” (position 4); the nearest is “unread”."]),
    ("has:picturesque x", "[x]", &["“has:” knows no “picturesque” (position 5); it is one of image, audio, video, enclosure, comments."]),
    ("vote:yes", "", &["“vote:” knows no “yes” (position 6); it is one of up, down, none."]),
    ("score:high", "", &["“score:” cannot be “high” (position 7); it is a number, such as 8, >7, >=7.5, <3 or 5..8."]),
    ("score:>", "", &["“score:” cannot be “>” (position 7); it is a number, such as 8, >7, >=7.5, <3 or 5..8."]),
    ("date:2026-13", "", &["“date:” cannot be “2026-13” (position 6); it is a date, such as 2026-11-01, 2026-11, >2026-11-01, <7d, >30d, today or yesterday."]),
    ("date:2026-02-30", "", &["“date:” cannot be “2026-02-30” (position 6); it is a date, such as 2026-11-01, 2026-11, >2026-11-01, <7d, >30d, today or yesterday."]),
    ("lang:german", "", &["“lang:” cannot be “german” (position 6); it is a language, such as en or de."]),
    ("feed:*", "", &["“feed:” needs a name or “#” and an id at position 6."]),
    ("title:—", "", &["The value at position 7 has no letter or digit."]),
    ("sort:newst rust", "[rust]*", &["“sort:” knows no “newst” (position 6); the nearest is “newest”."]),
    ("(sort:newest) rust", "[rust]*", &["“sort:” at position 7 holds for the whole query; it cannot stand in parentheses or be negated."]),
    ("-sort:newest rust", "[rust]*", &["“sort:” at position 7 holds for the whole query; it cannot stand in parentheses or be negated."]),
    ("sort:newest sort:best a", "[a]", &["There is a second “sort:” at position 18; the first holds."]),
    ("é authr:x", "[e]", &["There is no field “authr:” (position 3); the nearest is “author:”."]),
];

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
