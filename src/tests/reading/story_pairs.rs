//! Which pairs of articles are taken for one story: 400 labelled ones in `src/tests/fixtures/stories`.

use gleaner::{
    domain::{story_signature::StorySignature, words::IndexedArticle},
    server::feed::canonical_url::story_link,
};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Share of the found pairs that must be right.
const MIN_PRECISION: f64 = 0.98;
/// Share of the pairs of one story that must be found.
const MIN_RECALL: f64 = 0.85;

#[derive(Deserialize)]
struct LabeledPair {
    kind: String,
    same: bool,
    half: String,
    a: LabeledArticle,
    b: LabeledArticle,
}

#[derive(Deserialize)]
struct LabeledArticle {
    title: String,
    text: String,
    link: Option<String>,
}

impl LabeledArticle {
    fn signature(&self) -> StorySignature {
        let link = self.link.as_deref().and_then(story_link);
        StorySignature::new(link.as_deref(), &IndexedArticle::new(&self.title, None, &self.text))
    }
}

impl LabeledPair {
    /// Whether both would be grouped: they are candidates of each other, and what is stored of one is the same story as the other.
    fn is_found(&self) -> bool {
        let (a, b) = (self.a.signature(), self.b.signature());
        let stored = StorySignature::from_bytes(&a.to_bytes()).expect("it is read back");
        a.keys().iter().any(|key| b.keys().contains(key)) && stored.is_same_story(&b) && b.is_same_story(&stored)
    }
}

#[test]
fn stories_are_told_from_each_other() {
    let text = include_str!("../fixtures/stories/pairs.jsonl");
    let pairs: Vec<LabeledPair> = text.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    assert_eq!((pairs.len(), pairs.iter().filter(|pair| pair.same).count()), (400, 200));
    for half in ["tune", "report"] {
        let (mut right, mut wrong, mut missed) = (0_u32, 0_u32, 0_u32);
        let mut faults: BTreeMap<&str, u32> = BTreeMap::new();
        for pair in pairs.iter().filter(|pair| pair.half == half) {
            let is_found = pair.is_found();
            right += u32::from(is_found && pair.same);
            wrong += u32::from(is_found && !pair.same);
            missed += u32::from(!is_found && pair.same);
            if is_found != pair.same {
                *faults.entry(&pair.kind).or_default() += 1;
            }
        }
        let (precision, recall) =
            (f64::from(right) / f64::from(right + wrong), f64::from(right) / f64::from(right + missed));
        assert!(precision >= MIN_PRECISION, "{half}: precision {precision:.3}, faults {faults:?}");
        assert!(recall >= MIN_RECALL, "{half}: recall {recall:.3}, faults {faults:?}");
    }
}

#[test]
fn signatures_are_read_back_and_nothing_else() {
    let whole =
        StorySignature::new(Some("news.example/a"), &IndexedArticle::new("Title 7", None, &"Some words. ".repeat(20)));
    let bytes = whole.to_bytes();
    let read = StorySignature::from_bytes(&bytes).expect("it is read back");
    assert_eq!(read.similarity(&whole), whole.similarity(&whole));
    for length in 0..bytes.len() {
        assert_eq!(StorySignature::from_bytes(&bytes[..length]), None, "{length} bytes");
    }
}
