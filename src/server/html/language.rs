//! The language of a text whose publisher declares none; docs/adr/0018-language-detection.md.

use whatlang::{Lang, detect};

/// Letters that a text needs.
const MIN_LETTERS: usize = 50;
/// Characters that are looked at.
const MAX_CHARS: usize = 2_000;

/// The primary tag (BCP 47) of the language of an article; `None` with too few letters, or when no language is certain.
pub fn detect_language(title: &str, text: &str) -> Option<&'static str> {
    let beginning: String = title.chars().chain(" ".chars()).chain(text.chars()).take(MAX_CHARS).collect();
    beginning.chars().filter(|c| c.is_alphabetic()).nth(MIN_LETTERS - 1)?;
    detect(&beginning).filter(whatlang::Info::is_reliable).map(|found| primary_tag(found.lang()))
}

/// The shortest tag, as RFC 5646 (section 2.2.1) asks. Bokmål is Norwegian, as most publishers declare it.
const fn primary_tag(language: Lang) -> &'static str {
    match language {
        Lang::Epo => "eo",
        Lang::Eng => "en",
        Lang::Rus => "ru",
        Lang::Cmn => "zh",
        Lang::Spa => "es",
        Lang::Por => "pt",
        Lang::Ita => "it",
        Lang::Ben => "bn",
        Lang::Fra => "fr",
        Lang::Deu => "de",
        Lang::Ukr => "uk",
        Lang::Kat => "ka",
        Lang::Ara => "ar",
        Lang::Hin => "hi",
        Lang::Jpn => "ja",
        Lang::Heb => "he",
        Lang::Yid => "yi",
        Lang::Pol => "pl",
        Lang::Amh => "am",
        Lang::Jav => "jv",
        Lang::Kor => "ko",
        Lang::Nob => "no",
        Lang::Dan => "da",
        Lang::Swe => "sv",
        Lang::Fin => "fi",
        Lang::Tur => "tr",
        Lang::Nld => "nl",
        Lang::Hun => "hu",
        Lang::Ces => "cs",
        Lang::Ell => "el",
        Lang::Bul => "bg",
        Lang::Bel => "be",
        Lang::Mar => "mr",
        Lang::Kan => "kn",
        Lang::Ron => "ro",
        Lang::Slv => "sl",
        Lang::Hrv => "hr",
        Lang::Srp => "sr",
        Lang::Mkd => "mk",
        Lang::Lit => "lt",
        Lang::Lav => "lv",
        Lang::Est => "et",
        Lang::Tam => "ta",
        Lang::Vie => "vi",
        Lang::Urd => "ur",
        Lang::Tha => "th",
        Lang::Guj => "gu",
        Lang::Uzb => "uz",
        Lang::Pan => "pa",
        Lang::Aze => "az",
        Lang::Ind => "id",
        Lang::Tel => "te",
        Lang::Pes => "fa",
        Lang::Mal => "ml",
        Lang::Ori => "or",
        Lang::Mya => "my",
        Lang::Nep => "ne",
        Lang::Sin => "si",
        Lang::Khm => "km",
        Lang::Tuk => "tk",
        Lang::Aka => "ak",
        Lang::Zul => "zu",
        Lang::Sna => "sn",
        Lang::Afr => "af",
        Lang::Lat => "la",
        Lang::Slk => "sk",
        Lang::Cat => "ca",
        Lang::Tgl => "tl",
        Lang::Hye => "hy",
        Lang::Cym => "cy",
    }
}

#[cfg(test)]
mod tests {
    use super::detect_language;

    #[test]
    fn languages_are_detected_of_texts_with_enough_letters() {
        for (text, language) in [
            (
                "The council decided on Tuesday that the old bridge will be closed for repairs until the end of next summer.",
                Some("en"),
            ),
            (
                "Der Stadtrat hat am Dienstag beschlossen, dass die alte Brücke bis zum Ende des Sommers gesperrt bleibt.",
                Some("de"),
            ),
            (
                "Le conseil municipal a décidé mardi que le vieux pont restera fermé jusqu’à la fin de l’été prochain.",
                Some("fr"),
            ),
            (
                "El ayuntamiento decidió el martes que el viejo puente permanecerá cerrado hasta el final del próximo verano.",
                Some("es"),
            ),
            (
                "Il consiglio comunale ha deciso martedì che il vecchio ponte resterà chiuso fino alla fine della prossima estate.",
                Some("it"),
            ),
            (
                "De gemeenteraad heeft dinsdag besloten dat de oude brug tot het einde van de zomer gesloten blijft. Wie naar de overkant wil, moet tot die tijd de nieuwe brug bij het station gebruiken, die een kilometer verderop ligt.",
                Some("nl"),
            ),
            (
                "Rada miasta zdecydowała we wtorek, że stary most pozostanie zamknięty do końca przyszłego lata.",
                Some("pl"),
            ),
            (
                "Городской совет решил во вторник, что старый мост будет закрыт на ремонт до конца следующего лета.",
                Some("ru"),
            ),
            (
                "市議会は火曜日に、古い橋を来年の夏の終わりまで修理のために閉鎖することを決定しました。通行止めの期間中は、隣の新しい橋を利用してください。",
                Some("ja"),
            ),
            ("قرر مجلس المدينة يوم الثلاثاء إغلاق الجسر القديم للإصلاح حتى نهاية الصيف المقبل", Some("ar")),
            ("A short note", None),
            ("Der Rat sagt nein", None),
            ("", None),
            (
                "12 345 678 901 234 567 890 123 456 789 012 345 678 901 234 567 890 123 456 789 012 345 678 901 234",
                None,
            ),
        ] {
            assert_eq!(detect_language("", text), language, "{text}");
            assert_eq!(detect_language(text, ""), language, "as a title: {text}");
        }
    }
}
