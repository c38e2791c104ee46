//! Decides which known article each item of a feed's document is, if any. Reasons: docs/adr/0010-identity-of-articles.md.
//!
//! Everything is compared through 64-bit hashes of what the publisher sent, so a decision takes time linear in the number of
//! items and known articles.

mod identity;
mod matching;
mod rules;

pub use identity::{ArticleIdentity, DocumentDecisions, DocumentItem, GuidHistory, ItemDecision, KnownArticle};
pub use rules::has_time_of_day;

use matching::Matching;
use std::collections::HashMap;

/// Decides about every item of a document. `known` must hold all articles of the feed that share a guid, a path or a label with
/// an item; `guids` is what earlier documents of the feed showed.
pub fn decide(items: &[DocumentItem], known: &[KnownArticle], mut guids: GuidHistory) -> DocumentDecisions {
    let same_as = repeated_items(items);
    guids.is_unreliable |= shares_guids(items, &same_as);
    Matching::new(items, known, &same_as, guids).run().into_decisions()
}

/// For each item the position of an earlier one with the same guid, link, label, date and words.
fn repeated_items(items: &[DocumentItem]) -> Vec<Option<usize>> {
    let mut first = HashMap::new();
    let position_of_first = items.iter().enumerate().map(|(position, item)| {
        let ArticleIdentity { guid, link, label, date, words, .. } = item.identity;
        let first = *first.entry((guid, link, label, date, words)).or_insert(position);
        (first != position).then_some(first)
    });
    position_of_first.collect()
}

/// Whether items that differ in label or link have one guid.
fn shares_guids(items: &[DocumentItem], same_as: &[Option<usize>]) -> bool {
    let mut first = HashMap::new();
    items.iter().zip(same_as).filter(|(_, same_as)| same_as.is_none()).any(|(item, _)| {
        let ArticleIdentity { guid, link, label, .. } = item.identity;
        guid.is_some_and(|guid| *first.entry(guid).or_insert((link, label)) != (link, label))
    })
}
