//! Rules that decide whether an item and an article are the same.

use super::identity::{ArticleIdentity, GuidHistory};
use crate::domain::time::SECONDS_PER_DAY;
use std::collections::HashMap;

/// A part of an identity that rules compare.
#[derive(Clone, Copy, Debug)]
pub(super) enum Facet {
    Guid,
    Link,
    Path,
    Label,
    Date,
    Words,
    Content,
}

impl ArticleIdentity {
    pub(super) const fn facet(&self, facet: Facet) -> Option<i64> {
        match facet {
            Facet::Guid => self.guid,
            Facet::Link => self.link,
            Facet::Path => self.path,
            Facet::Label => Some(self.label),
            Facet::Date => self.date,
            Facet::Words => self.words,
            Facet::Content => self.content,
        }
    }
}

/// An item and an article that agree in all facets of `by`, missing ones included, are the same when `when` holds. Only facets
/// that single out one item and one article count.
pub(super) struct IdentityRule {
    pub(super) by: &'static [Facet],
    pub(super) when: fn(&Pair<'_>) -> bool,
    /// Of several articles that agree, the newest is taken: they are duplicates of one another.
    pub(super) takes_newest: bool,
}

/// From the most to the least agreement.
pub(super) const RULES: [IdentityRule; 15] = {
    use Facet::{Content, Date, Guid, Label, Link, Path, Words};
    const fn rule(by: &'static [Facet], when: fn(&Pair<'_>) -> bool) -> IdentityRule {
        IdentityRule { by, when, takes_newest: false }
    }
    const fn rule_taking_newest(by: &'static [Facet], when: fn(&Pair<'_>) -> bool) -> IdentityRule {
        IdentityRule { by, when, takes_newest: true }
    }
    [
        rule_taking_newest(&[Guid, Link, Label, Date, Content], |_| true),
        rule_taking_newest(&[Guid, Link, Label, Date, Words], |_| true),
        rule(&[Guid, Link, Label, Date], |_| true),
        rule(&[Guid, Link, Label], |pair| pair.item.guid.is_some()),
        // Guids that were renumbered, even onto numbers that other items had before.
        rule_taking_newest(&[Link, Label, Date, Words], |pair| pair.item.link.is_some() || pair.has_distinct_date()),
        rule(&[Link, Label, Date], |pair| pair.item.link.is_some() || pair.has_distinct_date()),
        rule(&[Guid, Label], |pair| pair.item.guid.is_some()),
        rule(&[Guid, Date], |pair| pair.has_reliable_guid() && pair.has_distinct_date()),
        rule(&[Link, Label], |pair| {
            let may_be_same =
                pair.item.words == pair.known.words || (pair.guid_may_have_changed() && !pair.dates_differ());
            pair.has_own_link() || (pair.item.link.is_some() && may_be_same)
        }),
        // The site moved to another host.
        rule(&[Path, Label, Date, Words], |pair| pair.item.path.is_some()),
        rule(&[Path, Label, Date], |pair| {
            let may_be_same = pair.has_distinct_date() || (pair.item.date.is_some() && pair.guid_may_have_changed());
            pair.item.path.is_some() && may_be_same
        }),
        rule(&[Guid, Link], |pair| pair.has_reliable_guid() && pair.has_own_link()),
        rule(&[Link, Date], |pair| {
            pair.item.link.is_some()
                && (pair.has_distinct_date() || (pair.has_own_link() && !pair.has_reliable_guids()))
        }),
        // The site has new links and new guids.
        rule(&[Label, Date, Words], |pair| pair.item.date.is_some() && pair.guid_may_have_changed()),
        rule(&[Label, Date], |pair| pair.has_distinct_date() && pair.guid_may_have_changed() && !pair.links_differ()),
    ]
};

/// How often each value of a facet occurs.
pub(super) type Counts = HashMap<i64, usize>;

pub(super) fn count(values: impl Iterator<Item = Option<i64>>) -> Counts {
    let mut counts = Counts::new();
    for value in values.flatten() {
        *counts.entry(value).or_default() += 1;
    }
    counts
}

/// How often guids, links and dates occur; only a value that occurs once identifies an item.
#[derive(Debug)]
pub(super) struct Frequencies {
    pub(super) guids: GuidHistory,
    pub(super) item_guids: Counts,
    pub(super) item_links: Counts,
    pub(super) item_dates: Counts,
    pub(super) known_guids: Counts,
    pub(super) known_links: Counts,
}

impl Frequencies {
    fn is_reliable(&self, guid: i64) -> bool {
        let is_shared = |counts: &Counts| counts.get(&guid).is_some_and(|count| *count > 1);
        !self.guids.is_unreliable && !is_shared(&self.item_guids) && !is_shared(&self.known_guids)
    }
}

/// An item and an article that may be the same.
pub(super) struct Pair<'a> {
    pub(super) item: &'a ArticleIdentity,
    pub(super) is_site_link: bool,
    pub(super) known: &'a ArticleIdentity,
    pub(super) frequencies: &'a Frequencies,
}

impl Pair<'_> {
    pub(super) fn has_reliable_guid(&self) -> bool {
        self.item.guid.is_some_and(|guid| self.frequencies.is_reliable(guid))
    }

    /// Whether both have reliable guids.
    fn has_reliable_guids(&self) -> bool {
        self.has_reliable_guid() && self.known.guid.is_some_and(|guid| self.frequencies.is_reliable(guid))
    }

    /// Whether the guid may have changed: the item's guid is new, and the article's is no longer in the document.
    fn guid_may_have_changed(&self) -> bool {
        match (self.item.guid, self.known.guid) {
            (Some(item), Some(known)) if item != known && self.has_reliable_guids() => {
                !self.frequencies.known_guids.contains_key(&item) && !self.frequencies.item_guids.contains_key(&known)
            }
            _ => true,
        }
    }

    /// Whether no other item or article has the link, and it is not the site's.
    fn has_own_link(&self) -> bool {
        let frequencies = self.frequencies;
        self.item.link.is_some_and(|link| {
            !self.is_site_link
                && frequencies.item_links.get(&link) == Some(&1)
                && frequencies.known_links.get(&link).is_none_or(|count| *count == 1)
        })
    }

    /// Whether the date has a time of day and no other item has the same one.
    fn has_distinct_date(&self) -> bool {
        self.item.date.is_some_and(|date| has_time_of_day(date) && self.frequencies.item_dates.get(&date) == Some(&1))
    }

    fn dates_differ(&self) -> bool {
        self.item.date.is_some() && self.known.date.is_some() && self.item.date != self.known.date
    }

    fn links_differ(&self) -> bool {
        self.item.link.is_some() && self.known.link.is_some() && self.item.link != self.known.link
    }

    /// Whether everything but the guid that can be compared differs: link, words and date.
    pub(super) fn contradicts(&self) -> bool {
        self.words_differ() && self.links_differ() && (self.item.date.is_none() || self.item.date != self.known.date)
    }

    /// Whether title, text and date differ, though guid and perhaps link are the same.
    pub(super) fn has_other_words_and_date(&self) -> bool {
        self.words_differ() && self.dates_differ()
    }

    fn words_differ(&self) -> bool {
        self.item.label != self.known.label && self.item.words != self.known.words
    }
}

/// Whether a date has a time of day. Feeds that know only days write midnight.
pub const fn has_time_of_day(date: i64) -> bool {
    date.rem_euclid(SECONDS_PER_DAY) != 0
}
