//! From what a reader types to an FTS5 expression.

/// Every word must occur, each as the beginning of a word of the text: `rust async` → `"rust"* "async"*`. Quoting takes the
/// meaning from FTS5's own operators. `None` when there is nothing to search for: no letter, no digit.
pub fn build_match_expression(typed: &str) -> Option<String> {
    let words: Vec<String> = typed
        .split_whitespace()
        .map(|word| word.chars().filter(|c| *c != '"' && !c.is_control()).collect::<String>())
        .filter(|word| word.chars().any(char::is_alphanumeric))
        .map(|word| format!("\"{word}\"*"))
        .collect();
    (!words.is_empty()).then(|| words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::build_match_expression;

    #[test]
    fn words_become_quoted_prefixes() {
        for (typed, expected) in [
            ("rust", Some("\"rust\"*")),
            ("  rust   async ", Some("\"rust\"* \"async\"*")),
            ("rust OR \"drop table", Some("\"rust\"* \"OR\"* \"drop\"* \"table\"*")),
            ("title:x NEAR(a b)", Some("\"title:x\"* \"NEAR(a\"* \"b)\"*")),
            ("C++ — *", Some("\"C++\"*")),
            ("a\0b", Some("\"ab\"*")),
            ("", None),
            (" - \" ' ", None),
        ] {
            assert_eq!(build_match_expression(typed).as_deref(), expected, "{typed:?}");
        }
    }
}
