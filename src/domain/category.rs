//! Categories: two levels, weighted by the reader.

use super::{
    ids::CategoryId,
    text_fold::{DiacriticFolding, fold},
};
use serde::{Deserialize, Serialize};
use unicode_normalization::char::is_combining_mark;

string_enum! {
    /// How much a category counts; scoring.md "Categories". `Block` hides, the others multiply the interest.
    #[derive(Default)]
    CategoryWeight {
        /// The article is hidden from the inbox and not scored.
        Block = "block",
        /// × 0.5
        Reduce = "reduce",
        /// × 1
        #[default]
        Normal = "normal",
        /// × 1.5
        Boost = "boost",
        /// × 2
        Max = "max",
    }
}

impl CategoryWeight {
    /// The factor on an article's interest; 0 for `Block`, which is never used as a factor.
    pub const fn multiplier(self) -> f64 {
        match self {
            Self::Block => 0.0,
            Self::Reduce => 0.5,
            Self::Normal => 1.0,
            Self::Boost => 1.5,
            Self::Max => 2.0,
        }
    }
}

/// A category as the pages and the API show it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Category {
    /// The category.
    pub id: CategoryId,
    /// The reader's spelling.
    pub name: String,
    /// [`category_identity`] of the name; no other category has it.
    pub identity: String,
    /// [`slugify`] of the name, with a number when another category has it: for addresses.
    pub slug: String,
    /// The category above it.
    pub parent_id: Option<CategoryId>,
    /// Its own weight; `None` takes the parent's.
    pub weight: Option<CategoryWeight>,
    /// Own weight, else the parent's, else normal.
    pub effective_weight: CategoryWeight,
    /// Never offered to the model.
    pub hidden: bool,
    /// Suggested by the model and not yet reviewed by the reader.
    pub is_new: bool,
    /// Number of articles that carry it.
    pub article_count: i64,
}

/// A category as an article carries it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CategoryLabel {
    /// The category.
    pub id: CategoryId,
    /// Its name as the reader spells it.
    pub name: String,
    /// Its slug.
    pub slug: String,
}

/// A change to a category; `None` leaves a field alone, `Some(None)` clears it.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct CategoryChange {
    /// The new name.
    pub name: Option<String>,
    /// The category to move it below.
    pub parent_id: Option<Option<CategoryId>>,
    /// Its own weight.
    pub weight: Option<Option<CategoryWeight>>,
    /// Whether it is never offered to the model.
    pub hidden: Option<bool>,
}

/// Characters of a category's name at most.
pub const MAX_CATEGORY_NAME_CHARS: usize = 40;

/// What makes two names the same category: the words, folded (NFKC, case, Latin diacritics), with `+`, `#` and `.` where they are
/// part of a word. Empty when the name has no letter or digit.
pub fn category_identity(name: &str) -> String {
    let folded = fold(name, DiacriticFolding::Latin);
    let is_kept = |c: char| c.is_alphanumeric() || is_combining_mark(c) || matches!(c, '+' | '#' | '.');
    let words = folded.split(|c| !is_kept(c)).map(|word| word.trim_end_matches('.')).filter(|word| !word.is_empty());
    let identity = words.collect::<Vec<_>>().join(" ");
    if identity.chars().any(char::is_alphanumeric) { identity } else { String::new() }
}

/// The slug of a category name: lower-case ASCII words joined by `-`. Empty when the name has no letter or digit.
pub fn slugify(name: &str) -> String {
    let ascii: String = name.chars().map(|c| deunicode::deunicode_char(c).unwrap_or("-")).collect();
    let words = ascii.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-").to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::{CategoryWeight, category_identity, slugify};

    #[test]
    fn weights_have_words_and_factors() {
        for &weight in CategoryWeight::ALL {
            assert_eq!(CategoryWeight::parse(weight.as_str()), Some(weight));
        }
        assert_eq!(CategoryWeight::parse("huge"), None);
        assert_eq!(CategoryWeight::Boost.multiplier(), 1.5);
    }

    #[test]
    fn spellings_of_one_name_share_an_identity_and_other_names_do_not() {
        for (name, identity) in [
            ("AI", "ai"),
            ("  a.i. ", "a.i"),
            ("Hand-Looms", "hand looms"),
            ("hand  looms", "hand looms"),
            ("Café Culture", "cafe culture"),
            ("Straße", "strasse"),
            ("ＡＩ", "ai"),
            ("C", "c"),
            ("C++", "c++"),
            ("C#", "c#"),
            (".NET", ".net"),
            ("视频", "视频"),
            ("食品", "食品"),
            ("Чай", "чай"),
            ("—", ""),
            ("+", ""),
        ] {
            assert_eq!(category_identity(name), identity, "{name}");
        }
    }

    #[test]
    fn slugs_are_ascii_words() {
        for (name, slug) in [
            ("AI", "ai"),
            ("  a.i ", "a-i"),
            ("Café Culture", "cafe-culture"),
            ("—", ""),
            ("北京", "bei-jing"),
            ("C++ & Rust", "c-rust"),
        ] {
            assert_eq!(slugify(name), slug);
        }
    }
}
