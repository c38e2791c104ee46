//! Whether two articles of different feeds tell the same story: their addresses, titles, numbers and 3-word shingles compared
//! (docs/adr/0016-same-story.md).

use super::words::IndexedArticle;
use std::collections::BTreeSet;

/// Words of a shingle.
const SHINGLE_WORDS: usize = 3;
/// Smallest hashes of shingles that are kept of a text (a bottom-k sketch): exact for up to so many shingles.
const SKETCH_SIZE: usize = 256;
/// Keys made of smallest hashes: texts whose shingles are half the same share one of them in 90 of 100 cases.
const BAND_COUNT: u64 = 8;
/// Smallest hashes in one key.
const HASHES_PER_BAND: u64 = 2;
/// Shingles in the beginning of a text that make its last key, by which a text finds its own beginning.
const OPENING_SHINGLES: usize = 8;
/// Shingles from which on a text says enough to be compared.
const MIN_SHINGLES: u32 = 12;
/// Different numbers of a text that are compared.
const MAX_NUMBERS: usize = 64;

/// What of an article is compared with others: its canonical address, the words of its title, and the sketch of its text.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct StorySignature {
    /// Hash of the canonical address; `None` when there is none, or it leads to a site as a whole.
    link: Option<u64>,
    /// Hash of the whole title; `None` without a word.
    title: Option<u64>,
    /// Hashes of the words of the title, ascending.
    title_words: Vec<u32>,
    /// Hashes of the numbers in the title, ascending; numbers that follow each other are one.
    title_numbers: Vec<u32>,
    /// Hashes of the numbers in the text, ascending.
    numbers: Vec<u32>,
    /// Different shingles of the text.
    shingle_count: u32,
    /// The smallest hashes of shingles, ascending.
    sketch: Vec<u32>,
    /// What candidates are looked up by.
    keys: Vec<i64>,
}

/// How alike two articles are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StorySimilarity {
    /// Whether both lead to the same address.
    pub is_same_link: bool,
    /// Share of the words of both titles that both have, 0–1.
    pub title: f64,
    /// Whether the titles have the same numbers, or one of them has none.
    pub title_numbers_agree: bool,
    /// How many numbers of the texts both have.
    pub common_numbers: usize,
    /// Share of the numbers of both texts that both have, 0–1; 1 when neither has one.
    pub numbers: f64,
    /// Share of the numbers of the text with fewer of them that the other has, 0–1; 1 when it has none.
    pub numbers_contained: f64,
    /// Jaccard index of the shingles, 0–1.
    pub jaccard: f64,
    /// Share of the shingles of the shorter text that the longer one has, 0–1.
    pub containment: f64,
    /// Shingles of the shorter text.
    pub shingles: u32,
}

impl StorySignature {
    /// The signature of an article; `link`: its canonical address, unless it leads to a site as a whole.
    pub fn new(link: Option<&str>, article: &IndexedArticle) -> Self {
        let title: Vec<&str> = article.title_tokens().collect();
        let body: Vec<&str> = article.body_tokens().collect();
        let hashes: Vec<u64> = body.windows(SHINGLE_WORDS).map(hash_words).collect();
        let mut smallest: Vec<u32> = hashes.iter().map(|hash| upper_half(*hash)).collect();
        smallest.sort_unstable();
        smallest.dedup();
        let shingle_count = u32::try_from(smallest.len()).unwrap_or(u32::MAX);
        smallest.truncate(SKETCH_SIZE);
        let mut signature = Self {
            link: link.map(|link| hash_words(&[link])),
            title: (!title.is_empty()).then(|| hash_words(&title)),
            title_words: sorted(title.iter().map(|word| upper_half(hash_words(&[word]))).collect(), usize::MAX),
            title_numbers: hash_numbers(&title),
            numbers: hash_numbers(&body),
            shingle_count,
            sketch: smallest,
            keys: Vec::new(),
        };
        signature.keys = signature.find_keys(&hashes);
        signature
    }

    /// What the article is found by; two that tell the same story share at least one, nearly always.
    pub fn keys(&self) -> &[i64] {
        &self.keys
    }

    /// The key of the address.
    pub fn link_key(&self) -> Option<i64> {
        self.link.map(|link| key("link", link))
    }

    fn find_keys(&self, hashes: &[u64]) -> Vec<i64> {
        let mut keys = BTreeSet::new();
        keys.extend(self.link_key());
        if self.shingle_count >= MIN_SHINGLES {
            keys.extend(self.title.map(|title| key("title", title)));
            let opening = hashes.iter().take(OPENING_SHINGLES).fold(0, |all, hash| mix(all ^ hash));
            keys.insert(key("opening", opening));
            for band in 0..BAND_COUNT {
                let smallest = (0..HASHES_PER_BAND).map(|row| {
                    let seed = mix(band * HASHES_PER_BAND + row + 1);
                    hashes.iter().map(|hash| mix(hash ^ seed)).min().unwrap_or_default()
                });
                keys.insert(key("band", smallest.fold(band, |all, hash| mix(all ^ hash))));
            }
        }
        keys.into_iter().collect()
    }

    /// How alike two articles are.
    pub fn similarity(&self, other: &Self) -> StorySimilarity {
        // Up to the smaller of the largest hashes that were kept, both sketches are complete.
        let limit = self.sketch_limit().min(other.sketch_limit());
        let (mine, theirs) = (below(&self.sketch, limit), below(&other.sketch, limit));
        let common = count_common(mine, theirs);
        let common_numbers = count_common(&self.numbers, &other.numbers);
        StorySimilarity {
            is_same_link: self.link.is_some() && self.link == other.link,
            title: jaccard(&self.title_words, &other.title_words),
            title_numbers_agree: self.title_numbers.is_empty()
                || other.title_numbers.is_empty()
                || self.title_numbers == other.title_numbers,
            common_numbers,
            numbers: jaccard(&self.numbers, &other.numbers),
            numbers_contained: ratio(common_numbers, self.numbers.len().min(other.numbers.len())),
            jaccard: jaccard(mine, theirs),
            containment: ratio(common, mine.len().min(theirs.len())),
            shingles: self.shingle_count.min(other.shingle_count),
        }
    }

    /// Whether two articles of different feeds tell the same story.
    pub fn is_same_story(&self, other: &Self) -> bool {
        self.similarity(other).is_same_story()
    }

    /// The largest hash up to which the sketch holds all.
    fn sketch_limit(&self) -> u32 {
        if self.sketch.len() < SKETCH_SIZE { u32::MAX } else { self.sketch.last().copied().unwrap_or(u32::MAX) }
    }

    /// The signature as it is stored: numbers of four bytes, little-endian.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for hash in [self.link, self.title] {
            bytes.extend(hash.unwrap_or_default().to_le_bytes());
        }
        bytes.extend(self.shingle_count.to_le_bytes());
        for list in [&self.title_words, &self.title_numbers, &self.numbers, &self.sketch] {
            bytes.extend(u32::try_from(list.len()).unwrap_or_default().to_le_bytes());
            bytes.extend(list.iter().flat_map(|hash| hash.to_le_bytes()));
        }
        bytes
    }

    /// Reads [`StorySignature::to_bytes`] back, without the keys; `None` for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let mut hash = || {
            let (hash, after) = rest.split_first_chunk::<8>()?;
            rest = after;
            Some(u64::from_le_bytes(*hash))
        };
        let (link, title) = (hash()?, hash()?);
        let shingle_count = take_number(&mut rest)?;
        let mut list = || {
            let count = take_number(&mut rest)?;
            (0..count).map(|_| take_number(&mut rest)).collect::<Option<Vec<u32>>>()
        };
        Some(Self {
            link: Some(link).filter(|hash| *hash != 0),
            title: Some(title).filter(|hash| *hash != 0),
            shingle_count,
            title_words: list()?,
            title_numbers: list()?,
            numbers: list()?,
            sketch: list()?,
            keys: Vec::new(),
        })
    }
}

impl StorySimilarity {
    /// The rule; how its numbers were found is told in docs/adr/0016-same-story.md.
    pub fn is_same_story(&self) -> bool {
        if self.is_same_link {
            return true;
        }
        if self.shingles < MIN_SHINGLES || !self.title_numbers_agree {
            return false;
        }
        // Templates fill most of some texts: what differs then are numbers, and without any only the same text counts.
        if self.common_numbers == 0 {
            return self.containment >= 0.95;
        }
        let is_same_text = self.jaccard >= 0.5 && self.numbers >= 0.6;
        let is_part = self.containment >= 0.7 && self.numbers_contained >= 0.8;
        let is_told_anew = self.title >= 0.5 && self.containment >= 0.4 && self.numbers_contained >= 0.7;
        is_same_text || is_part || is_told_anew
    }
}

fn take_number(bytes: &mut &[u8]) -> Option<u32> {
    let (number, after) = bytes.split_first_chunk::<4>()?;
    *bytes = after;
    Some(u32::from_le_bytes(*number))
}

/// Hashes of the numbers among words, ascending; numbers that follow each other, such as the parts of a version, are one.
fn hash_numbers(words: &[&str]) -> Vec<u32> {
    let is_number = |word: &&str| word.contains(|c: char| c.is_ascii_digit());
    let runs = words.chunk_by(|a, b| is_number(a) && is_number(b)).filter(|run| run.first().is_some_and(is_number));
    sorted(runs.map(|run| upper_half(hash_words(run))).collect(), MAX_NUMBERS)
}

fn sorted(mut hashes: Vec<u32>, max: usize) -> Vec<u32> {
    hashes.sort_unstable();
    hashes.dedup();
    hashes.truncate(max);
    hashes
}

fn below(sketch: &[u32], limit: u32) -> &[u32] {
    &sketch[..sketch.partition_point(|hash| *hash <= limit)]
}

fn jaccard(a: &[u32], b: &[u32]) -> f64 {
    let common = count_common(a, b);
    ratio(common, a.len() + b.len() - common)
}

/// A share; 1 of nothing.
fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

/// How many numbers two ascending lists have in common.
fn count_common(a: &[u32], b: &[u32]) -> usize {
    let mut rest = b.iter().peekable();
    let is_in_rest = |hash: &&u32| {
        while rest.next_if(|other| other < hash).is_some() {}
        rest.peek() == Some(hash)
    };
    a.iter().filter(is_in_rest).count()
}

/// A key of a kind, as SQLite stores it.
fn key(kind: &str, hash: u64) -> i64 {
    mix(hash_words(&[kind]) ^ hash).cast_signed()
}

const fn upper_half(hash: u64) -> u32 {
    (hash >> 32) as u32
}

/// FNV-1a of the words with a zero byte after each, mixed. Stored hashes are compared for five days, so it may change.
fn hash_words<T: AsRef<str>>(words: &[T]) -> u64 {
    let bytes = words.iter().flat_map(|word| word.as_ref().bytes().chain([0]));
    mix(bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)))
}

/// The finalizer of SplitMix64: every bit of the result depends on every bit of the number.
const fn mix(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}
