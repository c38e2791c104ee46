//! Documents made from the program say what the program says. `make docs` writes them anew.

use crate::support::gleaner_binary::{gleaner_command, output_texts};
use tempfile::TempDir;

#[test]
fn generated_documents_are_up_to_date() {
    let home = TempDir::new().expect("a folder");
    for (file, args) in
        [("docs/configuration.md", &["config", "show", "--markdown"][..]), ("docs/cli.md", &["man", "--markdown"])]
    {
        let output = gleaner_command(home.path()).args(args).output().expect("it runs");
        let (text, said) = output_texts(&output);
        assert!(output.status.success(), "{said}");
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        if std::env::vars_os().any(|(name, _)| name == "GLEANER_WRITE_DOCS") {
            std::fs::write(&path, &text).expect("written");
        }
        let there = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(there == text, "{file} is not up to date: run `make docs`");
    }
}
