//! The words of the reader's interests, and the provisional rank that they give an article before a model has scored it.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Words taken from each of the two texts at most; a query over more costs more than it tells.
const MAX_KEYWORDS: usize = 48;

/// Counts up with every change of how words rank, so that articles ranked by the old rules are ranked anew.
const KEYWORD_RULES_VERSION: u32 = 1;

/// Of this length on, a word also matches longer ones that begin with it, without its own plural "s".
const MIN_PREFIX_CHARS: usize = 5;

/// English words that say nothing about a topic, and those that people use to say that they like something. Other languages'
/// small words are common in their texts, which is why bm25 gives them next to nothing.
const STOP_WORDS: &str = " a about above after again all also am an and any are articles as at avoid be because been \
    being below between both but by can content could did do does doing don down during each especially etc ever every \
    everything few for from further get had has have having he her here hers hate him his how i if in interest interested \
    interesting interests into is it its itself just kind less like liked likes love loves lot lots many me more most much my new \
    news no nor not of off often on once one only or other our out over own particularly pieces please prefer posts read reader \
    reading really same see she should so some something stories story stuff such than that the their them then there these they \
    thing things this those through to too topic topics under until up very want was we well were what when where which while who \
    whom why will with would you your ";

/// A word to look for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyword {
    /// As the reader wrote it, in lower case; with [`Keyword::prefix`], what a matching word begins with.
    pub text: String,
    /// Whether longer words match too.
    pub prefix: bool,
    folded: String,
}

impl Keyword {
    fn new(word: &str) -> Self {
        let long = word.chars().count() >= MIN_PREFIX_CHARS;
        let text = if long { word.strip_suffix('s').unwrap_or(word) } else { word };
        Self { text: text.to_owned(), prefix: long, folded: fold_diacritics(text) }
    }

    fn matches(&self, folded: &str) -> bool {
        if self.prefix { folded.starts_with(&self.folded) } else { folded == self.folded }
    }
}

/// What to look for, and what to avoid.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct InterestKeywords {
    /// Words of the interests.
    pub wanted: Vec<Keyword>,
    /// Words of the anti-interests.
    pub unwanted: Vec<Keyword>,
}

impl InterestKeywords {
    /// The words of both texts. A word that stands in both counts as unwanted only.
    pub fn from_texts(interests: &str, anti_interests: &str) -> Self {
        let unwanted = extract_keywords(anti_interests);
        let mut wanted = extract_keywords(interests);
        wanted.retain(|word| !unwanted.contains(word));
        Self { wanted, unwanted }
    }

    /// Without words there is no provisional rank: a number would be invented.
    pub fn is_empty(&self) -> bool {
        self.wanted.is_empty() && self.unwanted.is_empty()
    }

    /// The same for the same words: tells whether articles were ranked by these or by others.
    pub fn signature(&self) -> String {
        let list = |words: &[Keyword]| -> String {
            words.iter().map(|word| format!(" {}{}", word.text, if word.prefix { "*" } else { "" })).collect()
        };
        format!("{KEYWORD_RULES_VERSION}+{} -{}", list(&self.wanted), list(&self.unwanted))
    }

    /// Which of the words stand in `text`, in the order of the interests.
    pub fn find_matches(&self, text: &str) -> KeywordMatches {
        let tokens: BTreeSet<String> = tokenize(text).map(|t| fold_diacritics(&t)).collect();
        let found = |words: &[Keyword]| {
            let hit = |word: &&Keyword| tokens.iter().any(|token| word.matches(token));
            words.iter().filter(hit).map(|word| word.text.clone()).collect()
        };
        KeywordMatches { wanted: found(&self.wanted), unwanted: found(&self.unwanted) }
    }
}

/// Words of the interests that stand in an article.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct KeywordMatches {
    /// Words of the interests that were found.
    pub wanted: Vec<String>,
    /// Words of the anti-interests that were found.
    pub unwanted: Vec<String>,
}

impl KeywordMatches {
    /// Whether none of the words was found.
    pub fn is_empty(&self) -> bool {
        self.wanted.is_empty() && self.unwanted.is_empty()
    }

    /// For people, in the place of a model's reasoning.
    pub fn message(&self) -> String {
        let list = |words: &[String]| words.join(", ");
        match (self.wanted.is_empty(), self.unwanted.is_empty()) {
            (true, true) => "None of your keywords match.".into(),
            (false, true) => format!("Matches your keywords: {}.", list(&self.wanted)),
            (true, false) => format!("Matches keywords you avoid: {}.", list(&self.unwanted)),
            (false, false) => {
                format!(
                    "Matches your keywords: {}; and keywords you avoid: {}.",
                    list(&self.wanted),
                    list(&self.unwanted)
                )
            }
        }
    }
}

/// What an article gets in which no word stands; leaves room below for those with unwanted words.
pub const NEUTRAL_KEYWORD_RANK: f64 = 2.0;

/// The strength (as SQLite's bm25, sign turned) at which half of the way to the end of the scale is gone.
const HALF_SATURATION_STRENGTH: f64 = 6.0;

/// The provisional rank, 0–10, of an article with these strengths of wanted and unwanted words: rises with the first, falls
/// with the second, [`NEUTRAL_KEYWORD_RANK`] without either.
pub fn keyword_rank(wanted: f64, unwanted: f64) -> f64 {
    let share = |strength: f64| strength.max(0.0) / (strength.max(0.0) + HALF_SATURATION_STRENGTH);
    (NEUTRAL_KEYWORD_RANK + (10.0 - NEUTRAL_KEYWORD_RANK) * share(wanted)) * (1.0 - share(unwanted))
}

fn extract_keywords(text: &str) -> Vec<Keyword> {
    let mut words: Vec<Keyword> = Vec::new();
    for token in tokenize(text) {
        // "C" and "R" are topics, but one letter matches far too much.
        if token.chars().count() < 2 || STOP_WORDS.contains(&format!(" {token} ")) {
            continue;
        }
        let word = Keyword::new(&token);
        if !words.contains(&word) && words.len() < MAX_KEYWORDS {
            words.push(word);
        }
    }
    words
}

fn tokenize(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|t| !t.is_empty()).map(str::to_lowercase)
}

/// Diacritics off, as the full-text index does.
fn fold_diacritics(word: &str) -> String {
    if word.is_ascii() { word.to_owned() } else { super::category::slugify(word) }
}

#[cfg(test)]
mod tests {
    use super::{InterestKeywords, Keyword, NEUTRAL_KEYWORD_RANK, keyword_rank};

    fn texts(words: &[Keyword]) -> Vec<&str> {
        words.iter().map(|w| w.text.as_str()).collect()
    }

    #[test]
    fn interests_become_words() {
        let words = InterestKeywords::from_texts(
            "I love Rust, databases and the history of AI.\nAlso: C++, café!",
            "crypto; Rust",
        );
        assert_eq!(texts(&words.wanted), ["database", "history", "ai", "café"]);
        assert_eq!(texts(&words.unwanted), ["crypto", "rust"]);
        assert!(InterestKeywords::from_texts(" the of and ", "").is_empty());
    }

    #[test]
    fn signatures_tell_words_apart_and_nothing_else() {
        let of = |wanted, unwanted| InterestKeywords::from_texts(wanted, unwanted).signature();
        assert_eq!(of("I like looms", "rain"), of("looms!", "the rain"));
        for other in [of("looms rain", ""), of("", "looms rain"), of("loom", "rain"), of("", "")] {
            assert_ne!(of("looms", "rain"), other);
        }
    }

    #[test]
    fn matches_ignore_case_plural_and_diacritics() {
        let words = InterestKeywords::from_texts("databases, café, AI", "crypto");
        let matched = words.find_matches("A Database for every CAFE; nothing about rain or cryptography");
        assert_eq!(matched.wanted, ["database", "café"]);
        assert_eq!(matched.unwanted, ["crypto"]);
        assert_eq!(matched.message(), "Matches your keywords: database, café; and keywords you avoid: crypto.");
    }

    #[test]
    fn provisional_is_monotone_and_stays_on_the_scale() {
        let steps = [0.0, 0.001, 0.5, 2.0, 6.0, 20.0, 1e6];
        for pair in steps.windows(2) {
            for other in steps {
                assert!(keyword_rank(pair[1], other) > keyword_rank(pair[0], other) || other > 1e5);
                assert!(keyword_rank(other, pair[1]) < keyword_rank(other, pair[0]));
            }
        }
        assert!(steps.iter().all(|w| steps.iter().all(|u| (0.0..=10.0).contains(&keyword_rank(*w, *u)))));
        assert_eq!(keyword_rank(0.0, 0.0), NEUTRAL_KEYWORD_RANK);
    }
}
