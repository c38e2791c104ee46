//! Sequences of documents of one feed, and which articles their items are.
//!
//! A document is a list of items `guid|link|title|date|text => expectation`; `-` stands for a part that is missing, `d7` for the
//! seventh day at 10:07:00, `m7` for its midnight. An expectation names an article and what happens: `A+` is new, `A=` unchanged,
//! `A*` has other words, `A~` changed without other words, `A"` stands in the document twice.

use super::identity::document_items;
use crate::{
    domain::{
        article_identity::{ArticleIdentity, DocumentItem, GuidHistory, ItemDecision, KnownArticle, decide},
        ids::ArticleId,
        time::Timestamp,
    },
    server::feed::parse::parsed::{ParsedEntry, ParsedFeed},
};
use url::Url;

/// The articles of one feed, stored as the database does it.
#[derive(Debug, Default)]
pub(super) struct KnownFeed {
    pub(super) articles: Vec<KnownArticle>,
    pub(super) guids: GuidHistory,
}

impl KnownFeed {
    /// Stores a document; for each item its article and the decision.
    pub(super) fn store(&mut self, entries: Vec<ParsedEntry>) -> Vec<(ArticleId, ItemDecision)> {
        let feed = ParsedFeed { site: Some("https://x.example/news".into()), entries, ..ParsedFeed::default() };
        let items = document_items(&feed, &Url::parse("https://x.example/feed.xml").expect("an address"));
        let known = self.candidates(&items);
        let decisions = decide(&items, &known, self.guids);
        self.guids = decisions.guids;
        for changed in &decisions.identities {
            let article = self.articles.iter_mut().find(|article| article.id == changed.id).expect("known");
            article.identity = changed.identity;
        }
        let mut stored: Vec<(ArticleId, ItemDecision)> = Vec::new();
        for (item, decision) in items.iter().zip(&decisions.items) {
            let id = match decision {
                ItemDecision::Insert => {
                    let id = ArticleId(i64::try_from(self.articles.len()).expect("few") + 1);
                    self.articles.push(KnownArticle { id, identity: item.identity });
                    id
                }
                ItemDecision::Update { article, .. } | ItemDecision::Unchanged(article) => *article,
                ItemDecision::SameAs(first) => stored[*first].0,
            };
            stored.push((id, *decision));
        }
        stored
    }

    /// The articles that [`decide`] asks for.
    fn candidates(&self, items: &[DocumentItem]) -> Vec<KnownArticle> {
        let is_candidate = |known: &ArticleIdentity| {
            items.iter().any(|item| {
                let (identity, shares) = (&item.identity, |a: Option<i64>, b: Option<i64>| a.is_some() && a == b);
                shares(identity.guid, known.guid)
                    || shares(Some(item.legacy_guid), known.guid)
                    || shares(identity.path, known.path)
                    || identity.label == known.label
            })
        };
        self.articles.iter().filter(|article| is_candidate(&article.identity)).copied().collect()
    }
}

fn entry(text: &str) -> ParsedEntry {
    let parts: Vec<&str> = text.split('|').collect();
    let [guid, link, title, date, body] = parts[..] else { panic!("five parts: {text}") };
    let given = |part: &str| (part != "-").then(|| part.to_owned());
    let absolute = |link: String| if link.starts_with('/') { format!("https://x.example{link}") } else { link };
    let published = given(date).map(|date| {
        let (precision, day) = date.split_at(1);
        let day: i64 = day.parse().expect("a day");
        Timestamp(day * 86_400 + if precision == "m" { 0 } else { 36_000 + day * 60 })
    });
    ParsedEntry {
        id: given(guid),
        link: given(link).map(absolute),
        title: given(title).unwrap_or_default(),
        published,
        content: given(body),
        ..ParsedEntry::default()
    }
}

/// What is wrong with the outcome of a sequence; empty when nothing is.
fn mismatches(documents: &[&[&str]]) -> Vec<String> {
    let (mut feed, mut names, mut wrong) = (KnownFeed::default(), Vec::<(String, ArticleId)>::new(), Vec::new());
    for (position, document) in documents.iter().enumerate() {
        let lines: Vec<(&str, &str)> = document.iter().map(|line| line.split_once(" => ").expect("an arrow")).collect();
        let stored = feed.store(lines.iter().map(|(item, _)| entry(item)).collect());
        for ((item, expected), (id, decision)) in lines.iter().zip(stored) {
            let verb = match decision {
                ItemDecision::Insert => '+',
                ItemDecision::Unchanged(_) => '=',
                ItemDecision::Update { words_changed: true, .. } => '*',
                ItemDecision::Update { words_changed: false, .. } => '~',
                ItemDecision::SameAs(_) => '"',
            };
            if verb == '+' {
                names.push((expected.trim_end_matches(|c: char| !c.is_alphanumeric()).to_owned(), id));
            }
            let name = names.iter().find(|(_, known)| *known == id).map_or("?", |(name, _)| name);
            if format!("{name}{verb}") != *expected {
                wrong.push(format!("document {position}, {item}: {name}{verb} instead of {expected}"));
            }
        }
    }
    wrong
}

#[test]
fn items_are_recognized_through_every_change_of_their_publishers() {
    let mut failed = Vec::new();
    for (name, documents) in SEQUENCES {
        failed.extend(mismatches(documents).into_iter().map(|wrong| format!("{name}: {wrong}")));
    }
    assert!(SEQUENCES.len() >= 35, "{}", SEQUENCES.len());
    assert_eq!(failed, Vec::<String>::new());
}

type Sequence = (&'static str, &'static [&'static [&'static str]]);

#[rustfmt::skip]
const SEQUENCES: &[Sequence] = &[
    // Guids as they should be.
    ("nothing changes", &[
        &["g1|/1|One|d1|x => A+", "g2|/2|Two|d2|y => B+"],
        &["g1|/1|One|d1|x => A=", "g2|/2|Two|d2|y => B="],
    ]),
    ("items change places", &[
        &["g1|/1|One|d1|x => A+", "g2|/2|Two|d2|y => B+"],
        &["g2|/2|Two|d2|y => B=", "g1|/1|One|d1|x => A="],
    ]),
    ("the text changes", &[&["g1|/1|One|d1|x => A+"], &["g1|/1|One|d1|other => A*"]]),
    ("the markup changes and the words do not", &[
        &["g1|/1|One|d1|<p>x</p><img src='/a.png?t=1'> => A+"],
        &["g1|/1|One|d1|<div>x</div><img src='/a.png?t=2'> => A~"],
    ]),
    ("only the date changes", &[&["g1|/1|One|d1|x => A+"], &["g1|/1|One|d2|x => A~"]]),
    ("title, link, date and text change at once", &[
        &["g1|/1|One|d1|x => A+", "g2|/2|Two|d2|y => B+"],
        &["g1|/eins|Uno|d3|z => A*", "g2|/2|Two|d2|y => B="],
    ]),
    ("an item drops out and returns", &[
        &["g1|/1|One|d1|x => A+", "g2|/2|Two|d2|y => B+"],
        &["g2|/2|Two|d2|y => B="],
        &["g1|/1|One|d1|x => A=", "g2|/2|Two|d2|y => B="],
    ]),
    ("guids tell items with one title and link apart", &[
        &["g1|/thread|Open thread|d1|x => A+"],
        &["g2|/thread|Open thread|d8|y => B+", "g1|/thread|Open thread|d1|x => A="],
        &["g2|/thread|Open thread|d8|y => B="],
    ]),
    ("guids alone", &[
        &["g1|-|-|-|x => A+", "g2|-|-|-|y => B+"],
        &["g1|-|-|-|x2 => A*", "g2|-|-|-|y2 => B*"],
    ]),
    ("the same item twice in one document", &[
        &["g1|/1|One|d1|x => A+", "g1|/1|One|d1|x => A\""],
        &["g1|/1|One|d1|x => A=", "g1|/1|One|d1|x => A\""],
    ]),
    // Guids that several items share.
    ("shared guid, own links; one goes", &[
        &["g|/1|One|d1|x => A+", "g|/2|Two|d2|y => B+"],
        &["g|/2|Two|d2|y => B="],
        &["g|/1|One|d1|x => A=", "g|/2|Two|d2|y => B="],
    ]),
    ("shared guid, one goes and the other is edited", &[
        &["g|/1|One|d1|x => A+", "g|/2|Two|d2|y => B+"],
        &["g|/2|Two, edited|d2|y => B*"],
    ]),
    ("guids that nobody shares count for nothing either, once others were shared", &[
        &["g|/1|One|d1|x => A+", "g|/2|Two|d2|y => B+", "c|/3|Three|d3|z => C+"],
        &["c|/4|Four|d4|w => D+", "h|/5|Five|d5|v => E+"],
    ]),
    ("a guid proved to be shared counts for nothing later", &[
        &["g|/1|One|d1|x => A+", "g|/2|Two|d2|y => B+"],
        &["h|/3|Three|d3|z => C+"],
        &["h|/4|Four|d4|w => D+"],
    ]),
    ("shared guid and link, told apart by title", &[
        &["/s|/s|One|-|x => A+", "/s|/s|Two|-|y => B+"],
        &["/s|/s|Three|-|z => C+", "/s|/s|One|-|x => A=", "/s|/s|Two|-|y2 => B*"],
    ]),
    ("shared guid, link and title, told apart by date", &[
        &["g|/s|Report|d1|x => A+", "g|/s|Report|d2|y => B+"],
        &["g|/s|Report|d2|y2 => B*", "g|/s|Report|d3|z => C+"],
    ]),
    ("everything shared but the text", &[
        &["g|/s|Report|m1|x => A+", "g|/s|Report|m1|y => B+"],
        &["g|/s|Report|m1|y => B=", "g|/s|Report|m1|x => A="],
    ]),
    // A document of one item whose guid stands for the feed.
    ("the word of the day, with a page for each", &[
        &["word|/words/1|One|d1|x => A+"],
        &["word|/words/2|Two|d2|y => B+"],
        &["word|/words/3|Three|d3|z => C+"],
        &["word|/words/3|Three|d3|z => C="],
    ]),
    ("the guid is the address of the site", &[
        &["https://www.x.example/news/|https://x.example/news|One|d1|x => A+"],
        &["https://www.x.example/news/|https://x.example/news|Two|d2|y => B+"],
        &["https://www.x.example/news/|https://x.example/news|Two|d2|y2 => B*"],
    ]),
    ("the guid is the root of the site", &[
        &["http://x.example|/1|One|-|x => A+"],
        &["http://x.example|/2|Two|-|y => B+"],
    ]),
    ("the guid is the address of the feed", &[
        &["https://x.example/feed.xml|-|One|d1|x => A+"],
        &["https://x.example/feed.xml|-|Two|d2|y => B+"],
    ]),
    ("a camera: guid and link are the site's, the picture is new", &[
        &["https://x.example/|https://x.example/|Camera|d1|<img src='/1.jpg'> => A+"],
        &["https://x.example/|https://x.example/|Camera|d2|<img src='/2.jpg'> => B+"],
    ]),
    ("one page for all words: the first change may be an edit, the next is none", &[
        &["word|/word|One|d1|x => A+"],
        &["word|/word|Two|d2|y => A*"],
        &["word|/word|Three|d3|z => B+"],
        &["word|/word|Four|d4|w => C+"],
    ]),
    ("the only item is edited again and again", &[
        &["g1|/1|One|d1|x => A+"],
        &["g1|/1|Uno|d1|y => A*"],
        &["g1|/1|Eins|d1|z => A*"],
        &["g1|/eins|Eins|d3|z => A~"],
        &["g1|/eins|Eins|d4|w => A*"],
    ]),
    // Guids that are rewritten.
    ("the site moves to https and its guids are links", &[
        &["http://x.example/1|http://x.example/1|One|d1|x => A+", "http://x.example/2|http://x.example/2|Two|d2|y => B+"],
        &["https://x.example/1|https://x.example/1|One|d1|x => A~", "https://x.example/2|https://x.example/2|Two|d2|y => B~"],
    ]),
    ("guids are renumbered", &[
        &["1|/1|One|d1|x => A+", "2|/2|Two|d2|y => B+"],
        &["901|/1|One|d1|x => A=", "902|/2|Two|d2|y => B="],
        &["901|/1|One, edited|d1|x => A*", "902|/2|Two|d2|y => B="],
    ]),
    ("guids are renumbered and dates with them", &[
        &["1|/1|One|d1|x => A+", "2|/2|Two|d2|y => B+"],
        &["901|http://www.x.example/1/?utm_source=rss|One|d5|x => A~", "902|/2|Two|d6|y => B~"],
    ]),
    ("guids are renumbered onto each other", &[
        &["1|/1|One|d1|x => A+", "2|/2|Two|d2|y => B+", "3|/3|Three|d3|z => C+"],
        &["2|/1|One|d1|x => A=", "3|/2|Two|d2|y => B=", "1|/3|Three|d3|z => C="],
    ]),
    ("guids are positions in the document", &[
        &["1|/c|C|d3|z => C+", "2|/b|B|d2|y => B+", "3|/a|A|d1|x => A+"],
        &["1|/d|D|d4|w => D+", "2|/c|C|d3|z => C=", "3|/b|B|d2|y => B="],
        &["1|/g|G|d7|t => G+", "2|/f|F|d6|u => F+", "3|/e|E|d5|v => E+"],
    ]),
    ("positions, and the whole document is new", &[
        &["1|/c|C|d3|z => C+", "2|/b|B|d2|y => B+", "3|/a|A|d1|x => A+"],
        &["1|/f|F|d6|u => F+", "2|/e|E|d5|v => E+", "3|/d|D|d4|w => D+"],
    ]),
    ("the site moves to another host", &[
        &["http://a.example/1|http://a.example/1|One|d1|x => A+", "http://a.example/2|http://a.example/2|Two|-|y => B+"],
        &["http://b.example/1|http://b.example/1|One|d1|x => A~", "http://b.example/2|http://b.example/2|Two|-|y => B~"],
    ]),
    ("new links and new guids", &[
        &["1|/?p=1|One|d1|x => A+", "2|/?p=2|Two|d2|y => B+"],
        &["901|/2026/one|One|d1|x => A~", "902|/2026/two|Two|d2|y => B~"],
    ]),
    ("the guid is a link with a revision, and the title is edited", &[
        &["https://x.example/1#0|/1|One|d1|x => A+"],
        &["https://x.example/1#1|/1|One, edited|d1|x => A*"],
    ]),
    ("two sites of one feed have pages of one name", &[
        &["-|https://a.example/hello|Hello|d1|x => A+"],
        &["-|https://b.example/hello|Hello|d2|y => B+"],
    ]),
    ("a feed gets guids and loses them again", &[
        &["-|/1|One|d1|x => A+", "-|/2|Two|d2|y => B+"],
        &["g1|/1|One|d1|x => A=", "g2|/2|Two|d2|y => B="],
        &["-|/1|One|d1|x => A=", "-|/2|Two|d2|y => B="],
        &["g1|/1|Uno|d9|z => A*", "-|/2|Two|d2|y => B="],
    ]),
    // No guids.
    ("own links, the title is edited", &[&["-|/1|One|d1|x => A+"], &["-|/1|One, edited|d1|x => A*"]]),
    ("own links, the date is renewed", &[&["-|/1|One|d1|x => A+"], &["-|/1|One|d2|x => A~"]]),
    ("own links without dates, the title is edited", &[&["-|/1|One|-|x => A+"], &["-|/1|One, edited|-|x => A*"]]),
    ("title and date change: another item", &[&["-|/1|One|d1|x => A+"], &["-|/1|Two|d2|y => B+"]]),
    ("a link to the site as a whole names nothing", &[
        &["-|https://x.example/|One|-|x => A+"],
        &["-|https://x.example/|Two|-|y => B+"],
        &["-|/news|Three|m3|z => C+"],
        &["-|/news|Four|m3|z2 => D+"],
    ]),
    ("three items share a link", &[
        &["-|/s|One|d1|x => A+", "-|/s|Two|d2|y => B+", "-|/s|Three|d3|z => C+"],
        &["-|/s|Four|d4|w => D+", "-|/s|Two|d2|y => B=", "-|/s|Three|d3|z => C="],
        &["-|/s|One|d1|x => A=", "-|/s|Two|d2|y => B="],
    ]),
    ("items share link and day", &[
        &["-|/s|One|m1|x => A+", "-|/s|Two|m1|y => B+"],
        &["-|/s|Three|m1|z => C+", "-|/s|Two|m1|y => B="],
        &["-|/s|Four|m1|w => D+"],
    ]),
    ("items share a link, one title is edited", &[
        &["-|/s|Outage|d1|x => A+", "-|/s|Works|d2|y => B+"],
        &["-|/s|Outage, resolved|d1|x => A*", "-|/s|Works|d2|y => B="],
    ]),
    ("items share link and title", &[
        &["-|/s|Works|d1|x => A+", "-|/s|Works|d2|y => B+"],
        &["-|/s|Works|d2|y => B=", "-|/s|Works|d3|z => C+"],
        &["-|/s|Works|d9|v => D+"],
    ]),
    ("a ticker that repeats its title", &[
        &["-|/s|Note|-|x => A+", "-|/s|Note|-|y => B+", "-|/s|Note|-|z => C+"],
        &["-|/s|Note|-|w => D+", "-|/s|Note|-|x => A=", "-|/s|Note|-|y => B="],
        &["-|/s|Note|-|v => E+"],
    ]),
    ("no link, the text holds a token", &[
        &["-|-|One|d1|x <img src='/a.png?t=1'> => A+", "-|-|Two|d1|<img src='/b.png?t=1'> => B+"],
        &["-|-|One|d1|x <img src='/a.png?t=2'> => A~", "-|-|Two|d1|<img src='/b.png?t=2'> => B~"],
    ]),
    ("no link, no date: the title", &[&["-|-|One|-|x => A+"], &["-|-|One|-|y => A*", "-|-|Two|-|y => B+"]]),
    ("no link, no title: the date", &[&["-|-|-|d1|x => A+", "-|-|-|d2|x => B+"], &["-|-|-|d1|y => A*", "-|-|-|d2|x => B="]]),
    ("nothing but texts", &[
        &["-|-|-|-|one text => A+", "-|-|-|-|another text => B+"],
        &["-|-|-|-|a third text => C+", "-|-|-|-|one text => A=", "-|-|-|-|another text => B="],
    ]),
    ("nothing but pictures", &[
        &["-|-|-|-|<img src='/a.png?t=1'> => A+", "-|-|-|-|<img src='/b.png?t=1'> => B+"],
        &["-|-|-|-|<img src='/b.png?t=2'> => B~", "-|-|-|-|<img src='/a.png?t=2'> => A~"],
    ]),
    ("no link, title and date tell apart", &[
        &["-|-|Forecast|m1|sun => A+"],
        &["-|-|Forecast|m2|sun => B+"],
        &["-|-|Forecast|m2|rain => B*", "-|-|Forecast|m1|sun => A="],
    ]),
];
