//! From terms to FTS5 expressions. Tokens hold letters, digits, marks and `+ # . ↑` only, so the quotes around them cannot be left.

use crate::domain::{
    search_query::SearchQuery,
    words::{EVERY_ARTICLE_TOKEN, Term},
};

/// Every required term must occur and no excluded one; `None` for a query that asks for nothing.
pub fn build_match_expression(query: &SearchQuery) -> Option<String> {
    if query.is_empty() {
        return None;
    }
    let required = if query.required.is_empty() {
        format!("\"{EVERY_ARTICLE_TOKEN}\"")
    } else {
        query.required.iter().map(build_term).collect::<Vec<_>>().join(" AND ")
    };
    Some(match build_any_expression(&query.excluded) {
        Some(excluded) => format!("({required}) NOT ({excluded})"),
        None => required,
    })
}

/// Any of the terms; `None` without terms.
pub fn build_any_expression(terms: &[Term]) -> Option<String> {
    (!terms.is_empty()).then(|| terms.iter().map(build_term).collect::<Vec<_>>().join(" OR "))
}

fn build_term(term: &Term) -> String {
    format!("\"{}\"{}", term.tokens.join(" "), if term.prefix { " *" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::build_match_expression;
    use crate::domain::search_query::SearchQuery;

    #[test]
    fn queries_become_expressions() {
        for (typed, expected) in [
            ("rust", Some("\"rust\" *")),
            ("  rust   async ", Some("\"rust\" * AND \"async\" *")),
            ("rust OR \"drop table", Some("\"rust\" * AND \"or\" AND \"drop table\"")),
            ("title:x NEAR(a b)", Some("\"title x\" AND \"near a\" AND \"b\"")),
            ("C++ — *", Some("\"c++\"")),
            ("heise -free", Some("(\"heise\" *) NOT (\"free\" *)")),
            ("-free -\"open source\"", Some("(\"↑\") NOT (\"free\" * OR \"open source\")")),
            ("well-known", Some("\"well known\" *")),
            ("a\0b", Some("\"a b\"")),
            ("IT", Some("\"↑it\"")),
            ("快乐 猫", Some("\"快乐\" AND \"猫\" *")),
            ("", None),
            (" - \" ' ", None),
            ("-", None),
        ] {
            assert_eq!(build_match_expression(&SearchQuery::parse(typed)).as_deref(), expected, "{typed:?}");
        }
    }
}
