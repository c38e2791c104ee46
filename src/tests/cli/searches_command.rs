//! `gleaner searches`, as a script uses it.

use crate::support::gleaner_binary::{output_texts, run_gleaner};
use serde_json::Value;
use tempfile::TempDir;

#[test]
fn searches_are_saved_listed_changed_and_removed() {
    let home = TempDir::new().expect("a folder");
    let run = |args: &[&str]| {
        let output = run_gleaner(home.path(), &[&["searches"], args].concat());
        let (text, said) = output_texts(&output);
        (output.status.code(), text, said)
    };
    let (code, text, said) = run(&["add", "Long reads", "words:>2000"]);
    assert_eq!((code, text.trim()), (Some(0), "Long reads (1) finds words:>2000"), "{said}");
    assert_eq!(run(&["add", "Starred", "is:starred"]).0, Some(0));
    let (code, _, said) = run(&["add", "starred", "tea"]);
    assert!(code == Some(1) && said.contains("already exists"), "{said}");
    assert_eq!(run(&["edit", "2"]).0, Some(2), "nothing to change");
    assert_eq!(run(&["edit", "2", "--position", "1", "--query", "vote:up"]).0, Some(0));
    let (_, text, said) = run(&["list", "--json"]);
    let all: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}{said}"));
    assert_eq!((&all[0]["query"], &all[1]["name"]), (&"vote:up".into(), &"Long reads".into()));
    let (code, text, said) = run(&["feed", "1"]);
    assert!(code == Some(0) && text.lines().count() == 4 && text.contains("/out/"), "{text}{said}");
    assert_eq!(run(&["feed", "1"]).1, text, "the addresses stay");
    assert_ne!(run(&["feed", "1", "--renew"]).1, text);
    assert_eq!((run(&["feed", "1", "--off"]).0, run(&["feed", "1", "--off"]).0), (Some(0), Some(1)));
    assert_eq!(run(&["remove", "1"]).0, Some(0));
    let (code, _, said) = run(&["remove", "1"]);
    assert!(code == Some(1) && said.contains("no such saved search"), "{said}");
    assert!(run(&["list"]).1.contains("Starred"));
}
