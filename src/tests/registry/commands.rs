//! `gleaner models` of the real program: output, writes and exit codes.

use crate::support::simulator::Simulator;
use crate::support::{
    gleaner_binary::{gleaner_command, output_texts},
    ollama_store,
};
use gleaner::server::storage;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Stdio},
};
use tempfile::TempDir;

const OLLAMA_LIST_TABLE: &str = "\
NAME                 ID              SIZE      MODIFIED
qwen3:8b             500a1f067a9f    5.2 GB    3 weeks ago
llama2:7b            78e26419b446    3.8 GB    2 hours ago
llava:7b             8dd30f6b0cb1    4.7 GB    5 days ago
gpt-oss:20b-cloud    875e8e3a629a    -         2 days ago
";
/// Nothing listens there.
const UNUSED_ADDRESS: &str = "127.0.0.1:9";

fn models_command(home: &Path, host: &str) -> Command {
    let mut command = gleaner_command(home);
    command.args(["--data-dir", "data", "--ollama-host", host, "models"]);
    command
}

/// Runs `gleaner models` where no Ollama answers: exit code, output, complaints.
fn run_models(home: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    let output = models_command(home, UNUSED_ADDRESS).args(args).output().expect("it runs");
    let (said, complained) = output_texts(&output);
    (output.status.code(), said, complained)
}

fn models_json(home: &Path, args: &[&str]) -> Value {
    let (code, said, complained) = run_models(home, &[args, &["--json"]].concat());
    assert_eq!(code, Some(0), "{args:?}: {complained}");
    serde_json::from_str(&said).expect("JSON")
}

/// A home with the table in `table.txt`, imported.
fn home_with_registry() -> TempDir {
    let home = TempDir::new().expect("a folder");
    std::fs::write(home.path().join("table.txt"), OLLAMA_LIST_TABLE).expect("written");
    let (code, _, complained) = run_models(home.path(), &["import", "--from", "table.txt"]);
    assert_eq!(code, Some(0), "{complained}");
    home
}

/// Every file of the data folder with its content.
fn data_files(home: &Path) -> BTreeMap<String, Vec<u8>> {
    let Ok(entries) = home.join("data").read_dir() else { return BTreeMap::new() };
    let entries = entries.map(|entry| entry.expect("readable"));
    entries
        .map(|e| (e.file_name().to_string_lossy().into_owned(), std::fs::read(e.path()).expect("readable")))
        .collect()
}

/// Puts an `ollama` program into the home's `bin` that prints `table.txt`, and knows no JSON.
fn install_fake_ollama(home: &Path) -> String {
    let bin = home.join("bin");
    std::fs::create_dir_all(&bin).expect("made");
    let script = "#!/bin/sh\ncase \"$*\" in\nlist) cat \"$HOME/table.txt\" ;;\n*) echo 'Error: unknown flag: --json' >&2; exit 1 ;;\nesac\n";
    std::fs::write(bin.join("ollama"), script).expect("written");
    std::fs::set_permissions(bin.join("ollama"), std::fs::Permissions::from_mode(0o755)).expect("set");
    format!("{}:/usr/bin:/bin", bin.display())
}

#[test]
fn dry_runs_leave_every_byte() {
    let home = TempDir::new().expect("a folder");
    std::fs::write(home.path().join("table.txt"), OLLAMA_LIST_TABLE).expect("written");
    let (code, said, _) = run_models(home.path(), &["import", "--from", "table.txt", "--dry-run"]);
    assert!(code == Some(0) && said.contains("added: qwen3-8b-ollama-gguf"), "{said}");
    assert!(!home.path().join("data").exists(), "not even the folder");
    let would = models_json(home.path(), &["import", "--from", "table.txt", "--dry-run"]);
    let does = models_json(home.path(), &["import", "--from", "table.txt"]);
    assert_eq!(would["added"], does["added"], "exactly what would happen");
    let (_, first, _) = run_models(home.path(), &["export"]);

    std::fs::write(home.path().join("other.txt"), "NAME ID SIZE MODIFIED\nnew:1b 500a1f067a9f 1 GB now\n")
        .expect("written");
    std::fs::write(home.path().join("models.json"), first.replace("5200000000", "1")).expect("written");
    let before = data_files(home.path());
    for args in [
        &["import", "--from", "other.txt", "--dry-run"][..],
        &["deprecate", "qwen3:8b", "--dry-run"],
        &["undeprecate", "qwen3:8b", "--dry-run"],
        &["roles", "set", "qwen3:8b", "chat", "--dry-run"],
        &["purge-deprecated", "--dry-run"],
        &["backfill", "--dry-run", "-v"],
        &["restore", "models.json", "--dry-run"],
        &["normalize"],
        &["list"],
        &["show", "qwen3:8b"],
        &["export"],
        &["roles", "list"],
        &["select", "--role", "chat"],
    ] {
        let (code, said, complained) = run_models(home.path(), args);
        assert_eq!(code, Some(0), "{args:?}: {said}{complained}");
        assert!(data_files(home.path()) == before, "{args:?} wrote something: {:?}", data_files(home.path()).keys());
    }
    assert_eq!(run_models(home.path(), &["verify"]).0, Some(4), "nothing to compare with");
    assert!(data_files(home.path()) == before);
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_of_the_api_or_of_the_program_are_imported() {
    let mut sim = Simulator::start().await.expect("a simulator");
    let home = TempDir::new().expect("a folder");
    std::fs::write(home.path().join("table.txt"), OLLAMA_LIST_TABLE).expect("written");
    let path = install_fake_ollama(home.path());
    let run = |args: &[&str]| {
        let output = models_command(home.path(), &sim.url).env("PATH", &path).args(args).output().expect("it runs");
        (output.status.code(), output_texts(&output).0)
    };
    let (code, said) = run(&["import"]);
    assert!(code == Some(0) && said.contains("added: qwen3-8b-ollama-gguf") && !said.contains("llama2"), "{said}");
    assert!(run(&["import"]).1.contains("no change"));
    let (code, said) = run(&["verify"]);
    assert!(code == Some(0) && said.contains("1 ok"), "{said}");
    sim.remove("qwen3:8b");
    assert_eq!(run(&["verify"]).0, Some(3));
    let url = sim.url.clone();
    sim.shut_down().await;
    let run = |args: &[&str], path: &str| {
        let output = models_command(home.path(), &url).env("PATH", path).args(args).output().expect("it runs");
        (output.status.code(), output_texts(&output))
    };
    let before = data_files(home.path());
    let (code, (said, _)) = run(&["import", "--dry-run"], &path);
    assert!(
        code == Some(0) && said.contains("`ollama` program") && said.contains("added: llama2-7b-ollama-gguf"),
        "{said}"
    );
    assert!(data_files(home.path()) == before);
    assert_eq!(run(&["import"], &path).0, Some(0));
    assert_eq!(models_json(home.path(), &["list"])["count"], 4);
    let (code, (_, complained)) = run(&["import"], "/missing");
    assert!(code == Some(4) && complained.contains("no `ollama` program"), "{complained}");
}

#[test]
fn lists_from_standard_input() {
    let home = TempDir::new().expect("a folder");
    let mut child = models_command(home.path(), UNUSED_ADDRESS)
        .args(["import", "--from", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it runs");
    child.stdin.take().expect("piped").write_all(OLLAMA_LIST_TABLE.as_bytes()).expect("written");
    assert!(child.wait_with_output().expect("it ends").status.success());
    assert_eq!(models_json(home.path(), &["list"])["count"], 4);
}

#[test]
fn piped_lists_are_plain_and_count_hidden_variants() {
    let home = home_with_registry();
    run_models(home.path(), &["deprecate", "llama2:7b", "--reason", "old"]);
    let (_, said, _) = run_models(home.path(), &["list", "--sort", "size"]);
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines[0].starts_with("Model ") && lines[0].ends_with("Size"), "{said}");
    assert!(lines[1].starts_with("qwen3-8b-ollama-gguf") && lines[1].ends_with("5.2 GB"), "{said}");
    assert_eq!(lines.len(), 5, "{said}");
    assert!(lines[4].contains("3 variants, 9.9 GB. Hidden: 1 deprecated (--show-deprecated shows them)"), "{said}");
    assert!(said.is_ascii(), "no frames in a pipe");
    let (_, detailed, _) = run_models(home.path(), &["list", "--details", "--show-deprecated"]);
    assert!(
        detailed.contains("Served ID") && detailed.contains("78e26419b446") && detailed.contains("(deprecated)"),
        "{detailed}"
    );
}

#[test]
fn placeholders_are_marked_hidden_named_and_purged_alone() {
    let home = home_with_registry();
    let (_, export, _) = run_models(home.path(), &["export"]);
    let mut document: Value = serde_json::from_str(&export).expect("JSON");
    let variants = document["variants"].as_array_mut().expect("rows");
    for name in ["model-ollama-gguf", "model-ollama-gguf-q4_k_m"] {
        let mut legacy = variants[0].clone();
        legacy["name"] = name.into();
        variants.push(legacy);
    }
    std::fs::write(home.path().join("legacy.json"), document.to_string()).expect("written");
    assert_eq!(run_models(home.path(), &["restore", "legacy.json"]).0, Some(0));
    run_models(home.path(), &["deprecate", "llama2:7b"]);
    let report = models_json(home.path(), &["import", "--from", "table.txt", "--deprecate-placeholders"]);
    assert_eq!(report["deprecated"], serde_json::json!(["model-ollama-gguf", "model-ollama-gguf-q4_k_m"]));
    let (_, said, _) = run_models(home.path(), &["list"]);
    assert!(!said.contains("model-ollama-gguf") && said.contains("3 deprecated"), "{said}");
    let preview = models_json(home.path(), &["purge-deprecated", "--placeholders-only", "--dry-run"]);
    assert_eq!(preview["removed"], report["deprecated"]);
    assert_eq!(models_json(home.path(), &["purge-deprecated", "--placeholders-only"])["removed"], report["deprecated"]);
    assert_eq!(models_json(home.path(), &["list", "--show-deprecated"])["count"], 4, "the other deprecated one stays");
}

#[test]
fn exports_come_back_byte_for_byte_and_bad_ones_are_refused() {
    let home = home_with_registry();
    run_models(home.path(), &["roles", "set", "llava:7b", "chat", "scoring"]);
    let (_, first, _) = run_models(home.path(), &["export"]);
    assert_eq!(run_models(home.path(), &["export", "--json"]).1, first);
    std::fs::write(home.path().join("models.json"), &first).expect("written");
    let other = TempDir::new().expect("a folder");
    std::fs::copy(home.path().join("models.json"), other.path().join("models.json")).expect("copied");
    assert_eq!(run_models(other.path(), &["restore", "models.json"]).0, Some(0));
    assert_eq!(run_models(other.path(), &["export"]).1, first);
    for (bad, reason) in [
        (first.replace("\"schema_version\": 1", "\"schema_version\": 2"), "newer Gleaner (schema 2"),
        (first.replacen("\"ollama\"", "\"vllm\"", 1), "line "),
        (first.replace("llava-7b-ollama-gguf", "qwen3-8b-ollama-gguf"), "twice"),
        ("{\"schema_version\": 1,\n\"variants\": [}".to_owned(), "line 2, column"),
        ("[]".to_owned(), "schema_version"),
    ] {
        std::fs::write(other.path().join("bad.json"), bad).expect("written");
        let (code, _, complained) = run_models(other.path(), &["restore", "bad.json"]);
        assert!(code == Some(1) && complained.contains(reason), "{reason}: {complained}");
    }
    assert_eq!(run_models(other.path(), &["export"]).1, first, "a refused document changes nothing");
}

#[test]
fn wrong_usage_has_a_message_and_an_exit_code() {
    let home = home_with_registry();
    std::fs::write(home.path().join("bad.txt"), "NAME ID SIZE MODIFIED\nx:1b 500a1f067a9f huge now\n")
        .expect("written");
    for (args, code, sentence) in [
        (&["show", "qwen3:9b"][..], 1, "Did you mean qwen3:8b?"),
        (&["deprecate", "qwen3-8b-olama-gguf"], 1, "Did you mean qwen3-8b-ollama-gguf?"),
        (&["import", "--from", "bad.txt"], 1, "line 2: “huge” is not a size"),
        (&["import", "--from", "missing.txt"], 1, "missing.txt cannot be read"),
        (&["import"], 4, "refuses the connection"),
        (&["select", "--role", "chat", "--require", "levitation"], 1, "No variant in the registry"),
        (&["normalize", "--rebuild"], 1, "OLLAMA_MODELS"),
        (&["roles", "set", "qwen3:8b", "painting"], 2, "categorization, scoring, chat, embedding"),
        (&["deprecate"], 2, "required"),
        (&["lists"], 2, "list"),
    ] {
        let (exit, _, complained) = run_models(home.path(), args);
        assert!(exit == Some(code) && complained.contains(sentence), "{args:?}: {exit:?} {complained}");
    }
}

#[tokio::test]
async fn a_newer_registry_is_not_changed() {
    use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};
    let home = home_with_registry();
    let file = home.path().join("data").join(storage::DATABASE_FILE_NAME);
    let mut db = SqliteConnectOptions::new().filename(file).connect().await.expect("opens");
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'later', 1, x'00', 0)";
    sqlx::raw_sql(newer).execute(&mut db).await.expect("written");
    db.close().await.expect("closed");
    let before = data_files(home.path());
    for args in [&["list"][..], &["import", "--from", "table.txt"], &["import", "--from", "table.txt", "--dry-run"]] {
        let (code, _, complained) = run_models(home.path(), args);
        assert!(code == Some(1) && complained.contains("newer Gleaner (schema 9999"), "{complained}");
    }
    assert!(data_files(home.path()).get(storage::DATABASE_FILE_NAME) == before.get(storage::DATABASE_FILE_NAME));
}

#[test]
fn the_store_in_the_default_place() {
    let home = home_with_registry();
    let store = home.path().join(".ollama/models");
    let stored = ollama_store::write_model(&store, "registry.ollama.ai/library/gemma3/4b", "weights");
    let table = format!("NAME ID SIZE MODIFIED\ngemma3:4b {} 1 KB now\n", &stored.digest[..12]);
    std::fs::write(home.path().join("table.txt"), table).expect("written");
    run_models(home.path(), &["import", "--from", "table.txt"]);
    assert_eq!(models_json(home.path(), &["backfill"])["store"].as_str(), store.to_str());
    let shown = models_json(home.path(), &["show", "gemma3:4b"]);
    assert_eq!((shown["path"].as_str(), shown["digest"].as_str()), (stored.weights.to_str(), Some(&*stored.digest)));
    assert_eq!(run_models(home.path(), &["verify", "gemma3:4b"]).0, Some(0), "the store answers");
    assert_eq!(run_models(home.path(), &["verify"]).0, Some(3), "the others are not in it");
}

/// Keys of all objects within a value, old and new values apart.
fn collect_keys(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                found.insert(key.clone());
                if !["old", "new", "variants"].contains(&key.as_str()) {
                    collect_keys(value, found);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect_keys(item, found)),
        _ => {}
    }
}

#[test]
fn json_has_the_fields_that_the_help_names() {
    let home = home_with_registry();
    std::fs::write(home.path().join("odd.json"), r#"{"models": [{"name": "a b"}, {"name": "qwen3:8b", "size": 7}]}"#)
        .expect("written");
    let (_, export, _) = run_models(home.path(), &["export"]);
    std::fs::write(home.path().join("models.json"), export.replace("5200000000", "7")).expect("written");
    for args in [
        &["list"][..],
        &["import", "--from", "odd.json", "--dry-run"],
        &["roles", "list"],
        &["deprecate", "qwen3:8b", "--dry-run"],
        &["purge-deprecated"],
        &["backfill", "--dry-run"],
        &["normalize"],
        &["restore", "models.json", "--dry-run"],
        &["select", "--role", "chat"],
    ] {
        let mut found = BTreeSet::new();
        collect_keys(&models_json(home.path(), args), &mut found);
        let words: Vec<&str> =
            args.iter().copied().take_while(|word| !word.starts_with('-') && !word.contains([':', '.'])).collect();
        let (_, help, _) = run_models(home.path(), &[&words[..], &["--help"]].concat());
        let told =
            help.split("Output with --json").nth(1).expect("it is told").split("\n\n").next().expect("a paragraph");
        let told: BTreeSet<String> = told.split('"').skip(1).step_by(2).map(str::to_owned).collect();
        let untold: Vec<_> = found.difference(&told).collect();
        assert!(untold.is_empty() && !told.is_empty(), "{args:?}: not in the help: {untold:?}");
    }
}

/// Runs the examples of docs/cli.md, in the order of the document, on a home that has what they speak of.
#[test]
fn the_examples_of_the_documents_run() {
    let home = home_with_registry();
    let path = install_fake_ollama(home.path());
    let store = home.path().join(".ollama/models");
    ollama_store::write_model(&store, "registry.ollama.ai/library/qwen3/8b", "weights");
    std::fs::write(
        home.path().join("tags.json"),
        r#"{"models": [{"name": "qwen3:8b"}, {"name": "llama2:7b"}, {"name": "llava:7b"}]}"#,
    )
    .expect("written");
    let document = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/cli.md")).expect("docs/cli.md");
    let program = Path::new(env!("CARGO_BIN_EXE_gleaner")).parent().expect("a folder");
    let mut run = 0;
    for section in document.split("\n## `gleaner models").skip(1) {
        let examples = section.split("\nExample").nth(1).unwrap_or_default().lines().skip(1);
        for line in examples.take_while(|line| line.starts_with("  ")) {
            let command = line.trim().split("  ").next().expect("a command");
            let output = Command::new("sh")
                .args(["-c", command])
                .env_clear()
                .envs([("HOME", home.path().as_os_str()), ("GLEANER_DATA_DIR", home.path().join("data").as_os_str())])
                .envs([("OLLAMA_HOST", UNUSED_ADDRESS), ("PATH", &format!("{}:{path}", program.display()))])
                .current_dir(home.path())
                .output()
                .expect("a shell");
            // Ollama does not run here: what needs it says so.
            let wanting = (command.contains("verify") && output.status.code() == Some(3))
                || ([
                    "models use",
                    "models test",
                    "models outdated",
                    "models lock",
                    "models sync",
                    "models copy",
                    "models earlier",
                ]
                .iter()
                .any(|name| command.contains(name))
                    && output.status.code() == Some(4));
            assert!(output.status.success() || wanting, "{command}: {:?} {:?}", output.status, output_texts(&output));
            run += 1;
        }
    }
    assert!(run >= 15, "{run} examples were found");
}
