//! The words of the reader's interests, and the provisional rank that they give an article before a model has scored it.

use super::words::{IndexedText, Term, is_capitalized_topic, is_dense, split_words};
use serde::{Deserialize, Serialize};
use unicode_normalization::char::is_combining_mark;

/// Keywords from each of the two texts at most; more make the query slower and the rank no better.
const MAX_KEYWORDS: usize = 48;

/// Increased with every change of the rules, so that articles ranked by the old rules are ranked again.
const KEYWORD_RULES_VERSION: u32 = 2;

/// A word of at least this length, its plural "s" removed, also matches longer words that begin with it.
const MIN_PREFIX_CHARS: usize = 5;

/// Characters that join words of the interests to one term.
const WORD_JOINERS: &str = ".-&+#";

/// Chinese phrases that say that somebody likes something, not what.
const DENSE_STOP_PHRASES: [&str; 12] =
    ["感兴趣", "有兴趣", "不喜欢", "喜欢", "喜歡", "关于", "關於", "以及", "还有", "我想", "我", "등에"];

/// Chinese words of one letter that join topics.
const DENSE_CONNECTIVES: &str = "和与與及或的";

/// Korean particles, longer ones first.
const KOREAN_PARTICLES: [&str; 16] =
    ["에서", "으로", "이나", "은", "는", "이", "가", "을", "를", "과", "와", "의", "에", "도", "로", "만"];

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

/// Keywords of the interests and the anti-interests.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct InterestKeywords {
    /// Words of the interests.
    pub wanted: Vec<Term>,
    /// Words of the anti-interests.
    pub unwanted: Vec<Term>,
}

impl InterestKeywords {
    /// The words of both texts. A word that stands in both counts as unwanted only.
    pub fn from_texts(interests: &str, anti_interests: &str) -> Self {
        let unwanted = extract_keywords(anti_interests);
        let mut wanted = extract_keywords(interests);
        wanted.retain(|word| !unwanted.contains(word));
        Self { wanted, unwanted }
    }

    /// Whether there are no keywords; then articles get no provisional rank.
    pub fn is_empty(&self) -> bool {
        self.wanted.is_empty() && self.unwanted.is_empty()
    }

    /// A text that is equal for equal keywords: shows whether articles were ranked by these or by others.
    pub fn signature(&self) -> String {
        let list = |words: &[Term]| -> String {
            let word = |word: &Term| format!(" {}{}", word.tokens.join("+"), if word.prefix { "*" } else { "" });
            words.iter().map(word).collect()
        };
        format!("{KEYWORD_RULES_VERSION}+{} -{}", list(&self.wanted), list(&self.unwanted))
    }

    /// Which of the words stand in one of `texts`, in the order of the interests.
    pub fn find_matches(&self, texts: &[&str]) -> KeywordMatches {
        let texts: Vec<IndexedText> = texts.iter().map(|text| IndexedText::new(text)).collect();
        let found = |words: &[Term]| {
            let is_found = |word: &&Term| texts.iter().any(|text| word.is_in(text));
            words.iter().filter(is_found).map(|word| word.text.clone()).collect()
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

    /// The sentence that is shown in the place of a model's reasoning.
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

/// Rank of an article without any keyword; those with unwanted keywords rank below.
pub const NEUTRAL_KEYWORD_RANK: f64 = 2.0;

/// The strength (SQLite's bm25 with the sign reversed) that gives half of the scale.
const HALF_SATURATION_STRENGTH: f64 = 6.0;

/// The provisional rank, 0–10, of an article with these strengths of wanted and unwanted words: rises with the first, falls
/// with the second, [`NEUTRAL_KEYWORD_RANK`] without either.
pub fn keyword_rank(wanted: f64, unwanted: f64) -> f64 {
    let share = |strength: f64| strength.max(0.0) / (strength.max(0.0) + HALF_SATURATION_STRENGTH);
    (NEUTRAL_KEYWORD_RANK + (10.0 - NEUTRAL_KEYWORD_RANK) * share(wanted)) * (1.0 - share(unwanted))
}

fn extract_keywords(text: &str) -> Vec<Term> {
    let mut terms: Vec<Term> = Vec::new();
    for term in split_words(text, WORD_JOINERS).iter().flat_map(|word| word_terms(word)) {
        if !terms.contains(&term) && terms.len() < MAX_KEYWORDS {
            terms.push(term);
        }
    }
    terms
}

/// The terms of a piece without spaces: its words in a row, and each topic of a script that needs no spaces.
fn word_terms(word: &str) -> Vec<Term> {
    if is_capitalized_topic(word.trim_matches(|c: char| !c.is_alphanumeric())) && !word.ends_with(['+', '#']) {
        return Term::new(word.trim_matches(|c: char| !c.is_alphanumeric()), None).into_iter().collect();
    }
    let mut terms = Vec::new();
    let mut rest = word;
    while let Some(first) = rest.chars().next() {
        let dense = is_dense(first);
        let end = rest.find(|c: char| is_dense(c) != dense && !is_combining_mark(c)).unwrap_or(rest.len());
        let (piece, after) = rest.split_at(end);
        if dense {
            terms.extend(split_dense_words(piece).iter().filter_map(|topic| Term::new(topic, None)));
        } else {
            terms.extend(plain_term(piece));
        }
        rest = after;
    }
    terms
}

/// The term of words with spaces around them; `None` when it says nothing about a topic.
fn plain_term(piece: &str) -> Option<Term> {
    let term = Term::new(piece, Some(MIN_PREFIX_CHARS))?;
    let is_empty_word = |token: &String| token.chars().count() < 2 || STOP_WORDS.contains(&format!(" {token} "));
    if term.tokens.iter().all(is_empty_word) {
        return None;
    }
    // A plural matches its singular.
    let singular = match term.tokens.as_slice() {
        [token] if term.prefix => token.strip_suffix('s').map(|_| piece.strip_suffix(['s', 'S']).unwrap_or(piece)),
        _ => None,
    };
    match singular {
        Some(singular) => Term::new(singular, Some(0)),
        None => Some(term),
    }
}

/// The topics of a piece in a script that needs no spaces: Japanese without its particles, Chinese without the words that people use
/// to say that they like something, Korean without the particle at the end. Topics of one letter are dropped,
/// unless the piece has only one.
fn split_dense_words(piece: &str) -> Vec<String> {
    let is_hiragana = |c: char| ('\u{3041}'..='\u{309f}').contains(&c);
    let has_other = piece.chars().any(|c| is_dense(c) && !is_hiragana(c));
    let mut text = piece.to_owned();
    if has_other {
        text = text.replace(is_hiragana, " ");
    }
    for phrase in DENSE_STOP_PHRASES {
        text = text.replace(phrase, " ");
    }
    let topics = text.split_whitespace().flat_map(split_at_connectives).map(|topic| without_particle(&topic));
    let topics: Vec<String> = topics.filter(|topic| topic.chars().count() > 1).collect();
    let is_single = piece.chars().count() == 1;
    if is_single { vec![piece.to_owned()] } else { topics }
}

/// Parts a piece at 和, 与 and the like where at least two letters stand on both sides: not within 和平.
fn split_at_connectives(piece: &str) -> Vec<String> {
    let chars: Vec<char> = piece.chars().collect();
    let mut topics = Vec::new();
    let mut start = 0;
    for at in 0..chars.len() {
        if DENSE_CONNECTIVES.contains(chars[at]) && at >= start + 2 && chars.len() - at > 2 {
            topics.push(chars[start..at].iter().collect());
            start = at + 1;
        }
    }
    topics.push(chars[start..].iter().collect());
    topics
}

fn without_particle(topic: &str) -> String {
    let is_hangul = topic.chars().all(|c| ('\u{ac00}'..='\u{d7a3}').contains(&c));
    let short = KOREAN_PARTICLES.iter().find_map(|particle| topic.strip_suffix(particle));
    match short.filter(|short| is_hangul && short.chars().count() >= 2) {
        Some(short) => short.to_owned(),
        None => topic.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{InterestKeywords, NEUTRAL_KEYWORD_RANK, Term, keyword_rank};

    fn texts(words: &[Term]) -> Vec<&str> {
        words.iter().map(|w| w.text.as_str()).collect()
    }

    #[test]
    fn interests_become_words() {
        let words = InterestKeywords::from_texts(
            "I love Rust, databases and the history of AI.\nAlso: C++, café!",
            "crypto; Rust",
        );
        assert_eq!(texts(&words.wanted), ["database", "history", "ai", "c++", "café"]);
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
        let matched = words.find_matches(&["A Database for every CAFE; nothing about rain or cryptography"]);
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
