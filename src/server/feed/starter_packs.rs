//! Well-known feeds by topic, for a first visit: OPML files that are part of the program.

/// A list of feeds about one topic.
#[derive(Clone, Copy, Debug)]
pub struct StarterPack {
    /// Its name in addresses and commands.
    pub name: &'static str,
    /// The OPML document, which puts its feeds into a folder.
    pub document: &'static str,
}

/// All of them, in the order in which they are offered.
pub const STARTER_PACKS: [StarterPack; 6] = [
    StarterPack { name: "technology", document: include_str!("starter_packs/technology.opml") },
    StarterPack { name: "programming", document: include_str!("starter_packs/programming.opml") },
    StarterPack { name: "science", document: include_str!("starter_packs/science.opml") },
    StarterPack { name: "world-news", document: include_str!("starter_packs/world-news.opml") },
    StarterPack { name: "culture", document: include_str!("starter_packs/culture.opml") },
    StarterPack { name: "german", document: include_str!("starter_packs/german.opml") },
];
