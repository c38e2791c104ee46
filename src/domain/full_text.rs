//! Full text: the text of the page behind an article, beside the one that the feed has (docs/spec/full-text.md).

use super::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Characters below which a text counts as short.
pub const SHORT_TEXT_CHARS: usize = 600;
/// Articles of a document, the newest first, by which its texts are judged.
pub const MEASURED_ARTICLES: usize = 20;

/// How a text ends that goes on elsewhere, in lower case.
const CUT_ENDINGS: [&str; 13] = [
    "…",
    "...",
    "[…]",
    "[...]",
    "[&hellip;]",
    "(more)",
    "read more",
    "continue reading",
    "keep reading",
    "weiterlesen",
    "mehr lesen",
    "lire la suite",
    "leer más",
];
/// What may stand behind such an ending.
const AFTER_ENDING: [char; 7] = ['→', '»', '›', '>', '.', ' ', '\u{a0}'];

string_enum! {
    /// Whether the pages behind the articles of a feed are fetched.
    #[derive(Default)]
    FullTextChoice {
        /// When the feed's own texts are short.
        #[default]
        Auto = "auto",
        /// For every article.
        Always = "always",
        /// Only where the reader asks for it.
        Never = "never",
    }
}

string_enum! {
    /// One of the two texts of an article.
    ShownText {
        /// What the feed has.
        Feed = "feed",
        /// What the page has.
        Full = "full",
    }
}

string_enum! {
    /// Why there is no full text.
    FullTextProblem {
        /// robots.txt forbids it.
        Robots = "robots",
        /// 401, 403 and the like.
        Denied = "denied",
        /// 404 or 410.
        Missing = "missing",
        /// The answer took too long.
        Timeout = "timeout",
        /// The answer is larger than Gleaner reads.
        TooLarge = "too_large",
        /// The page asks for a login.
        Login = "login",
        /// The page asks for consent to cookies.
        Consent = "consent",
        /// The link leads to something else than a web page.
        NotAPage = "not_a_page",
        /// The page has no text of an article.
        NoText = "no_text",
        /// The page is nested too deeply, or has too many elements.
        TooComplex = "too_complex",
        /// The address is not public.
        Private = "private",
        /// No connection.
        Unreachable = "unreachable",
        /// No trusted connection.
        Tls = "tls",
        /// A loop of redirects.
        Redirects = "redirects",
        /// 5xx.
        Server = "server",
        /// The host asked for a pause.
        TooOften = "too_often",
        /// The process ended several times while it read the page.
        Interrupted = "interrupted",
    }
}

impl FullTextProblem {
    /// Whether the same page may be had later.
    pub const fn is_temporary(self) -> bool {
        matches!(self, Self::Timeout | Self::Unreachable | Self::Tls | Self::Server | Self::TooOften)
    }

    /// What happened, in a sentence; `host` is the one of the page.
    pub fn sentence(self, host: &str) -> String {
        match self {
            Self::Robots => format!("{host} does not let programs fetch this page (robots.txt)."),
            Self::Denied => format!("{host} denies access to the page."),
            Self::Missing => format!("{host} does not have the page any more."),
            Self::Timeout => format!("{host} did not respond in time."),
            Self::TooLarge => format!("The page of {host} is larger than Gleaner reads."),
            Self::Login => format!("{host} asks for a login before it shows the article."),
            Self::Consent => format!("{host} asks for consent to cookies before it shows the article."),
            Self::NotAPage => "The link leads to a file, not to a web page.".to_owned(),
            Self::NoText => format!("Gleaner found no text of an article on the page of {host}."),
            Self::TooComplex => format!("The page of {host} has more elements than Gleaner reads."),
            Self::Private => format!("{host} is not a public host, so its pages are not fetched."),
            Self::Unreachable => format!("{host} could not be reached."),
            Self::Tls => format!("The TLS connection to {host} is not trusted."),
            Self::Redirects => format!("{host} redirects too often."),
            Self::Server => format!("{host} reports a server error."),
            Self::TooOften => format!("{host} limits the rate of requests."),
            Self::Interrupted => {
                "Gleaner stopped several times while it read the page, and does not try it again by itself.".to_owned()
            }
        }
    }
}

/// What is known of the full text of an article.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FullTextStatus {
    /// The page that was asked for last, else the one that would be; `None`: the article has no page to fetch.
    pub url: Option<String>,
    /// Whether it waits to be fetched.
    pub is_waiting: bool,
    /// When the page was asked for last.
    pub tried_at: Option<Timestamp>,
    /// Why nothing came of it.
    pub problem: Option<FullTextProblem>,
    /// Whether a text of the page is stored.
    pub has_text: bool,
    /// Whether that has more words than the feed's text.
    pub is_fuller: bool,
    /// Which text is shown.
    pub shown: Option<ShownText>,
}

impl FullTextStatus {
    /// The host of the page.
    pub fn host(&self) -> String {
        let url = self.url.as_deref().and_then(|url| url::Url::parse(url).ok());
        url.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
    }
}

/// Whether a plain text of a feed is only the beginning of an article.
pub fn is_cut(text: &str) -> bool {
    let end: String = text.chars().rev().take(40).collect::<Vec<_>>().into_iter().rev().collect();
    let end = end.to_lowercase();
    let end = end.trim_end_matches(|c| AFTER_ENDING.contains(&c) && c != '.');
    // "..." ends with the character that may follow another ending.
    CUT_ENDINGS.iter().any(|ending| end.ends_with(ending) || end.trim_end_matches(AFTER_ENDING).ends_with(ending))
}

/// Whether the texts of a feed are short: their median is below [`SHORT_TEXT_CHARS`], or most of them are cut. `texts`: the plain
/// texts of its newest articles; `None` without any.
pub fn are_short<'a>(texts: impl Iterator<Item = &'a str>) -> Option<bool> {
    let mut measured: Vec<(usize, bool)> = texts.map(|text| (text.chars().count(), is_cut(text))).collect();
    measured.sort_unstable();
    let (median, _) = *measured.get(measured.len() / 2)?;
    let cut = measured.iter().filter(|(_, is_cut)| *is_cut).count();
    Some(median < SHORT_TEXT_CHARS || cut * 2 > measured.len())
}

#[cfg(test)]
mod tests {
    use super::{FullTextProblem, are_short, is_cut};

    #[test]
    fn cut_texts_are_known_by_their_end() {
        for (text, expected) in [
            ("The council met on Tuesday and…", true),
            ("The council met on Tuesday and...", true),
            ("The council met […]", true),
            ("The council met [...]", true),
            ("The council met. Read more", true),
            ("The council met. Read More »", true),
            ("The council met. Continue reading →", true),
            ("Der Rat tagte. Weiterlesen", true),
            ("The council met. Read more.", true),
            ("The council met on Tuesday.", false),
            ("I read more than I should.", false),
            ("", false),
        ] {
            assert_eq!(is_cut(text), expected, "{text}");
        }
    }

    #[test]
    fn feeds_are_judged_by_their_median_and_their_ends() {
        let (short, long) = ("word ".repeat(50), "word ".repeat(300));
        let cut = format!("{long}…");
        for (name, texts, expected) in [
            ("no article", vec![], None),
            ("one short", vec![&short], Some(true)),
            ("one long", vec![&long], Some(false)),
            ("mostly short", vec![&short, &long, &short], Some(true)),
            ("mostly long", vec![&long, &short, &long], Some(false)),
            ("long and cut", vec![&cut, &cut, &long], Some(true)),
            ("one of three cut", vec![&cut, &long, &long], Some(false)),
        ] {
            assert_eq!(are_short(texts.into_iter().map(String::as_str)), expected, "{name}");
        }
    }

    #[test]
    fn every_problem_has_a_sentence() {
        for problem in FullTextProblem::ALL {
            let sentence = problem.sentence("example.org");
            assert!(sentence.ends_with('.') && !sentence.contains("  "), "{sentence}");
            assert_eq!(FullTextProblem::parse(problem.as_str()), Some(*problem));
        }
    }
}
