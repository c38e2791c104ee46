//! Folding of text, so that spellings of one word become equal: compatibility forms (NFKC, UAX #15), case and diacritics.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// The characters whose diacritics are dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiacriticFolding {
    /// Latin letters only: names keep every other script as it is.
    Latin,
    /// Latin and Greek letters, Cyrillic ё, Hebrew points and Arabic vowel signs: what people leave out when they search.
    Search,
}

/// The folded text. Equal for texts that differ in case (ß = ss, ς = σ), in compatibility forms (full-width letters, ligatures)
/// or in the diacritics that `diacritics` names (é = e, Ł = l).
pub fn fold(text: &str, diacritics: DiacriticFolding) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut decomposed = String::with_capacity(text.len());
    let mut base = ' ';
    for c in text.nfkd() {
        if is_combining_mark(c) {
            if !is_dropped(base, c, diacritics) {
                decomposed.push(c);
            }
        } else {
            base = c;
            push_folded(&mut decomposed, c);
        }
    }
    decomposed.nfc().collect()
}

/// Appends `c` folded; upper case comes first because it makes ß and ss, σ and ς equal.
fn push_folded(folded: &mut String, c: char) {
    for c in c.to_uppercase().flat_map(char::to_lowercase) {
        let is_latin_letter = ('\u{c0}'..='\u{24f}').contains(&c) && c.is_alphabetic();
        match deunicode::deunicode_char(c).filter(|_| is_latin_letter) {
            Some(ascii) => folded.push_str(&ascii.to_ascii_lowercase()),
            None => folded.push(c),
        }
    }
}

fn is_dropped(base: char, mark: char, diacritics: DiacriticFolding) -> bool {
    let is_general = ('\u{300}'..='\u{36f}').contains(&mark);
    let is_latin = base.is_ascii_alphabetic() || ('\u{c0}'..='\u{24f}').contains(&base);
    match diacritics {
        DiacriticFolding::Latin => is_general && is_latin,
        DiacriticFolding::Search => {
            let is_greek = ('\u{370}'..='\u{3ff}').contains(&base);
            (is_general && (is_latin || is_greek || matches!(base, 'е' | 'Е')))
                || matches!(mark, '\u{591}'..='\u{5c7}' | '\u{64b}'..='\u{65f}' | '\u{670}')
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{DiacriticFolding, fold};
    use unicode_normalization::UnicodeNormalization;

    #[test]
    fn spellings_become_equal_and_other_words_stay_apart() {
        for (text, latin, search) in [
            ("Rust", "rust", "rust"),
            ("CAFÉ", "cafe", "cafe"),
            ("Straße", "strasse", "strasse"),
            ("Łódź", "lodz", "lodz"),
            ("Ærø", "aero", "aero"),
            ("İstanbul", "istanbul", "istanbul"),
            ("Ｃ＋＋", "c++", "c++"),
            ("ﬁlm", "film", "film"),
            ("ΟΔΟΣ", "οδοσ", "οδοσ"),
            ("Ελλάδα", "ελλάδα", "ελλαδα"),
            ("ещё", "ещё", "еще"),
            ("Чай", "чай", "чай"),
            ("ガギ", "ガギ", "ガギ"),
            ("ｶﾞ", "ガ", "ガ"),
            ("한국어", "한국어", "한국어"),
            ("视频", "视频", "视频"),
            ("שָׁלוֹם", "שָׁלוֹם", "שלום"),
            ("हिन्दी", "हिन्दी", "हिन्दी"),
        ] {
            // NFC puts the marks of the expected text into their canonical order.
            assert_eq!(fold(text, DiacriticFolding::Latin), latin.nfc().collect::<String>(), "{text}");
            assert_eq!(fold(text, DiacriticFolding::Search), search, "{text}");
        }
    }
}
