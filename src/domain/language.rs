//! Languages of texts: tags (BCP 47) and the direction in which a language is written.

/// Bytes of a language tag.
const MAX_TAG_BYTES: usize = 35;

/// Languages that are written from right to left, unless the tag names another script.
const RTL_LANGUAGES: [&str; 17] =
    ["ar", "arc", "azb", "ckb", "dv", "fa", "glk", "he", "iw", "lrc", "mzn", "nqo", "ps", "sd", "ug", "ur", "yi"];
/// Scripts that are written from right to left (ISO 15924), in lower case.
const RTL_SCRIPTS: [&str; 9] = ["adlm", "arab", "hebr", "mand", "nkoo", "rohg", "samr", "syrc", "thaa"];

/// The language tag in a text, with `-` for `_`; `None` when the text is not one.
pub fn parse_language_tag(text: &str) -> Option<String> {
    let tag = text.trim().replace('_', "-");
    let is_part = |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric());
    let language = tag.split('-').next().unwrap_or_default();
    let is_language = matches!(language.len(), 2 | 3) && language.bytes().all(|b| b.is_ascii_alphabetic());
    let is_tag = is_language && tag.len() <= MAX_TAG_BYTES && tag.split('-').all(is_part);
    (is_tag && !language.eq_ignore_ascii_case("und")).then_some(tag)
}

/// The value of `dir` for a text in this language; `auto` when the language is unknown, so that the text itself decides.
pub fn text_direction(language: Option<&str>) -> &'static str {
    let Some(tag) = language else { return "auto" };
    let tag = tag.to_ascii_lowercase();
    let mut parts = tag.split('-');
    let language = parts.next().unwrap_or_default();
    let is_rtl = match parts.find(|part| part.len() == 4) {
        Some(script) => RTL_SCRIPTS.contains(&script),
        None => RTL_LANGUAGES.contains(&language),
    };
    if is_rtl { "rtl" } else { "ltr" }
}

#[cfg(test)]
mod tests {
    use super::{parse_language_tag, text_direction};

    #[test]
    fn tags_are_read_as_publishers_write_them() {
        for (text, tag) in [
            ("he", Some("he")),
            (" EN-us ", Some("EN-us")),
            ("zh_hans_CN", Some("zh-hans-CN")),
            ("es-419", Some("es-419")),
            ("gsw", Some("gsw")),
            ("x", None),
            ("English", None),
            ("", None),
            ("und", None),
            ("en-", None),
            ("en\" onload", None),
        ] {
            assert_eq!(parse_language_tag(text).as_deref(), tag, "{text}");
        }
    }

    #[test]
    fn directions_follow_script_and_language() {
        for (language, direction) in [
            (Some("he"), "rtl"),
            (Some("AR-eg"), "rtl"),
            (Some("yi"), "rtl"),
            (Some("ku-Arab"), "rtl"),
            (Some("az-Latn"), "ltr"),
            (Some("fa-Latn"), "ltr"),
            (Some("de"), "ltr"),
            (None, "auto"),
        ] {
            assert_eq!(text_direction(language), direction, "{language:?}");
        }
    }
}
