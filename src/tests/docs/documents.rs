//! The documents are correct: every command works or is at least valid; links have targets; settings exist; the files in `deploy` are
//! valid.
//!
//! There are two kinds of blocks. `console`: lines that begin with `$` are run, in order, in one home for the whole document, with a
//! simulated Ollama; the lines between are the expected output (`…` stands for anything, blanks count as one). `sh needs=WHAT`: a test
//! cannot run it, and each command is checked as far as possible.

use crate::support::simulator::Simulator;
use crate::support::{
    feed_server::{FeedReply, FeedServer, rss_document},
    gleaner_binary::{ServerProcess, gleaner_command},
    markdown::{self, CodeBlock, MarkdownDocument},
};
use gleaner::server::{cli, config::keys, models::recommended::parse_models};
use std::{collections::BTreeSet, path::Path, process::Command};
use tempfile::TempDir;

/// What a block that is not run may need.
const KNOWN_NEEDS: [&str; 7] = ["build", "container", "network", "ollama", "root", "server", "terminal"];
/// Replaced by a feed of the test's.
const EXAMPLE_FEED_URL: &str = "https://example.org/feed.xml";
/// Replaced by a server that runs for the block.
const EXAMPLE_SITE_URL: &str = "http://127.0.0.1:3000";

#[test]
fn every_block_of_commands_is_run_or_says_what_it_needs() {
    for document in markdown::all_documents() {
        for block in &document.blocks {
            let place = format!("{}, the block that begins {:?}", document.name, block.text.lines().next());
            match (block.language(), block.mark("needs")) {
                ("console", None) => assert!(block.text.starts_with("$ "), "{place} runs nothing"),
                ("sh", Some(what)) => {
                    assert!(KNOWN_NEEDS.contains(&what), "{place} needs {what}, which is none of {KNOWN_NEEDS:?}")
                }
                ("text" | "toml" | "json" | "html" | "rust" | "http" | "sql" | "caddy" | "nginx" | "yaml", None) => {}
                _ => panic!("{place} is marked “{}”: console, or sh needs={KNOWN_NEEDS:?}", block.info),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn documented_commands_work() {
    let sessions = markdown::all_documents().into_iter().filter(|d| d.blocks.iter().any(|b| b.language() == "console"));
    let (mut count, mut complaints) = (0, Vec::new());
    for document in sessions {
        let simulator = Simulator::start().await.expect("a simulator");
        let feeds = FeedServer::start().await;
        feeds.on("/feed", FeedReply::feed(rss_document("Loom", &[("1", "One", "<p>A new loom.</p>")])));
        count += run_sessions(&document, &simulator.url, &feeds.url("/feed"), &mut complaints);
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n\n"));
    assert!(count >= 50, "only {count} commands were run");
}

/// Runs the sessions of a document; how many commands that were.
fn run_sessions(document: &MarkdownDocument, ollama: &str, feed: &str, complaints: &mut Vec<String>) -> usize {
    let home = TempDir::new().expect("a folder");
    let program = Path::new(env!("CARGO_BIN_EXE_gleaner")).parent().expect("a folder").display();
    let ready = |mut command: Command| {
        command.env("PATH", format!("{program}:/usr/local/bin:/usr/bin:/bin")).env("OLLAMA_HOST", ollama);
        command.env("GLEANER_FETCH__ALLOW_NETWORKS", "127.0.0.0/8").env("GLEANER_OLLAMA__RETRIES", "0");
        command
    };
    let mut count = 0;
    for block in document.blocks.iter().filter(|block| block.language() == "console") {
        let server =
            block.text.contains(EXAMPLE_SITE_URL).then(|| ServerProcess::start(ready(gleaner_command(home.path()))));
        let text = block.text.replace(EXAMPLE_FEED_URL, feed);
        let text = server.as_ref().map_or_else(|| text.clone(), |server| text.replace(EXAMPLE_SITE_URL, &server.url));
        for step in text.replace("\\\n", " ").split("$ ").filter(|step| !step.is_empty()) {
            let (typed, expected) = step.split_once('\n').unwrap_or((step, ""));
            let mut shell = Command::new("sh");
            shell.env_clear().env("HOME", home.path()).current_dir(home.path());
            let output = ready(shell).args(["-c", typed]).output().expect("a shell");
            let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
            if !output.status.success() {
                complaints.push(format!("{}: {typed} ended with {}:\n{said}", document.name, output.status));
            } else if let Some(piece) = first_missing_piece(&said, expected) {
                complaints.push(format!("{}: {typed} did not say “{piece}” (then), but:\n{said}", document.name));
            }
            count += 1;
        }
        if let Some(server) = server {
            server.signal("TERM");
            server.wait();
        }
    }
    count
}

/// The first piece of the lines expected that does not come in its turn.
fn first_missing_piece(said: &str, expected: &str) -> Option<String> {
    let blanks = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let said = said.lines().map(blanks).collect::<Vec<_>>().join("\n");
    let mut rest = said.as_str();
    for line in expected.lines().map(blanks) {
        for piece in line.split('…').map(str::trim).filter(|piece| !piece.is_empty()) {
            let Some(at) = rest.find(piece) else { return Some(piece.to_owned()) };
            rest = &rest[at + piece.len()..];
        }
    }
    None
}

#[test]
fn commands_that_are_not_run_are_valid() {
    for document in markdown::all_documents() {
        for block in document.blocks.iter().filter(|block| block.mark("needs").is_some()) {
            for words in commands(block) {
                check_command(&document.name, &words);
            }
        }
    }
}

/// The commands of a block as words; comments, `sudo -u …` and settings before them left out.
fn commands(block: &CodeBlock) -> Vec<Vec<String>> {
    let text = block.text.replace("\\\n", " ");
    let lines = text.lines().map(|line| line.split(" #").next().unwrap_or_default());
    lines
        .flat_map(|line| line.split(['|', ';']).flat_map(|part| part.split("&&")))
        .map(|command| shell_words::split(command.trim_start_matches('#')).expect("words"))
        .map(|words| {
            let mut words = words.as_slice();
            while let [first, rest @ ..] = words {
                match (first.as_str(), rest) {
                    ("sudo", [flag, _, rest @ ..]) if flag == "-u" => words = rest,
                    (setting, rest) if setting.contains('=') => words = rest,
                    _ => break,
                }
            }
            words.iter().take_while(|word| *word != ">").cloned().collect()
        })
        .filter(|words: &Vec<String>| !words.is_empty())
        .collect()
}

fn check_command(document: &str, words: &[String]) {
    let line = words.join(" ");
    match words[0].as_str() {
        "gleaner" => assert_parses(document, words),
        "docker" => {
            let inner = words.iter().position(|word| word == "exec").map(|at| &words[at + 2..]);
            inner.into_iter().for_each(|inner| assert_parses(document, inner));
        }
        "systemd-run" => {
            let inner = words.iter().position(|word| word == "gleaner").expect("a command to run");
            assert_parses(document, &words[inner..]);
        }
        "make" => {
            let makefile = std::fs::read_to_string(markdown::project_root().join("Makefile")).expect("readable");
            let target = format!("\n{}:", words[1]);
            assert!(makefile.contains(&target), "{document}: the Makefile has no target for `{line}`");
        }
        script if script.starts_with("scripts/") => {
            assert!(markdown::project_root().join(script).exists(), "{document}: {script} does not exist");
        }
        "cargo" | "cp" | "git" | "install" | "journalctl" | "ollama" | "systemctl" | "useradd" => {}
        other => panic!("{document}: nothing is known of `{other}` in `{line}`"),
    }
    for file in words.iter().filter(|word| word.starts_with("deploy/")) {
        assert!(markdown::project_root().join(file).exists(), "{document}: {file} does not exist");
    }
}

fn assert_parses(document: &str, words: &[String]) {
    // A word in capitals stands for one of the reader's, such as a number.
    let words = words.iter().map(|word| if word == "ID" { "7" } else { word });
    let parsed = cli::build_command().try_get_matches_from(words.clone());
    let line: Vec<&str> = words.collect();
    assert!(parsed.is_ok(), "{document}: `{}` is not understood: {}", line.join(" "), parsed.expect_err("checked"));
}

#[test]
fn commands_within_sentences_exist() {
    for document in markdown::all_documents().into_iter().filter(|document| document.name != "docs/cli.md") {
        for code in document.text.split('`').skip(1).step_by(2).filter(|code| code.starts_with("gleaner ")) {
            if code.contains(['…', '|', '\n', '[', '<']) {
                continue;
            }
            // Sentences leave arguments out; the names of the commands must be there.
            let mut at = cli::build_command();
            for word in code
                .split_whitespace()
                .skip(1)
                .take_while(|word| word.chars().all(|c| c.is_ascii_lowercase() || c == '-'))
            {
                if word.starts_with('-') || !at.has_subcommands() {
                    break;
                }
                let Some(next) = at.find_subcommand(word).cloned() else {
                    panic!("{}: `{code}`: there is no `{word}`", document.name)
                };
                at = next;
            }
        }
    }
}

#[test]
fn links_have_targets() {
    let all = markdown::all_documents();
    for document in &all {
        let folder = Path::new(&document.name).parent().expect("a folder");
        for link in document.links.iter().filter(|link| !link.contains("://")) {
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if path.is_empty() { Path::new(&document.name).to_owned() } else { folder.join(path) };
            let file = markdown::project_root().join(&target).canonicalize();
            let Ok(file) = file else { panic!("{}: {link} has no target", document.name) };
            if !anchor.is_empty() {
                let other = all
                    .iter()
                    .find(|other| markdown::project_root().join(&other.name).canonicalize().is_ok_and(|f| f == file));
                let there = other.is_some_and(|other| other.anchors.iter().any(|known| known == anchor));
                assert!(there, "{}: {link} leads to no heading", document.name);
            }
        }
    }
}

#[test]
fn mentioned_settings_exist() {
    let mut known: BTreeSet<String> = keys::KEYS.iter().map(keys::ConfigKey::env_name).collect();
    known.extend(keys::KEYS.iter().filter(|key| key.secret).map(|key| format!("{}_FILE", key.env_name())));
    known.extend(keys::BUILD_ENV_NAMES.map(str::to_owned));
    known.extend([keys::ENV_CONFIG_FILE.to_owned(), "GLEANER_".to_owned()]);
    let documents = markdown::all_documents().into_iter().map(|document| (document.name, document.text));
    let deployed = deploy_files().into_iter().chain(documents);
    for (name, text) in deployed {
        for (at, _) in text.match_indices("GLEANER_") {
            let variable: String = text[at..].chars().take_while(|c| c.is_ascii_uppercase() || *c == '_').collect();
            assert!(
                known.contains(&variable) || known.contains(variable.trim_end_matches('_')),
                "{name}: there is no {variable}"
            );
        }
    }
}

#[test]
fn documented_settings_files_are_valid() {
    let home = TempDir::new().expect("a folder");
    let mut count = 0;
    for document in markdown::all_documents() {
        for block in document.blocks.iter().filter(|block| block.language() == "toml") {
            if block.text.contains("[[model]]") {
                let list = parse_models(&block.text);
                assert!(list.is_ok(), "{}: {list:?}\n{}", document.name, block.text);
                continue;
            }
            std::fs::write(home.path().join("shown.toml"), &block.text).expect("written");
            let output = gleaner_command(home.path())
                .args(["--config", "shown.toml", "config", "check"])
                .output()
                .expect("it runs");
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{}: {said}\n{}", document.name, block.text);
            count += 1;
        }
    }
    assert!(count >= 2);
}

/// The files in `deploy`, by name.
fn deploy_files() -> Vec<(String, String)> {
    let folder = markdown::project_root().join("deploy");
    let files = std::fs::read_dir(folder).expect("there").map(|entry| entry.expect("readable").path());
    files.map(|f| (f.display().to_string(), std::fs::read_to_string(&f).expect("text"))).collect()
}

fn deploy_file(name: &str) -> String {
    deploy_files().into_iter().find(|(file, _)| file.ends_with(name)).expect("there").1
}

#[test]
fn the_service_unit_starts_a_command_that_exists() {
    let unit = deploy_file("gleaner.service");
    let start = unit.lines().find_map(|line| line.strip_prefix("ExecStart=/usr/local/bin/")).expect("a start");
    assert_parses("gleaner.service", &shell_words::split(start).expect("words"));
}

#[test]
fn the_containers_start_existing_commands() {
    let file = deploy_file("Containerfile");
    let list = |instruction: &str| -> Vec<String> {
        let line = file.lines().find_map(|line| line.strip_prefix(instruction)).expect("an instruction");
        serde_json::from_str(line.trim()).expect("a list")
    };
    let mut words = list("ENTRYPOINT");
    assert_eq!(words.pop().as_deref(), Some("/usr/local/bin/gleaner"));
    words.push("gleaner".into());
    words.extend(list("CMD"));
    assert_parses("Containerfile", &words);
    for line in
        file.lines().filter(|line| line.starts_with("COPY") && !line.contains("--from") && !line.contains(". ."))
    {
        for source in line.split_whitespace().skip(1).take(line.split_whitespace().count() - 2) {
            assert!(
                markdown::project_root().join(source).exists(),
                "the Containerfile copies {source}, which is not there"
            );
        }
    }
    let compose = deploy_file("compose.yaml");
    assert!(!compose.lines().any(|line| line.starts_with("version")), "the key is obsolete");
    assert!(compose.contains("dockerfile: deploy/Containerfile") && compose.contains("127.0.0.1:3000:3000"));
    assert!(file.contains("\"--setup\"") && file.contains("USER nonroot"));
}
