//! The subject of a request to the simulated model, and how the model scores it.

use super::topics::{affinity, lowercase_words, stable_number};
use serde_json::Value;

/// Explanations for an article of high interest; `{}` is the interest that it matches.
const HIGH_INTEREST_SENTENCES: &[&str] = &[
    "Squarely about {}, which you asked for, and it brings facts of its own.",
    "You asked for {}, and this one takes its time to explain.",
    "This is the kind of piece on {} that you said you like: concrete and unhurried.",
    "Right on {}; the details are worth the few minutes it takes.",
];
/// Explanations for an article of some interest.
const SOME_INTEREST_SENTENCES: &[&str] = &[
    "It touches on {}, though mostly in passing.",
    "Near your interest in {}; worth a look if there is time.",
    "Some of it concerns {}, the rest is general news.",
    "A neighbor of {}: well told, but not quite the topic.",
];
/// Explanations for an article of no interest.
const NO_INTEREST_SENTENCES: &[&str] = &[
    "Well made, but none of your interests come up in it.",
    "A fair report on something you did not ask for.",
    "It touches nothing that you listed.",
    "Readable, though nothing in it is on your list.",
];
/// Explanations for an article that matches an anti-interest.
const UNWANTED_SENTENCES: &[&str] =
    &["It is mostly about {}, which you would rather not read.", "You said no to {}, and there is little else in it."];

/// The subject of a request.
pub(super) struct PromptContext {
    pub title: String,
    /// The article between its delimiters; the whole last message when there are none.
    pub text: String,
    /// Words of `text`.
    pub words: Vec<String>,
    liked: Vec<String>,
    disliked: Vec<String>,
}

impl PromptContext {
    pub(super) fn of(body: &Value) -> Self {
        let messages = body["messages"].as_array().map_or(&[][..], Vec::as_slice);
        let said = |role: &str| {
            messages.iter().rev().filter(|m| m["role"] == role).find_map(|m| m["content"].as_str()).unwrap_or_default()
        };
        let (text, system) = (extract_article(said("user")), said("system"));
        let title = text
            .lines()
            .find_map(|l| l.trim().strip_prefix("Title:").or_else(|| l.trim().strip_prefix("title:")))
            .or_else(|| text.lines().find(|l| l.trim().chars().filter(|c| c.is_alphabetic()).count() > 3))
            .unwrap_or("this text")
            .trim()
            .chars()
            .take(120)
            .collect();
        Self {
            title,
            words: lowercase_words(text),
            liked: parse_interests(system, "is interested in:"),
            disliked: parse_interests(system, "does not want:"),
            text: text.to_owned(),
        }
    }

    /// The first whole sentence of the text that is not its title.
    pub(super) fn quote(&self) -> Option<String> {
        let lines = self.text.lines().map(str::trim).filter(|l| !l.contains(&self.title));
        let sentence = |line: &str| line.split_inclusive(['.', '?', '!']).next().map(|s| s.trim().to_owned());
        lines.filter_map(sentence).find(|s| s.ends_with(['.', '?', '!']) && s.split_whitespace().count() > 5)
    }

    /// 0–10: interests raise it, anti-interests lower it, and a number derived from the title varies it.
    pub(super) fn interest(&self) -> i64 {
        let luck = stable_number(&self.title, 3);
        let strength = |wishes| self.strongest(wishes).map_or(0, |(_, strength)| strength);
        let base = match (strength(&self.liked), strength(&self.disliked)) {
            (likes, dislikes) if dislikes > likes => 0,
            (0, _) => 2,
            (1, _) => 4,
            (2..4, _) => 6,
            _ => 8,
        };
        base + luck
    }

    /// The explanation, one sentence.
    pub(super) fn verdict(&self) -> String {
        let (liked, disliked) = (self.strongest(&self.liked), self.strongest(&self.disliked));
        let (sentences, wish) = match self.interest() {
            ..=2 if disliked.is_some() => (UNWANTED_SENTENCES, disliked),
            8.. => (HIGH_INTEREST_SENTENCES, liked),
            4..8 if liked.is_some() => (SOME_INTEREST_SENTENCES, liked),
            _ => (NO_INTEREST_SENTENCES, None),
        };
        let at = usize::try_from(stable_number(&self.text, sentences.len() as u64)).unwrap_or(0);
        let sentence = sentences.get(at).or(NO_INTEREST_SENTENCES.first()).copied().unwrap_or_default();
        sentence.replace("{}", wish.map_or("this", |(wish, _)| wish))
    }

    /// The interest with the highest affinity to the text, and that affinity.
    fn strongest<'a>(&self, wishes: &'a [String]) -> Option<(&'a str, usize)> {
        let strength = |wish: &str| {
            let last = wish.split_whitespace().last().unwrap_or(wish);
            let one = last.strip_suffix('s').unwrap_or(last);
            affinity(last, &self.words) + if one == last { 0 } else { affinity(one, &self.words) }
        };
        wishes.iter().map(|wish| (wish.as_str(), strength(wish))).filter(|(_, n)| *n > 0).max_by_key(|(_, n)| *n)
    }
}

/// The text between the two delimiters of an article, or everything without delimiters.
fn extract_article(message: &str) -> &str {
    let Some((_, rest)) = message.split_once(" begins =====\n") else { return message };
    rest.rsplit_once("\n=====").map_or(rest, |(article, _)| article)
}

/// The paragraph behind `heading`, split at commas, full stops and "and".
fn parse_interests(system: &str, heading: &str) -> Vec<String> {
    let paragraph = system.split_once(heading).map_or("", |(_, rest)| rest.trim_start());
    let paragraph = paragraph.split("\n\n").next().unwrap_or_default();
    paragraph
        .split([',', '.', ';', '\n'])
        .flat_map(|part| part.split(" and "))
        .map(|part| part.trim().to_lowercase())
        .filter(|part| part.len() > 2 && !part.starts_with('('))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::PromptContext;
    use serde_json::json;

    const SYSTEM: &str = "You judge.\n\nThe reader is interested in:\nSpace telescopes and rockets, databases.\n\nThe reader does not want:\nGadgets.\n\nAnswer.";

    fn matter(text: &str) -> PromptContext {
        let user =
            format!("===== article 1 begins =====\n{text}\n===== article 1 ends =====\n\nNow answer about databases.");
        PromptContext::of(
            &json!({"messages": [{"role": "system", "content": SYSTEM}, {"role": "user", "content": user}]}),
        )
    }

    #[test]
    fn scores_follow_the_interests() {
        let close = matter("Title: A telescope\n\nThe telescope saw a rocket. Two telescopes are better than one.");
        let far = matter("Title: Bread\n\nA loaf takes a night and a morning of patience.");
        let unwanted = matter("Title: Gadgets of the week\n\nTen gadgets for the kitchen.");
        assert!(close.interest() >= 8, "{}", close.interest());
        assert!(close.verdict().contains("telescopes") || close.verdict().contains("rockets"), "{}", close.verdict());
        assert!((2..5).contains(&far.interest()), "the frame's own words do not count");
        assert!(unwanted.interest() < 3);
        assert!(unwanted.verdict().contains("gadgets"), "{}", unwanted.verdict());
    }

    #[test]
    fn quotes_a_sentence_of_the_article() {
        let quote = matter("Title: A telescope\n\nIt watched one dim star for weeks. Then it blinked.").quote();
        assert_eq!(quote.as_deref(), Some("It watched one dim star for weeks."));
    }
}
