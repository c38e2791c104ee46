//! The fields of the query language, their aliases, and the field nearest to an unknown one.

/// Largest edit distance (Damerau–Levenshtein) between a word and one that is suggested instead.
const MAX_SUGGESTION_DISTANCE: usize = 2;

string_enum! {
    /// A field of a query.
    QueryField {
        Title = "title",
        Text = "text",
        Author = "author",
        Link = "link",
        Feed = "feed",
        Folder = "folder",
        Category = "cat",
        Is = "is",
        Score = "score",
        Interest = "interest",
        Quality = "quality",
        Vote = "vote",
        Model = "model",
        Prompt = "prompt",
        Language = "lang",
        Has = "has",
        Date = "date",
        Seen = "seen",
        Read = "read",
        Words = "words",
        Sort = "sort",
    }
}

/// Names that other readers use for the same fields.
const ALIASES: [(&str, QueryField); 24] = [
    ("intitle", QueryField::Title),
    ("intext", QueryField::Text),
    ("content", QueryField::Text),
    ("body", QueryField::Text),
    ("inauthor", QueryField::Author),
    ("inurl", QueryField::Link),
    ("url", QueryField::Link),
    ("f", QueryField::Feed),
    ("c", QueryField::Folder),
    ("category", QueryField::Category),
    ("categories", QueryField::Category),
    ("label", QueryField::Category),
    ("labels", QueryField::Category),
    ("l", QueryField::Category),
    ("tag", QueryField::Category),
    ("tags", QueryField::Category),
    ("topic", QueryField::Category),
    ("status", QueryField::Is),
    ("state", QueryField::Is),
    ("language", QueryField::Language),
    ("pubdate", QueryField::Date),
    ("published", QueryField::Date),
    ("added", QueryField::Seen),
    ("order", QueryField::Sort),
];

impl QueryField {
    /// The field with this name or alias, in any case.
    pub fn find(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        Self::parse(&name).or_else(|| ALIASES.iter().find(|(alias, _)| *alias == name).map(|(_, field)| *field))
    }

    /// The field whose name is nearest to an unknown one.
    pub fn nearest(name: &str) -> Self {
        let name = name.to_ascii_lowercase();
        let names = Self::ALL.iter().map(|field| (field.as_str(), *field));
        let distance = |candidate: &str| strsim::damerau_levenshtein(candidate, &name);
        names.min_by_key(|(candidate, _)| distance(candidate)).map_or(Self::Title, |(_, field)| field)
    }
}

/// The word of `allowed` that is nearest to `word`; `None` when none is near.
pub(super) fn nearest_word(word: &str, allowed: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let distances = allowed.map(|candidate| (strsim::damerau_levenshtein(candidate, word), candidate));
    distances.min().filter(|(distance, _)| *distance <= MAX_SUGGESTION_DISTANCE).map(|(_, candidate)| candidate)
}

/// A row of the help for the query language.
#[derive(Clone, Copy, Debug)]
pub struct FieldHelp {
    /// What is typed.
    pub example: &'static str,
    /// What it finds.
    pub meaning: &'static str,
}

/// The language in examples, in the order of docs/spec/query.md.
pub const FIELD_HELP: &[FieldHelp] = &[
    FieldHelp {
        example: "rust async",
        meaning: "Both words; a word of three letters or more also matches longer words that begin with it.",
    },
    FieldHelp { example: "\"open source\"", meaning: "The words in a row, exactly." },
    FieldHelp { example: "ru*", meaning: "Words that begin with it." },
    FieldHelp { example: "rust OR go", meaning: "One of them." },
    FieldHelp { example: "rust -game", meaning: "The first without the second; NOT does the same." },
    FieldHelp { example: "(a OR b) -c", meaning: "Parentheses group." },
    FieldHelp { example: "title:rust text:async", meaning: "Words of the title, of the text." },
    FieldHelp { example: "author:\"Jane Doe\"", meaning: "Words of the author." },
    FieldHelp { example: "link:example.org", meaning: "Words of the address." },
    FieldHelp { example: "feed:heise*,#12", meaning: "The feed by name, by the beginning of its name, or by id." },
    FieldHelp { example: "folder:News", meaning: "The folder, likewise." },
    FieldHelp { example: "cat:science  cat:none", meaning: "The category with its children; no category." },
    FieldHelp {
        example: "is:unread",
        meaning: "unread, read, starred, unscored, queued, scored, provisional, blocked, failed, suspicious, updated, duplicate, hidden",
    },
    FieldHelp { example: "score:>7.5  interest:5..8", meaning: "The score, the model’s interest or quality." },
    FieldHelp { example: "vote:up", meaning: "Your vote: up, down, none." },
    FieldHelp {
        example: "model:qwen3  prompt:ab12",
        meaning: "The beginning of the model’s name or digest, or of the prompt’s version.",
    },
    FieldHelp {
        example: "lang:en,de",
        meaning: "The language of the article, as declared by the publisher, else as detected.",
    },
    FieldHelp { example: "has:audio", meaning: "image, audio, video, enclosure, fulltext, comments" },
    FieldHelp {
        example: "date:<7d  seen:today  read:2026-11",
        meaning: "Published, arrived or read: a day, month or year, >2026-11-01, <7d (younger), >30d (older), today, yesterday.",
    },
    FieldHelp { example: "words:>2000", meaning: "The length of the text." },
    FieldHelp { example: "sort:newest", meaning: "best, worst, newest, oldest, relevance" },
];

#[cfg(test)]
mod tests {
    use super::QueryField;

    #[test]
    fn names_are_found_and_suggested() {
        for (name, field) in [
            ("title", QueryField::Title),
            ("INTITLE", QueryField::Title),
            ("inurl", QueryField::Link),
            ("labels", QueryField::Category),
            ("pubdate", QueryField::Date),
        ] {
            assert_eq!(QueryField::find(name), Some(field), "{name}");
        }
        for (name, field) in [
            ("authr", QueryField::Author),
            ("titel", QueryField::Title),
            ("scroe", QueryField::Score),
            ("folders", QueryField::Folder),
            ("langauge", QueryField::Language),
        ] {
            assert_eq!((QueryField::find(name), QueryField::nearest(name)), (None, field), "{name}");
        }
    }
}
