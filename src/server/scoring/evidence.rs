//! Checks that the quotes a model gives for its judgment are in the article.

/// A quote longer than this is a copy of the article, in characters.
const MAX_QUOTE_CHARS: usize = 240;
/// A quote shorter than this may occur in any article, in characters.
const MIN_QUOTE_CHARS: usize = 8;

/// The quotes that occur in the article, each once; white space, case and the form of quotation marks do not matter.
pub fn verify_quotes(quotes: &[String], title: &str, paragraphs: &[String]) -> Vec<String> {
    if quotes.is_empty() {
        return Vec::new();
    }
    let mut text = normalize_for_matching(title);
    for paragraph in paragraphs {
        text.push(' ');
        text.push_str(&normalize_for_matching(paragraph));
    }
    let mut kept: Vec<String> = Vec::new();
    for quote in quotes {
        let quote = strip_quotation_marks(quote);
        let chars = quote.chars().count();
        if (MIN_QUOTE_CHARS..=MAX_QUOTE_CHARS).contains(&chars)
            && text.contains(&normalize_for_matching(quote))
            && !kept.iter().any(|k| k == quote)
        {
            kept.push(quote.to_owned());
        }
    }
    kept
}

/// The quote without surrounding quotation marks and ellipses, which models add.
fn strip_quotation_marks(quote: &str) -> &str {
    let quote = quote.trim();
    let inner = [('"', '"'), ('“', '”'), ('«', '»')]
        .into_iter()
        .find_map(|(open, close)| quote.strip_prefix(open)?.strip_suffix(close))
        .unwrap_or(quote);
    inner.trim_matches('…').trim()
}

fn normalize_for_matching(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    words.replace(['’', '‘'], "'").replace(['“', '”'], "\"").replace(['–', '—'], "-")
}

#[cfg(test)]
mod tests {
    use super::verify_quotes;

    #[test]
    fn only_quotes_of_the_article_are_kept() {
        let text = ["The  loom is\nolder than the wheel – perhaps.".to_owned(), "It’s “fine”.".to_owned()];
        for (quote, kept) in [
            ("the LOOM is older", Some("the LOOM is older")),
            ("“older than the wheel - perhaps”", Some("older than the wheel - perhaps")),
            ("A title here", Some("A title here")),
            ("It's \"fine\"", Some("It's \"fine\"")),
            ("the wheel is older", None),
            ("the", None),
            ("", None),
            (&"loom ".repeat(100), None),
        ] {
            assert_eq!(
                verify_quotes(&[quote.to_owned(), quote.to_owned()], "A title  here", &text),
                Vec::from_iter(kept),
                "{quote}"
            );
        }
    }
}
