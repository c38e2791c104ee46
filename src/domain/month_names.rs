//! Names of months in the languages of many feeds.

use super::category::category_identity;

/// Prefixes of the months' names, January first; the longest prefix that matches counts.
const MONTH_PREFIXES: [&[&str]; 12] = [
    &["jan", "ene", "gen", "jän", "янв", "ιαν", "sty", "oca", "led"],
    &["feb", "fev", "fév", "фев", "φεβ", "lut", "şub", "úno"],
    &["mar", "mär", "mrz", "maa", "már", "мар", "μάρ", "μαρ", "mrt"],
    &["apr", "abr", "avr", "ápr", "апр", "απρ", "kwi", "nis"],
    &["may", "mai", "mei", "mag", "maj", "máj", "май", "мая", "μάι", "μαϊ"],
    &["jun", "juin", "giu", "jún", "июн", "ιούν", "ιουν", "cze", "haz"],
    &["jul", "juil", "lug", "júl", "июл", "ιούλ", "ιουλ", "lip", "tem"],
    &["aug", "ago", "aoû", "авг", "αύγ", "αυγ", "aou", "ağu"],
    &["sep", "set", "sze", "сен", "σεπ", "eyl", "wrz"],
    &["oct", "okt", "ott", "out", "окт", "οκτ", "paź", "eki"],
    &["nov", "ноя", "νοέ", "νοε", "lis", "kas"],
    &["dec", "dez", "dic", "déc", "дек", "δεκ", "gru", "ara", "dici", "pro"],
];

/// The month (1–12) that a word in lower case names.
pub fn month_by_name(word: &str) -> Option<i8> {
    (1..)
        .zip(MONTH_PREFIXES)
        .flat_map(|(month, starts)| starts.iter().map(move |start| (month, *start)))
        .filter(|(_, start)| word.starts_with(start))
        .max_by_key(|(_, start)| start.len())
        .map(|(month, _)| month)
}

/// Whether a word names a month, both as [`category_identity`] folds them.
pub fn is_folded_month(word: &str) -> bool {
    MONTH_PREFIXES.iter().copied().flatten().any(|start| word.starts_with(&category_identity(start)))
}

#[cfg(test)]
mod tests {
    use super::{is_folded_month, month_by_name};
    use crate::domain::category::category_identity;

    #[test]
    fn months_of_many_languages() {
        for (month, names) in [
            (1, "january jan januar jänner janvier enero gennaio января ιανουαρίου styczeń ocak leden"),
            (3, "march mar märz mars marzo maart марта μαρτίου március"),
            (5, "may mai mayo maggio мая май maj"),
            (6, "june juin junho giugno июня czerwiec haziran"),
            (7, "july juillet luglio июля lipiec temmuz"),
            (8, "august août agosto августа αυγούστου ağustos"),
            (10, "october oktober octobre ottobre outubro октября październik ekim"),
            (12, "december dezember décembre dicembre декабря aralık grudnia"),
        ] {
            for name in names.split(' ') {
                assert_eq!(month_by_name(name), Some(month), "{name}");
                assert!(is_folded_month(&category_identity(name)), "{name}");
            }
        }
        assert_eq!((month_by_name("looms"), is_folded_month("looms")), (None, false));
    }
}
