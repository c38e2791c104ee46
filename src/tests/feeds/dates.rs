//! Dates as feeds write them.

use crate::support::corpora;
use gleaner::{domain::time::Timestamp, server::feed::parse::date};

#[test]
#[ignore = "GLEANER_CORPORA is not set"]
fn dates_mean_what_their_writers_meant() {
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
    assert!(all > 0 && right == all, "{right} of {all}");
}
