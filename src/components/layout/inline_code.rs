//! Names of commands and settings within sentences.

use leptos::prelude::*;

/// A sentence in which what stands between backticks is shown as code.
#[component]
pub fn InlineCode(text: String) -> impl IntoView {
    split_code(&text)
        .into_iter()
        .map(|(part, is_code)| if is_code { view! { <code>{part}</code> }.into_any() } else { part.into_any() })
        .collect_view()
}

/// The parts of a sentence, each with whether it is code. A backtick without another one is text.
fn split_code(text: &str) -> Vec<(String, bool)> {
    if !text.matches('`').count().is_multiple_of(2) {
        return vec![(text.to_owned(), false)];
    }
    let parts = text.split('`').enumerate().map(|(i, part)| (part.to_owned(), i % 2 == 1));
    parts.filter(|(part, _)| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::split_code;

    #[test]
    fn words_between_backticks_are_code() {
        for (text, parts) in [
            ("Nothing.", &[("Nothing.", false)][..]),
            ("Run `a b` now.", &[("Run ", false), ("a b", true), (" now.", false)]),
            ("`a`, `b`", &[("a", true), (", ", false), ("b", true)]),
            ("It`s", &[("It`s", false)]),
            ("", &[]),
        ] {
            let found = split_code(text);
            let found: Vec<_> = found.iter().map(|(part, is_code)| (part.as_str(), *is_code)).collect();
            assert_eq!(found, parts, "{text}");
        }
    }
}
