//! What a reader types into the search: words, "phrases", and both with a `-` before them for what must not occur.

use super::words::Term;

/// Of this length on, a word is also the beginning of longer ones.
const MIN_PREFIX_CHARS: usize = 3;

/// A search, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchQuery {
    /// All of them must occur.
    pub required: Vec<Term>,
    /// None of them may occur.
    pub excluded: Vec<Term>,
}

impl SearchQuery {
    /// Never fails: a phrase that is not closed reaches to the end, and what has no letter or digit asks for nothing.
    pub fn parse(typed: &str) -> Self {
        let mut query = Self::default();
        let mut rest = typed.trim_start();
        while !rest.is_empty() {
            let unsigned = rest.strip_prefix('-').filter(|after| !after.starts_with(char::is_whitespace));
            let is_excluded = unsigned.is_some();
            let part = unsigned.unwrap_or(rest);
            let (term, after) = if let Some(phrase) = part.strip_prefix(is_quote) {
                let (phrase, after) = phrase.split_once(is_quote).unwrap_or((phrase, ""));
                (Term::new(phrase, None), after)
            } else {
                let end = part.find(|c: char| c.is_whitespace() || is_quote(c)).unwrap_or(part.len());
                let (word, after) = part.split_at(end);
                (Term::new(word, Some(MIN_PREFIX_CHARS)), after)
            };
            let list = if is_excluded { &mut query.excluded } else { &mut query.required };
            list.extend(term);
            rest = after.trim_start();
        }
        query
    }

    /// Whether it asks for nothing.
    pub fn is_empty(&self) -> bool {
        self.required.is_empty() && self.excluded.is_empty()
    }
}

const fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„' | '«' | '»')
}

#[cfg(test)]
mod tests {
    use super::SearchQuery;

    #[test]
    fn words_phrases_and_exclusions() {
        for (typed, required, excluded) in [
            ("rust async", vec!["rust", "async"], vec![]),
            ("heise -free", vec!["heise"], vec!["free"]),
            ("\"open source\" editor", vec!["open source", "editor"], vec![]),
            ("-\"open source\"", vec![], vec!["open source"]),
            ("„offene Quelle“ x", vec!["offene quelle", "x"], vec![]),
            ("well-known - dash", vec!["well-known", "dash"], vec![]),
            ("\"never closed", vec!["never closed"], vec![]),
            ("a\"b\"c", vec!["a", "b", "c"], vec![]),
            ("--x", vec![], vec!["x"]),
            ("「快乐」", vec!["快乐"], vec![]),
            ("\"\" - -\"\" !", vec![], vec![]),
        ] {
            let query = SearchQuery::parse(typed);
            let texts = |terms: &[super::Term]| terms.iter().map(|term| term.text.clone()).collect::<Vec<_>>();
            assert_eq!(
                (texts(&query.required), texts(&query.excluded)),
                (
                    required.iter().map(ToString::to_string).collect(),
                    excluded.iter().map(ToString::to_string).collect(),
                ),
                "{typed}"
            );
        }
    }
}
