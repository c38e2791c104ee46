//! Dates as feeds write them.

use crate::support::{corpora, fixtures::fixture_rows};
use gleaner::{domain::time::Timestamp, server::feed::parse::date};

#[test]
fn dates_of_the_fixtures_are_read() {
    let rows: Vec<[String; 2]> = fixture_rows("dates.tsv");
    let read = |text: &str| date::parse(text).map_or_else(|| "none".to_owned(), |date| date.to_string());
    let wrong: Vec<String> = rows
        .iter()
        .filter(|[input, expected]| read(input) != *expected)
        .map(|[input, expected]| format!("{input:?} is {}, expected {expected}", read(input)))
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

#[test]
#[ignore = "GLEANER_CORPORA is not set"]
fn dates_of_the_corpus_are_read() {
    let manifest = corpora::corpus_json("dates/dates-manifest.json");
    let (mut all, mut right) = (0, 0);
    for case in corpora::json_array(&manifest, "cases") {
        let input = case["input"].as_str().expect("a text");
        let found = date::parse(input);
        let accepted: Vec<Timestamp> = std::iter::once(&case["expect"])
            .chain(case["accept"].as_array().into_iter().flatten())
            .filter_map(|d| d.as_str()?.parse().ok())
            .collect();
        let good = match case["must"].as_str() {
            Some("parse") => found.is_some_and(|d| accepted.contains(&d)),
            Some("reject") => found.is_none(),
            _ => continue,
        };
        all += 1;
        right += usize::from(good);
        if !good {
            println!("  {input:?} became {:?}, expected {:?}", found.map(|d| d.to_string()), case["expect"].as_str());
        }
    }
    println!("dates: {right} of {all} right");
    assert_eq!(right, all, "dates read right");
}
