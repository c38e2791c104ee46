//! Matching the items of a document with the known articles, rule by rule.

use super::{
    identity::{ArticleIdentity, DocumentDecisions, DocumentItem, GuidHistory, ItemDecision, KnownArticle},
    rules::{Facet, Frequencies, IdentityRule, Pair, RULES, count},
};
use std::collections::HashMap;

/// A document whose guids contradict everything else in this many items, and more often than they agree with it, reuses guids.
const MIN_CONTRADICTIONS: usize = 2;

/// When the only item of a feed was replaced under its guid this often, the guid stands for the feed and not for the item.
const MIN_REPLACEMENTS: i64 = 2;

/// Values of the facets of one rule.
type Key = [Option<i64>; 5];

fn key(identity: &ArticleIdentity, by: &[Facet]) -> Key {
    let mut key = Key::default();
    for (value, facet) in key.iter_mut().zip(by) {
        *value = identity.facet(*facet);
    }
    key
}

/// Items matched with articles so far.
pub(super) struct Matching<'a> {
    items: &'a [DocumentItem],
    known: &'a [KnownArticle],
    same_as: &'a [Option<usize>],
    frequencies: Frequencies,
    /// For each item the position of its article in `known`.
    known_of: Vec<Option<usize>>,
    /// For each known article whether an item has it.
    is_taken: Vec<bool>,
}

impl<'a> Matching<'a> {
    pub(super) fn new(
        items: &'a [DocumentItem],
        known: &'a [KnownArticle],
        same_as: &'a [Option<usize>],
        guids: GuidHistory,
    ) -> Self {
        let distinct = || items.iter().zip(same_as).filter(|(_, same_as)| same_as.is_none()).map(|(item, _)| item);
        let frequencies = Frequencies {
            guids,
            item_guids: count(distinct().map(|item| item.identity.guid)),
            item_links: count(distinct().map(|item| item.identity.link)),
            item_dates: count(distinct().map(|item| item.identity.date)),
            known_guids: count(known.iter().map(|article| article.identity.guid)),
            known_links: count(known.iter().map(|article| article.identity.link)),
        };
        Self {
            items,
            known,
            same_as,
            frequencies,
            known_of: vec![None; items.len()],
            is_taken: vec![false; known.len()],
        }
    }

    fn pair(&self, item: usize, known: usize) -> Pair<'_> {
        Pair {
            item: &self.items[item].identity,
            is_site_link: self.items[item].is_site_link,
            known: &self.known[known].identity,
            frequencies: &self.frequencies,
        }
    }

    fn take(&mut self, item: usize, known: usize) {
        self.known_of[item] = Some(known);
        self.is_taken[known] = true;
    }

    /// Positions of unmatched items and articles that a key identifies uniquely.
    fn candidates(
        &self,
        item_key: impl Fn(&DocumentItem) -> Option<Key>,
        known_key: impl Fn(&KnownArticle) -> Option<Key>,
        takes_newest: bool,
    ) -> Vec<(usize, usize)> {
        let mut known_by_key: HashMap<Key, (usize, Option<usize>)> = HashMap::new();
        for (position, article) in self.known.iter().enumerate() {
            let Some(key) = known_key(article) else { continue };
            let (count, newest) = known_by_key.entry(key).or_default();
            *count += 1;
            if !self.is_taken[position] && newest.is_none_or(|newest| self.known[newest].id < article.id) {
                *newest = Some(position);
            }
        }
        let mut items_by_key: HashMap<Key, usize> = HashMap::new();
        let keys: Vec<Option<Key>> = self
            .items
            .iter()
            .zip(self.same_as)
            .map(|(item, same_as)| if same_as.is_none() { item_key(item) } else { None })
            .collect();
        for key in keys.iter().flatten() {
            *items_by_key.entry(*key).or_default() += 1;
        }
        let free = keys.iter().enumerate().filter(|(position, _)| self.known_of[*position].is_none());
        free.filter_map(|(position, key)| {
            let key = key.as_ref().filter(|key| items_by_key.get(*key) == Some(&1))?;
            let (count, newest) = known_by_key.get(key)?;
            newest.filter(|_| *count == 1 || takes_newest).map(|known| (position, known))
        })
        .collect()
    }

    fn apply(&mut self, rule: &IdentityRule) {
        let candidates = self.candidates(
            |item| Some(key(&item.identity, rule.by)),
            |article| Some(key(&article.identity, rule.by)),
            rule.takes_newest,
        );
        for (item, known) in candidates {
            if (rule.when)(&self.pair(item, known)) {
                self.take(item, known);
            }
        }
    }

    /// Matches articles stored by a version without identities, by the guid that version used.
    fn match_legacy_guids(&mut self) {
        let is_legacy = |article: &KnownArticle| article.identity.content.is_none();
        let candidates = self.candidates(
            |item| Some([Some(item.legacy_guid), None, None, None, None]),
            |article| is_legacy(article).then_some([article.identity.guid, None, None, None, None]),
            false,
        );
        for (item, known) in candidates {
            self.take(item, known);
        }
    }

    /// Matches items that agree with an article in nothing but a reliable guid.
    fn match_guids_alone(&mut self) {
        let candidates = self.guid_candidates();
        self.note_reused_guids(&candidates);
        for (item, known) in candidates {
            if self.pair(item, known).has_reliable_guid() {
                self.take(item, known);
            }
        }
    }

    fn guid_candidates(&self) -> Vec<(usize, usize)> {
        let by_guid = |identity: &ArticleIdentity| identity.guid.map(|guid| [Some(guid), None, None, None, None]);
        self.candidates(|item| by_guid(&item.identity), |article| by_guid(&article.identity), false)
    }

    /// Makes guids unreliable when the only item of a document (such as a word of the day) has the guid of the previous item: at
    /// once when the link differs too, else the second time, since the first may be an edit.
    fn note_replaced_item(&mut self) {
        if self.same_as.iter().filter(|same_as| same_as.is_none()).count() != 1 {
            return;
        }
        let Some((item, known)) = self.guid_candidates().pop() else { return };
        let pair = self.pair(item, known);
        let (contradicts, is_replaced) = (pair.contradicts(), pair.has_other_words_and_date());
        let guids = &mut self.frequencies.guids;
        guids.replacements = guids.replacements.saturating_add(i64::from(is_replaced));
        guids.is_unreliable |= contradicts || guids.replacements >= MIN_REPLACEMENTS;
    }

    /// Makes guids unreliable when those of the document prove to be reused for other items.
    fn note_reused_guids(&mut self, candidates: &[(usize, usize)]) {
        let matched = self.known_of.iter().enumerate().filter_map(|(item, known)| Some(self.pair(item, (*known)?)));
        let (mut agreements, mut contradictions) = (0, 0);
        for Pair { item, known, .. } in matched {
            let Some(guid) = item.guid else { continue };
            if known.guid == Some(guid) {
                agreements += 1;
            } else if self.frequencies.known_guids.contains_key(&guid) {
                contradictions += 1;
            }
        }
        contradictions += candidates.iter().filter(|(item, known)| self.pair(*item, *known).contradicts()).count();
        if contradictions >= MIN_CONTRADICTIONS && contradictions > agreements {
            self.frequencies.guids.is_unreliable = true;
        }
    }

    /// Applies every rule, from the most to the least agreement.
    pub(super) fn run(mut self) -> Self {
        self.match_legacy_guids();
        self.note_replaced_item();
        for rule in &RULES {
            self.apply(rule);
            self.note_reused_guids(&[]);
        }
        self.match_guids_alone();
        self
    }

    pub(super) fn into_decisions(self) -> DocumentDecisions {
        let mut identities = Vec::new();
        let decide = |(item, same_as): (usize, &Option<usize>)| {
            if let Some(first) = same_as {
                return ItemDecision::SameAs(*first);
            }
            let Some(known) = self.known_of[item] else { return ItemDecision::Insert };
            let (new, KnownArticle { id, identity: old }) = (self.items[item].identity, self.known[known]);
            // A version without identities may have generated the guid.
            let identity = if old.content.is_none() { new } else { new.completed_by(&old) };
            if identity != old {
                identities.push(KnownArticle { id, identity });
            }
            if new.content == old.content {
                return ItemDecision::Unchanged(id);
            }
            let words_changed = old.words.is_some() && new.words != old.words;
            ItemDecision::Update { article: id, words_changed }
        };
        let items = self.same_as.iter().enumerate().map(decide).collect();
        DocumentDecisions { items, identities, guids: self.frequencies.guids }
    }
}
