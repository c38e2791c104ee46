//! What identifies items and articles, and what is decided about them.

use crate::domain::ids::ArticleId;

/// What identifies an item or an article within its feed. Hashes of 64 bits, except for the date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArticleIdentity {
    /// The RSS guid or Atom id; of a URL its canonical form.
    pub guid: Option<i64>,
    /// The canonical link: without scheme, `www.`, trailing slash and tracking parameters.
    pub link: Option<i64>,
    /// The canonical link without its host.
    pub path: Option<i64>,
    /// The title; without one the date if it has a time of day, else the text.
    pub label: i64,
    /// Seconds since the Unix epoch, as the publisher gave them.
    pub date: Option<i64>,
    /// Title and plain text; `None`: stored by a version without identities.
    pub words: Option<i64>,
    /// Everything the publisher sent; `None`: stored by a version without identities.
    pub content: Option<i64>,
}

/// An item of the document that was fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DocumentItem {
    /// What identifies it.
    pub identity: ArticleIdentity,
    /// The link leads to the site as a whole, so it says nothing about this item.
    pub is_site_link: bool,
    /// The guid under which versions before the table of identities stored this item.
    pub legacy_guid: i64,
}

/// A stored article of the feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownArticle {
    /// The stored article.
    pub id: ArticleId,
    /// What identifies it.
    pub identity: ArticleIdentity,
}

/// What storing does with an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemDecision {
    /// It is new.
    Insert,
    /// The publisher changed the article; `words_changed` tells whether title or text differ, so that a score is out of date.
    Update {
        /// The stored article.
        article: ArticleId,
        /// Whether title or text differ.
        words_changed: bool,
    },
    /// It is stored already and has not changed.
    Unchanged(ArticleId),
    /// A repeated item; the position of its first occurrence in the document.
    SameAs(usize),
}

/// What the documents of a feed have shown of its guids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct GuidHistory {
    /// Different items had the same guid.
    pub is_unreliable: bool,
    /// How often the only item of a document had the guid of an article, but another title, date and text.
    pub replacements: i64,
}

/// The decisions about a whole document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentDecisions {
    /// One for each item, in the order of the document.
    pub items: Vec<ItemDecision>,
    /// Identities of known articles that are to be replaced by these.
    pub identities: Vec<KnownArticle>,
    /// What is known of the feed's guids from now on.
    pub guids: GuidHistory,
}

impl ArticleIdentity {
    /// `old` with the hashes of guid, link and path that `self` has, as far as `old` has any.
    pub fn renewing(self, old: Self) -> Self {
        let renewed = |old: Option<i64>, new: Option<i64>| old.and(new);
        let (guid, link) = (renewed(old.guid, self.guid), renewed(old.link, self.link));
        Self { guid, link, path: renewed(old.path, self.path), ..old }
    }

    /// This identity of an item, completed by what the article has and the item lacks.
    pub(super) fn completed_by(self, known: &Self) -> Self {
        let (link, path) = if self.link.is_some() { (self.link, self.path) } else { (known.link, known.path) };
        Self { guid: self.guid.or(known.guid), link, path, ..self }
    }
}
