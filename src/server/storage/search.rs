//! From terms to FTS5 expressions. Tokens hold letters, digits, marks and `+ # . ↑` only, so the quotes around them cannot be left.

use crate::domain::{
    query::{ConditionKind, QueryCondition, QueryExpr, TextPart},
    words::{EVERY_ARTICLE_TOKEN, Term},
};

/// What a query asks of title, author and text; conditions of other kinds are left out. `None` when nothing is left.
pub fn build_words_expression(expr: &QueryExpr) -> Option<String> {
    match expr {
        QueryExpr::Is(QueryCondition { kind: ConditionKind::Words(part, term), .. }) => match part {
            TextPart::Anywhere => Some(build_term(term)),
            TextPart::Title => Some(build_column_term("title", term)),
            TextPart::Body => Some(build_column_term("body", term)),
            TextPart::Author => Some(build_column_term("author", term)),
            TextPart::Link => None,
        },
        QueryExpr::Is(_) => None,
        QueryExpr::Any(parts) => join(parts.iter(), " OR "),
        QueryExpr::Not(part) => {
            build_words_expression(part).map(|words| format!("\"{EVERY_ARTICLE_TOKEN}\" NOT ({words})"))
        }
        QueryExpr::All(parts) => {
            let is_excluded = |part: &&QueryExpr| matches!(part, QueryExpr::Not(_));
            let excluded = parts.iter().filter_map(|part| match part {
                QueryExpr::Not(part) => Some(&**part),
                _ => None,
            });
            let required = join(parts.iter().filter(|part| !is_excluded(part)), " AND ");
            match (required, join(excluded, " OR ")) {
                (required, None) => required,
                (required, Some(excluded)) => {
                    let required = required.unwrap_or_else(|| format!("\"{EVERY_ARTICLE_TOKEN}\""));
                    Some(format!("({required}) NOT ({excluded})"))
                }
            }
        }
    }
}

fn join<'a>(parts: impl Iterator<Item = &'a QueryExpr>, operator: &str) -> Option<String> {
    let parts: Vec<String> = parts.filter_map(build_words_expression).map(|words| format!("({words})")).collect();
    (!parts.is_empty()).then(|| parts.join(operator))
}

/// Any of the terms; `None` without terms.
pub fn build_any_expression(terms: &[Term]) -> Option<String> {
    (!terms.is_empty()).then(|| terms.iter().map(build_term).collect::<Vec<_>>().join(" OR "))
}

/// One term.
pub(super) fn build_term(term: &Term) -> String {
    format!("\"{}\"{}", term.tokens.join(" "), if term.prefix { " *" } else { "" })
}

/// One term in a column of the index.
pub(super) fn build_column_term(column: &str, term: &Term) -> String {
    format!("{column} : {}", build_term(term))
}

#[cfg(test)]
mod tests {
    use super::{build_any_expression, build_column_term, build_words_expression};
    use crate::domain::{query::parse, words::Term};

    #[test]
    fn terms_become_expressions() {
        for (typed, expected) in [
            ("rust", "\"rust\" *"),
            ("drop table", "\"drop table\" *"),
            ("C++", "\"c++\""),
            ("a\0b", "\"a b\""),
            ("IT", "\"↑it\""),
            ("猫", "\"猫\" *"),
        ] {
            let term = Term::new(typed, Some(3)).expect(typed);
            assert_eq!(build_any_expression(std::slice::from_ref(&term)).as_deref(), Some(expected), "{typed:?}");
            assert_eq!(build_column_term("title", &term), format!("title : {expected}"));
        }
    }

    #[test]
    fn the_words_of_queries_become_expressions() {
        for (typed, expected) in [
            ("rust", Some("\"rust\" *")),
            ("rust -game", Some("((\"rust\" *)) NOT ((\"game\" *))")),
            ("-game", Some("\"↑\" NOT (\"game\" *)")),
            ("rust is:unread", Some("(\"rust\" *)")),
            ("title:rust OR go", Some("(title : \"rust\" *) OR (\"go\")")),
            ("is:unread", None),
        ] {
            let expr = parse(typed).expr.expect(typed);
            assert_eq!(build_words_expression(&expr).as_deref(), expected, "{typed}");
        }
    }
}
