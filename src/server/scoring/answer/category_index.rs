//! The categories that names in an answer may mean.

use crate::domain::{category::Category, ids::CategoryId};
use std::collections::HashMap;

/// The meaning of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CategoryMatch {
    /// A category that the model was offered.
    Offered(CategoryId),
    /// A category that the reader hid: it is dropped.
    Hidden,
    /// No category has this name.
    Unknown,
}

/// The categories as they were when the model was asked, by the identities that lead to them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CategoryIndex {
    by_identity: HashMap<String, CategoryId>,
    /// With the top-level category that each stands under, or is.
    top_level_by_offered: HashMap<CategoryId, CategoryId>,
    ignores_suggestions: bool,
}

impl CategoryIndex {
    /// `aliases`: identities of former names with the category each stands for now. The children of a hidden category are hidden
    /// with it.
    pub fn new(all: &[Category], aliases: &[(String, CategoryId)]) -> Self {
        let hidden = |id: CategoryId| all.iter().any(|c| c.id == id && c.hidden);
        let offered = all
            .iter()
            .filter(|c| !c.hidden && !c.parent_id.is_some_and(hidden))
            .map(|c| (c.id, c.parent_id.unwrap_or(c.id)))
            .collect();
        let own = all.iter().map(|c| (c.identity.clone(), c.id));
        Self {
            by_identity: aliases.iter().cloned().chain(own).collect(),
            top_level_by_offered: offered,
            ignores_suggestions: false,
        }
    }

    /// The same index; with `ignored`, new names in an answer are dropped because none were asked for.
    #[must_use]
    pub const fn ignoring_suggestions(mut self, ignored: bool) -> Self {
        self.ignores_suggestions = ignored;
        self
    }

    /// Whether new names in an answer are dropped.
    pub const fn ignores_suggestions(&self) -> bool {
        self.ignores_suggestions
    }

    /// Whether the model is offered this category.
    pub fn is_offered(&self, id: CategoryId) -> bool {
        self.top_level_by_offered.contains_key(&id)
    }

    /// Whether no category is offered.
    pub fn is_empty(&self) -> bool {
        self.top_level_by_offered.is_empty()
    }

    /// The meaning of an identity.
    pub fn resolve(&self, identity: &str) -> CategoryMatch {
        match self.by_identity.get(identity) {
            Some(id) if self.is_offered(*id) => CategoryMatch::Offered(*id),
            Some(_) => CategoryMatch::Hidden,
            None => CategoryMatch::Unknown,
        }
    }

    /// As [`CategoryIndex::resolve`], for the parent of a new category: a child stands for the one above it.
    pub fn resolve_parent(&self, identity: &str) -> CategoryMatch {
        match self.resolve(identity) {
            CategoryMatch::Offered(id) => {
                CategoryMatch::Offered(self.top_level_by_offered.get(&id).copied().unwrap_or(id))
            }
            other => other,
        }
    }
}
