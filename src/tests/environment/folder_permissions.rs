//! Data folders without permissions: the error is one sentence, and they are not taken for empty folders.

use crate::support::{
    articles::store_plain_articles,
    gleaner_binary::{gleaner_command, output_texts, unprivileged_gleaner},
    test_app::TestApp,
};
use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
};
use tempfile::TempDir;

const LOOKING: [&[&str]; 8] = [
    &["articles", "list"],
    &["feeds", "list"],
    &["feeds", "export"],
    &["score", "status"],
    &["models", "list"],
    &["categories", "list"],
    &["clients", "list"],
    &["db", "check"],
];
const WRITING: [&[&str]; 3] = [&["serve", "--addr", "127.0.0.1:0"], &["score", "pause"], &["feeds", "refresh"]];

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("changed");
}

#[test]
fn an_unusable_path_is_not_taken_for_a_new_data_folder() {
    let home = TempDir::new().expect("a folder");
    fs::write(home.path().join("file"), "no folder").expect("written");
    symlink("loop", home.path().join("loop")).expect("linked");
    for folder in ["file/data", "file", "loop", "loop/data"] {
        for args in LOOKING.iter().chain(&WRITING) {
            let output =
                gleaner_command(home.path()).arg("--data-dir").arg(home.path().join(folder)).args(*args).output();
            let output = output.expect("it runs");
            let (said, complained) = output_texts(&output);
            assert_eq!(output.status.code(), Some(1), "{folder} {args:?}: {said}{complained}");
            assert_eq!((said.as_str(), complained.lines().count()), ("", 1), "{folder} {args:?}: {complained}");
            assert!(complained.contains(folder), "{folder} {args:?}: {complained}");
        }
    }
}

#[tokio::test]
async fn a_folder_that_may_not_be_entered_is_named_and_holds_everything_afterwards() {
    let app = TestApp::start().await;
    store_plain_articles(&app.app, 2).await;
    let data = app.finish().await;
    let gleaner = unprivileged_gleaner(data.path());
    let run =
        |args: &[&str]| gleaner.command().arg("--data-dir").arg(data.path()).args(args).output().expect("it runs");
    let path = data.path().to_string_lossy();
    set_mode(data.path(), 0o000);
    for args in LOOKING.iter().chain(&WRITING) {
        let output = run(args);
        let (said, complained) = output_texts(&output);
        assert_eq!(output.status.code(), Some(1), "{args:?}: {said}{complained}");
        assert_eq!((said.as_str(), complained.lines().count()), ("", 1), "{args:?}: {complained}");
        assert!(complained.contains("ermission denied") && complained.contains(&*path), "{args:?}: {complained}");
    }
    let output = run(&["doctor"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(output_texts(&output).0.contains("FAIL  database"), "{:?}", output_texts(&output));
    set_mode(data.path(), 0o700);
    assert!(output_texts(&run(&["articles", "list"])).0.contains("Article 1"));
}

#[tokio::test]
async fn a_folder_that_may_not_be_written_to_is_read_and_says_why_it_is_not_written() {
    let app = TestApp::start().await;
    store_plain_articles(&app.app, 2).await;
    let data = app.finish().await;
    let gleaner = unprivileged_gleaner(data.path());
    let run =
        |args: &[&str]| gleaner.command().arg("--data-dir").arg(data.path()).args(args).output().expect("it runs");
    let files: Vec<_> = fs::read_dir(data.path()).expect("readable").map(|entry| entry.expect("one").path()).collect();
    files.iter().for_each(|file| set_mode(file, 0o400));
    set_mode(data.path(), 0o500);
    assert!(output_texts(&run(&["articles", "list"])).0.contains("Article 1"), "reading goes on");
    assert!(output_texts(&run(&["feeds", "export"])).0.contains("xmlUrl"));
    for args in WRITING {
        let output = run(args);
        let (said, complained) = output_texts(&output);
        assert_eq!(output.status.code(), Some(1), "{args:?}: {said}{complained}");
        assert_eq!(complained.lines().count(), 1, "{args:?}: {complained}");
        assert!(complained.contains("cannot be used: Permission denied"), "{args:?}: {complained}");
    }
    let output = run(&["doctor"]);
    assert_eq!(output.status.code(), Some(3), "{:?}", output_texts(&output));
    set_mode(data.path(), 0o700);
    files.iter().for_each(|file| set_mode(file, 0o600));
    assert!(run(&["score", "pause"]).status.success(), "it heals with its cause");
}
