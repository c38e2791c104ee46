//! `.sqlx` is what `cargo sqlx prepare` would write: one file for each query of the code, described as the schema has it.

use super::sources::{ROOT, rust_files};
use gleaner::server::storage;
use proc_macro2::{TokenStream, TokenTree};
use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, Executor, SqlSafeStr};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};
use tempfile::TempDir;

/// The query macros, and which argument is the SQL.
const MACROS: [(&str, usize); 6] = [
    ("query", 0),
    ("query_scalar", 0),
    ("query_as", 1),
    ("query_unchecked", 0),
    ("query_scalar_unchecked", 0),
    ("query_as_unchecked", 1),
];

/// The SQL of every query macro in `text`.
fn queries(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    collect_queries(text.parse().expect("sources parse"), &mut found);
    found
}

fn collect_queries(tokens: TokenStream, found: &mut BTreeSet<String>) {
    let tokens: Vec<_> = tokens.into_iter().collect();
    for (index, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else { continue };
        let is_call = index >= 2 && tokens[index - 1].to_string() == "!";
        let called = is_call.then(|| tokens[index - 2].to_string());
        match MACROS.iter().find(|(name, _)| called.as_deref() == Some(name)) {
            Some((_, position)) => found.extend(sql_argument(group.stream(), *position)),
            None => collect_queries(group.stream(), found),
        }
    }
}

/// A literal, or literals joined by `+`.
fn sql_argument(arguments: TokenStream, position: usize) -> Option<String> {
    let arguments: Vec<_> = arguments.into_iter().collect();
    let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',');
    let argument = arguments.split(is_comma).nth(position)?;
    let literals = argument.iter().filter(|token| matches!(token, TokenTree::Literal(_)));
    literals.map(|token| syn::parse_str::<syn::LitStr>(&token.to_string()).ok().map(|text| text.value())).collect()
}

/// The files of `.sqlx` by their names.
fn stored_queries() -> BTreeMap<String, serde_json::Value> {
    fs::read_dir(Path::new(ROOT).join(".sqlx"))
        .expect(".sqlx is there")
        .map(|entry| {
            let path = entry.expect("readable").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, serde_json::from_slice(&fs::read(&path).expect("readable")).expect("JSON"))
        })
        .collect()
}

#[tokio::test]
async fn prepared_queries_match_the_code_and_the_schema() {
    let folder = TempDir::new().expect("a folder");
    let db = storage::open(folder.path()).await.expect("a database");
    let mut unused = stored_queries();
    let mut problems = Vec::new();
    let in_code: BTreeSet<String> = rust_files(&["src"]).iter().flat_map(|file| queries(&file.text)).collect();
    assert!(in_code.len() > 100, "only {} queries were found", in_code.len());
    for sql in in_code {
        // A macro completes it with one of several conditions: each stored query that begins with it belongs to it.
        if sql.ends_with("AND ") {
            unused.retain(|_, stored| !stored["query"].as_str().is_some_and(|query| query.starts_with(&sql)));
            continue;
        }
        let hash = hex::encode(Sha256::digest(sql.as_bytes()));
        let described =
            db.read.describe(AssertSqlSafe(sql.clone()).into_sql_str()).await.expect("a query that SQLite knows");
        let expected = serde_json::json!({ "db_name": "SQLite", "query": sql, "describe": described, "hash": hash });
        match unused.remove(&format!("query-{hash}.json")) {
            Some(stored) if stored == expected => {}
            Some(_) => problems.push(format!("differs: {sql}")),
            None => problems.push(format!("missing: {sql}")),
        }
    }
    problems.extend(unused.into_keys().map(|file| format!("unused: {file}")));
    assert!(problems.is_empty(), "`make sqlx` writes .sqlx anew:\n{}", problems.join("\n"));
    db.close().await;
}

#[test]
fn queries_are_found_in_code() {
    for (source, expected) in [
        ("fn f() { sqlx::query!(\"SELECT 1\"); }", &["SELECT 1"][..]),
        ("fn f() { query!(\"SELECT ?\", x.query(), \"y\"); }", &["SELECT ?"]),
        ("fn f() { sqlx::query_as!(Row, \"A\" + \"B\", x); }", &["AB"]),
        ("fn f() { query_scalar!(r#\"SELECT \"x\" AS \"y!\"\"#); }", &["SELECT \"x\" AS \"y!\""]),
        ("fn f() { join!(query!(\"A\").execute(db), query_scalar!(\"B\")) }", &["A", "B"]),
        ("fn f() { sqlx::query(\"SELECT 1\"); println!(\"query!\"); }", &[]),
    ] {
        assert_eq!(queries(source), expected.iter().map(|sql| (*sql).to_owned()).collect(), "{source}");
    }
}
