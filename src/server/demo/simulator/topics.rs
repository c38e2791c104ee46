//! Keywords by which the simulated model recognizes topics and rates texts.

/// Keywords of each topic, by its name in lower case.
const TOPICS: &[(&str, &[&str])] = &[
    ("technology", &["software", "device", "chip", "hardware", "browser", "server", "battery", "gadget", "phone"]),
    (
        "cybersecurity",
        &["security", "password", "breach", "phishing", "encryption", "malware", "patch", "vulnerability", "passkey"],
    ),
    ("ai", &["model", "models", "neural", "training", "inference", "prompt", "chatbot", "learning", "token", "tokens"]),
    (
        "programming",
        &[
            "rust",
            "compiler",
            "code",
            "function",
            "library",
            "database",
            "query",
            "refactoring",
            "bug",
            "developer",
            "sqlite",
        ],
    ),
    ("science", &["researchers", "study", "experiment", "species", "measured", "laboratory", "physics", "biology"]),
    ("climate", &["climate", "carbon", "emissions", "glacier", "heat", "rain", "solar", "wind", "forest"]),
    ("space", &["orbit", "telescope", "rocket", "moon", "mars", "planet", "comet", "satellite", "launch", "star"]),
    ("business", &["company", "market", "customers", "revenue", "price", "shop", "trade"]),
    ("finance", &["bank", "interest", "inflation", "savings", "fund", "shares", "budget", "pension"]),
    ("startups", &["startup", "founder", "founders", "investors", "funding", "pitch"]),
    ("entertainment", &["audience", "series", "stage", "show", "festival"]),
    ("gaming", &["game", "games", "player", "players", "console", "puzzle", "level"]),
    ("film", &["film", "films", "cinema", "director", "scene", "camera", "actor"]),
    ("music", &["album", "song", "songs", "concert", "piano", "band", "orchestra", "melody"]),
    ("culture", &["museum", "book", "books", "poem", "library", "tradition", "essay"]),
    ("philosophy", &["philosophy", "ethics", "meaning", "stoic", "argument", "attention"]),
    ("history", &["century", "ancient", "medieval", "archive", "roman", "empire", "map", "maps"]),
    ("design", &["design", "typeface", "typography", "color", "layout", "poster", "chair"]),
    ("health", &["health", "sleep", "doctor", "patients", "walking", "exercise", "diet", "medicine"]),
    ("politics", &["election", "parliament", "council", "minister", "vote", "policy"]),
    ("law", &["court", "law", "judge", "copyright", "license", "privacy", "rights"]),
    ("education", &["school", "students", "teacher", "teachers", "lesson", "university", "course"]),
];

/// The words of a text, in lower case.
pub(super) fn lowercase_words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|w| w.len() > 1).map(str::to_lowercase).collect()
}

/// The number of `words` that belong to a label; its own name counts three times.
pub(super) fn affinity(label: &str, words: &[String]) -> usize {
    let label = label.to_lowercase();
    let own: Vec<&str> = label.split(|c: char| !c.is_alphanumeric()).filter(|w| w.len() > 1).collect();
    // A path such as "science/space" is about its last part.
    let known =
        own.last().and_then(|last| TOPICS.iter().find(|(name, _)| name == last)).map_or(&[][..], |(_, words)| words);
    words
        .iter()
        .map(|w| if own.last() == Some(&w.as_str()) { 3 } else { usize::from(known.contains(&w.as_str())) })
        .sum()
}

/// A quality from 0 to 10 by length, numbers and capitals, varied by a number derived from the text.
pub(super) fn quality_score(text: &str) -> i64 {
    let count = text.split_whitespace().count();
    let length = match count {
        0..40 => 3,
        40..120 => 6,
        120..400 => 7,
        _ => 8,
    };
    let figures = i64::from(text.chars().any(|c| c.is_ascii_digit()));
    let shouting = i64::try_from(text.matches('!').count().min(3)).unwrap_or(0);
    (length + figures - shouting + stable_number(text, 4) - 1).clamp(0, 10)
}

/// A number below `limit` that is always the same for a text.
pub(super) fn stable_number(text: &str, limit: u64) -> i64 {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    i64::try_from((hash >> 16) % limit.max(1)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{affinity, lowercase_words, quality_score, stable_number};

    #[test]
    fn recognizes_topics() {
        let text = lowercase_words("A rocket brought a new telescope into orbit around the moon.");
        assert!(affinity("Space", &text) > affinity("Health", &text));
        assert!(affinity("science/space", &text) > 0);
        assert_eq!(affinity("Knitting", &lowercase_words("knitting at night")), 3);
    }

    #[test]
    fn the_same_text_gets_the_same_quality() {
        assert!(quality_score(&"calm words with 12 figures ".repeat(60)) > quality_score("WOW!!!"));
        assert_eq!(stable_number("a title", 7), stable_number("a title", 7));
        assert!((0..7).contains(&stable_number("x", 7)));
    }
}
