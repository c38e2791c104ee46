//! Labels: folders, saved searches, score bands, topics and votes under names that other readers keep (docs/spec/client-apis.md "Labels").

use super::{library::ClientLibrary, view::ClientView};
use crate::{
    domain::{
        category::{Category, CategoryWeight},
        ids::{CategoryId, FolderId, SavedSearchId},
        score::ScoreTier,
        vote::Vote,
    },
    server::storage::client_articles::ArticleCondition,
};
use std::collections::{HashMap, HashSet};

/// The label of articles with a thumb up.
pub const LIKED: &str = "Liked";
/// The label of articles with a thumb down.
pub const DISLIKED: &str = "Disliked";
/// Begins the label of every topic, so that none is taken for a folder.
const TOPIC_PREFIX: &str = "Topic: ";
/// Begins the label of every saved search, likewise.
const SEARCH_PREFIX: &str = "Search: ";
/// Names that readers take for states at the end of an address.
const STATE_NAMES: [&str; 2] = ["read", "starred"];

/// What a label stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClientLabel {
    /// A folder of feeds.
    Folder(FolderId),
    /// A score band.
    Tier(ScoreTier),
    /// Articles with this vote.
    Vote(Vote),
    /// A category with its children.
    Topic(CategoryId),
    /// A saved search.
    Search(SavedSearchId),
}

impl ClientLabel {
    /// Whether it is a folder.
    pub const fn is_folder(self) -> bool {
        matches!(self, Self::Folder(_))
    }

    /// The articles with the label.
    pub fn condition(self, library: &ClientLibrary) -> ArticleCondition {
        match self {
            Self::Folder(id) => ArticleCondition::Folder(id),
            Self::Tier(tier) => ArticleCondition::Scored(tier),
            Self::Vote(vote) => ArticleCondition::Voted(vote),
            Self::Topic(id) => ArticleCondition::Topic(id),
            Self::Search(id) => {
                let search = library.searches.iter().find(|search| search.id == id);
                ArticleCondition::IdIn(search.map(|search| search.articles.to_vec()).unwrap_or_default())
            }
        }
    }
}

/// A label with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedLabel {
    /// As clients see it.
    pub name: String,
    /// What it stands for.
    pub label: ClientLabel,
}

/// The labels that a device is shown: folders by name, then saved searches, score bands, votes, and
/// topics that have articles.
pub fn list_labels(library: &ClientLibrary, view: &ClientView) -> Vec<NamedLabel> {
    all_labels(library)
        .into_iter()
        .filter(|named| match named.label {
            ClientLabel::Folder(_) => true,
            ClientLabel::Tier(_) => view.shows_scores && view.has_model,
            ClientLabel::Vote(_) | ClientLabel::Search(_) => view.shows_scores,
            ClientLabel::Topic(id) => view.shows_topics && is_shown_topic(library, id),
        })
        .collect()
}

/// The label of a name, whether it is shown or not: spelled exactly, then in any case, then with `+` for blanks and without
/// blanks at the end, as readers send names that they did not encode.
pub fn find_label(library: &ClientLibrary, name: &str) -> Option<ClientLabel> {
    let all = all_labels(library);
    let loose = |name: &str| name.replace('+', " ").trim_end().to_lowercase();
    let found = all
        .iter()
        .find(|named| named.name == name)
        .or_else(|| all.iter().find(|named| named.name.to_lowercase() == name.to_lowercase()))
        .or_else(|| all.iter().find(|named| loose(&named.name) == loose(name)));
    found.map(|named| named.label)
}

/// The name of a folder as a label: without `/`, which readers take for the end of an address, and never the name of a state.
pub fn folder_label(name: &str) -> String {
    let plain = name.replace('/', " ");
    if STATE_NAMES.contains(&plain.as_str()) {
        return plain.split_at(1).0.to_uppercase() + plain.split_at(1).1;
    }
    plain
}

/// The names of all labels; no two are the same.
#[derive(Clone, Debug, Default)]
pub struct LabelNames(HashMap<ClientLabel, String>);

impl LabelNames {
    /// Those of the labels of `library`.
    pub fn new(library: &ClientLibrary) -> Self {
        Self(all_labels(library).into_iter().map(|named| (named.label, named.name)).collect())
    }

    /// The name of a label; `None` when it is not of the library.
    pub fn get(&self, label: ClientLabel) -> Option<&str> {
        self.0.get(&label).map(String::as_str)
    }
}

/// The name of a vote as a label.
pub const fn vote_label(vote: Vote) -> &'static str {
    match vote {
        Vote::Up => LIKED,
        Vote::Down => DISLIKED,
    }
}

/// Every label under a name of its own, in the order in which they are shown.
fn all_labels(library: &ClientLibrary) -> Vec<NamedLabel> {
    let topic_label = |name: &str| format!("{TOPIC_PREFIX}{}", name.replace('/', " "));
    let search_label = |name: &str| format!("{SEARCH_PREFIX}{}", name.replace('/', " "));
    let folders = library.folders.iter().map(|folder| (folder_label(&folder.name), ClientLabel::Folder(folder.id)));
    let tiers = ScoreTier::ALL.into_iter().map(|tier| (tier.label().to_owned(), ClientLabel::Tier(tier)));
    let votes = [Vote::Up, Vote::Down].map(|vote| (vote_label(vote).to_owned(), ClientLabel::Vote(vote)));
    let topics = library.categories.iter().map(|topic| (topic_label(&topic.name), ClientLabel::Topic(topic.id)));
    let searches = library.searches.iter().map(|search| (search_label(&search.name), ClientLabel::Search(search.id)));
    let all = folders.chain(searches).chain(tiers).chain(votes).chain(topics);
    let mut all: Vec<NamedLabel> = all.map(|(name, label)| NamedLabel { name, label }).collect();
    make_unique(&mut all);
    all
}

/// Adds a number to names that another label has: `a/b` and `a b` are both written `a b`. Bands and votes keep their names, then the
/// label that was made first, so that a new one changes no name that readers know.
fn make_unique(all: &mut [NamedLabel]) {
    let mut by_age: Vec<&mut NamedLabel> = all.iter_mut().collect();
    by_age.sort_by_key(|named| match named.label {
        ClientLabel::Tier(_) | ClientLabel::Vote(_) => (0, 0),
        ClientLabel::Folder(id) => (1, id.0),
        ClientLabel::Search(id) => (2, id.0),
        ClientLabel::Topic(id) => (3, id.0),
    });
    let mut taken = HashSet::new();
    for named in by_age {
        let (plain, mut number) = (named.name.clone(), 1);
        while !taken.insert(named.name.clone()) {
            number += 1;
            named.name = format!("{plain} ({number})");
        }
    }
}

/// Whether a topic has articles that are not all blocked.
fn is_shown_topic(library: &ClientLibrary, id: CategoryId) -> bool {
    let has_articles = |topic: &Category| {
        (topic.id == id || topic.parent_id == Some(id))
            && topic.article_count > 0
            && topic.effective_weight != CategoryWeight::Block
    };
    library.categories.iter().any(has_articles)
}

#[cfg(test)]
mod tests {
    use super::{ClientLabel, ClientLibrary, LabelNames, ScoreTier, Vote, find_label, folder_label};
    use crate::domain::{feed::Folder, ids::FolderId};

    #[test]
    fn labels_are_found_by_names_that_were_not_encoded() {
        let folder = |id, name: &str| Folder { id: FolderId(id), name: name.into(), unread: 0, feed_count: 0 };
        let folders = vec![
            folder(1, "Tech / News"),
            folder(2, "read"),
            folder(3, "C++"),
            folder(5, "a b"),
            folder(4, "a/b"),
            folder(6, "a b (2)"),
            folder(7, "Liked"),
        ];
        let library = ClientLibrary { folders, ..ClientLibrary::default() };
        for (name, found) in [
            ("Score 8+", Some(ClientLabel::Tier(ScoreTier::High))),
            ("Score 8 ", Some(ClientLabel::Tier(ScoreTier::High))),
            ("Score 8", Some(ClientLabel::Tier(ScoreTier::High))),
            ("Score+8+", Some(ClientLabel::Tier(ScoreTier::High))),
            ("Score 5-7", Some(ClientLabel::Tier(ScoreTier::Medium))),
            ("Tech   News", Some(ClientLabel::Folder(FolderId(1)))),
            ("Read", Some(ClientLabel::Folder(FolderId(2)))),
            ("c++", Some(ClientLabel::Folder(FolderId(3)))),
            ("C  ", Some(ClientLabel::Folder(FolderId(3)))),
            ("a b", Some(ClientLabel::Folder(FolderId(4)))),
            ("a b (2)", Some(ClientLabel::Folder(FolderId(5)))),
            ("a b (2) (2)", Some(ClientLabel::Folder(FolderId(6)))),
            ("Liked", Some(ClientLabel::Vote(Vote::Up))),
            ("Liked (2)", Some(ClientLabel::Folder(FolderId(7)))),
            ("Score 9+", None),
            ("", None),
        ] {
            assert_eq!(find_label(&library, name), found, "{name}");
        }
        let names = LabelNames::new(&library);
        for named in super::all_labels(&library) {
            assert_eq!(names.get(named.label), Some(named.name.as_str()));
            assert_eq!(find_label(&library, &named.name), Some(named.label), "{}", named.name);
        }
        assert_eq!([folder_label("starred"), folder_label("a/b")], ["Starred", "a b"]);
    }
}
