//! Property tests of identity against a model of a publisher, who knows which item is which.

use super::{identity_tests::KnownFeed, parse::parsed::ParsedEntry};
use crate::domain::{article_identity::ItemDecision, ids::ArticleId, time::Timestamp};
use proptest::{prelude::*, sample::Index};
use std::collections::HashMap;

/// What the publisher puts into guids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Guids {
    Own,
    Permalink,
    Shared,
    Position,
    None,
}

/// What the publisher puts into links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Links {
    Own,
    Shared,
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dates {
    Times,
    Days,
    None,
}

#[derive(Clone, Copy, Debug)]
struct Style {
    guids: Guids,
    links: Links,
    dates: Dates,
}

/// A change of what the publisher sends.
#[derive(Clone, Debug)]
enum Step {
    Add,
    EditText(Index),
    EditTitle(Index),
    EditDate(Index),
    EditAll(Index),
    Drop(Index),
    Return(Index),
    Shuffle(u64),
    Repeat(Index),
    MoveToHttps,
    MoveHost,
    Renumber,
    Nothing,
}

#[derive(Clone, Debug)]
struct ModelItem {
    number: u64,
    slug: u64,
    title: u64,
    text: u64,
    day: i64,
}

struct Publisher {
    style: Style,
    scheme: &'static str,
    host: u64,
    renumbering: u64,
    counter: u64,
    items: Vec<ModelItem>,
    dropped: Vec<ModelItem>,
    repeated: Option<usize>,
    /// The item that was edited since the last check; it does not drop out before the edit was seen.
    edited: Option<u64>,
}

impl Publisher {
    fn new(style: Style) -> Self {
        let (items, dropped) = (Vec::new(), Vec::new());
        let mut publisher = Self {
            style,
            scheme: "http",
            host: 0,
            renumbering: 0,
            counter: 0,
            items,
            dropped,
            repeated: None,
            edited: None,
        };
        for _ in 0..6 {
            publisher.add();
        }
        publisher
    }

    fn next(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    fn add(&mut self) {
        let n = self.next();
        let day = i64::try_from(n).expect("few");
        self.items.insert(0, ModelItem { number: n, slug: n, title: n, text: n, day });
    }

    /// Whether an item keeps its identity when its title or its date changes, which needs a guid of its own, or something
    /// else that stays and that no other item has.
    fn may_edit_title(&self) -> bool {
        let has_guid = self.style.guids == Guids::Own || self.style.guids == Guids::Permalink;
        let has_link = self.style.links == Links::Own;
        has_guid || has_link || (self.style.links == Links::Shared && self.style.dates == Dates::Times)
    }

    fn may_edit_date(&self) -> bool {
        self.style.links != Links::None || matches!(self.style.guids, Guids::Own | Guids::Permalink)
    }

    fn apply(&mut self, step: &Step) {
        let fresh = self.next();
        let (may_edit_title, may_edit_date, has_guid) =
            (self.may_edit_title(), self.may_edit_date(), self.style.guids == Guids::Own);
        let count = self.items.len();
        let mut edit = |index: &Index, change: &dyn Fn(&mut ModelItem)| {
            if let Some(item) = self.items.get_mut(index.index(count.max(1))) {
                change(item);
                self.edited = Some(item.number);
            }
        };
        match step {
            Step::Add => self.add(),
            Step::EditText(index) => edit(index, &|item| item.text = fresh),
            Step::EditTitle(index) if may_edit_title => edit(index, &|item| item.title = fresh),
            Step::EditDate(index) if may_edit_date => edit(index, &|item| item.day += 400),
            Step::EditAll(index) if has_guid => edit(index, &|item| {
                (item.slug, item.title, item.text, item.day) = (fresh, fresh, fresh, item.day + 400);
            }),
            // Of a document of one item the guid may stand for the feed.
            Step::Drop(index) if count > 2 => {
                // A new item in the exact place of another would be that one, edited.
                let position = if self.style.guids == Guids::Position { count - 1 } else { index.index(count) };
                if self.edited != Some(self.items[position].number) {
                    let item = self.items.remove(position);
                    self.dropped.push(item);
                }
            }
            Step::Return(index) if !self.dropped.is_empty() => {
                let item = self.dropped.remove(index.index(self.dropped.len()));
                self.items.push(item);
            }
            Step::Shuffle(seed) => {
                self.items.sort_by_key(|item| (item.number ^ seed).wrapping_mul(0x9E37_79B9_7F4A_7C15))
            }
            Step::Repeat(index) if count > 0 => self.repeated = Some(index.index(count)),
            Step::MoveToHttps => self.scheme = "https",
            Step::MoveHost => self.host += 1,
            Step::Renumber if self.style.links != Links::None || self.style.dates != Dates::None => {
                self.renumbering += 1
            }
            _ => {}
        }
    }

    fn link(&self, item: &ModelItem) -> Option<String> {
        let (scheme, host) = (self.scheme, self.host);
        match self.style.links {
            Links::Own => Some(format!("{scheme}://host{host}.example/{}", item.slug)),
            Links::Shared => Some(format!("{scheme}://host{host}.example/status")),
            Links::None => None,
        }
    }

    /// The items with their numbers.
    fn document(&self) -> Vec<(u64, ParsedEntry)> {
        let entry = |(position, item): (usize, &ModelItem)| {
            let date = match self.style.dates {
                Dates::Times => Some(Timestamp(item.day * 86_400 + 36_000 + item.day)),
                Dates::Days => Some(Timestamp(item.day / 3 * 86_400)),
                Dates::None => None,
            };
            let id = match self.style.guids {
                Guids::Own => Some(format!("{}-{}", self.renumbering, item.number)),
                Guids::Permalink => Some(format!("{}://host{}.example/item/{}", self.scheme, self.host, item.number)),
                Guids::Shared => Some("the-feed".to_owned()),
                Guids::Position => Some(position.to_string()),
                Guids::None => None,
            };
            let entry = ParsedEntry {
                id,
                link: self.link(item),
                title: format!("Title {}", item.title),
                published: date,
                content: Some(format!("<p>Text {}</p>", item.text)),
                ..ParsedEntry::default()
            };
            (item.number, entry)
        };
        let mut document: Vec<(u64, ParsedEntry)> = self.items.iter().enumerate().map(entry).collect();
        document.extend(self.repeated.and_then(|position| document.get(position).cloned()));
        document
    }
}

fn style() -> impl Strategy<Value = Style> {
    let guids = prop_oneof![
        Just(Guids::Own),
        Just(Guids::Permalink),
        Just(Guids::Shared),
        Just(Guids::Position),
        Just(Guids::None)
    ];
    let links = prop_oneof![Just(Links::Own), Just(Links::Shared), Just(Links::None)];
    let dates = prop_oneof![Just(Dates::Times), Just(Dates::Days), Just(Dates::None)];
    let style = (guids, links, dates).prop_map(|(guids, links, dates)| Style { guids, links, dates });
    // Without links and times nothing contradicts a position.
    style.prop_filter("what tells items apart", |style| {
        style.guids != Guids::Position || style.links != Links::None || style.dates == Dates::Times
    })
}

/// What changes the list of items.
fn list_step() -> impl Strategy<Value = Step> {
    let index = any::<Index>;
    prop_oneof![
        Just(Step::Add),
        index().prop_map(Step::Drop),
        index().prop_map(Step::Return),
        any::<u64>().prop_map(Step::Shuffle),
        index().prop_map(Step::Repeat),
    ]
}

/// What changes items.
fn edit_step() -> impl Strategy<Value = Step> {
    let index = any::<Index>;
    prop_oneof![
        Just(Step::Nothing),
        index().prop_map(Step::EditText),
        index().prop_map(Step::EditTitle),
        index().prop_map(Step::EditDate),
        index().prop_map(Step::EditAll),
        Just(Step::MoveToHttps),
        Just(Step::MoveHost),
        Just(Step::Renumber),
    ]
}

/// All that happens between two checks.
fn steps() -> impl Strategy<Value = Vec<Step>> {
    (prop::collection::vec(list_step(), 0..4), edit_step()).prop_map(|(mut steps, edit)| {
        steps.insert(0, edit);
        steps
    })
}

/// Stores the publisher's document; fails with what broke: an item that became two articles, or two items that became one.
fn stored(feed: &mut KnownFeed, articles: &mut HashMap<u64, ArticleId>, publisher: &Publisher) -> Result<(), String> {
    let (numbers, entries): (Vec<u64>, Vec<ParsedEntry>) = publisher.document().into_iter().unzip();
    let outcomes = feed.store(entries.clone());
    for (number, (id, decision)) in numbers.iter().zip(&outcomes) {
        match articles.get(number) {
            Some(known) if known != id => return Err(format!("item {number} was {known} and is {id} ({decision:?})")),
            Some(_) => {}
            None if articles.values().any(|other| other == id) => {
                return Err(format!("item {number} took the article of another item ({decision:?})"));
            }
            None => {
                articles.insert(*number, *id);
            }
        }
    }
    let before = feed.articles.clone();
    let again = feed.store(entries);
    let changed =
        again.iter().find(|(_, decision)| matches!(decision, ItemDecision::Insert | ItemDecision::Update { .. }));
    match changed {
        Some(changed) => Err(format!("the same document again changed {changed:?}")),
        None if feed.articles != before => Err("the same document again changed an identity".to_owned()),
        None => Ok(()),
    }
}

proptest! {
    #[test]
    fn no_item_is_lost_or_doubled_whatever_its_publisher_does(
        style in style(),
        documents in prop::collection::vec(steps(), 1..16),
    ) {
        let (mut feed, mut articles, mut publisher) = (KnownFeed::default(), HashMap::new(), Publisher::new(style));
        prop_assert_eq!(stored(&mut feed, &mut articles, &publisher), Ok(()));
        // A new item at the top shows guids that are positions for what they are.
        publisher.add();
        prop_assert_eq!(stored(&mut feed, &mut articles, &publisher), Ok(()));
        for steps in &documents {
            (publisher.repeated, publisher.edited) = (None, None);
            steps.iter().for_each(|step| publisher.apply(step));
            prop_assert_eq!(stored(&mut feed, &mut articles, &publisher), Ok(()), "after {:?}", steps);
        }
    }
}
