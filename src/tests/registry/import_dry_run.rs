//! Dry runs of every kind of import change no byte.

use crate::support::simulator::Simulator;
use crate::support::{
    gleaner_binary::{gleaner_command, output_texts},
    ollama_store,
};
use std::{collections::BTreeMap, path::Path};
use tempfile::TempDir;

/// Runs `gleaner models` with an environment; exit code and output.
fn run_models(home: &Path, env: &[(&str, &str)], args: &[&str]) -> (Option<i32>, String) {
    let mut command = gleaner_command(home);
    command.env("GLEANER_DATA_DIR", home.join("data")).envs(env.iter().copied()).arg("models").args(args);
    let output = command.output().expect("it runs");
    let (said, complained) = output_texts(&output);
    (output.status.code(), said + &complained)
}

/// Every file of the data folder with its bytes.
fn data_files(home: &Path) -> BTreeMap<String, Vec<u8>> {
    let Ok(entries) = std::fs::read_dir(home.join("data")) else { return BTreeMap::new() };
    let paths = entries.map(|entry| entry.expect("readable").path());
    paths.map(|path| (path.display().to_string(), std::fs::read(&path).expect("readable"))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn dry_runs_show_what_the_import_does() {
    let sim = Simulator::start().await.expect("a simulator");
    let tags = r#"{"models": [{"name": "gemma3:27b-it-qat", "size": 17000000000, "digest": "29eb0b9aeda35295ed728124d341b27e0c6771ea5c586fcabfb157884224fa93"}]}"#;
    let old =
        "NAME\tID\tSIZE\tMODIFIED\nllama2:7b\t78e26419b446\t3.8 GB\t2 hours ago\ntiny:1m\t88e26419b446\t900 B\tnow\n";
    let new = "NAME                ID              SIZE      MODIFIED     \nhuge:900b           98e26419b446    1.2 PB    3 weeks ago    \n\
               gpt-oss:20b-cloud   875e8e3a629a    -         2 days ago     \n";
    for (content, expected) in [
        (None, vec!["qwen3-8b-ollama-gguf"]),
        (Some(tags), vec!["gemma3-27b-it-ollama-gguf-qat"]),
        (Some(old), vec!["llama2-7b-ollama-gguf", "tiny-1m-ollama-gguf"]),
        (Some(new), vec!["huge-900b-ollama-gguf", "gpt-oss-20b-cloud-ollama-gguf"]),
    ] {
        let home = TempDir::new().expect("a folder");
        let mut args = vec!["import"];
        if let Some(content) = content {
            std::fs::write(home.path().join("list.txt"), content).expect("written");
            args.extend(["--from", "list.txt"]);
        }
        let env = [("OLLAMA_HOST", sim.url.as_str())];
        // A registry that has something in it already, and none at all.
        for _ in 0..2 {
            let before = data_files(home.path());
            let (code, said) = run_models(home.path(), &env, &[&args[..], &["--dry-run"]].concat());
            assert_eq!(code, Some(0), "{said}");
            assert!(expected.iter().all(|name| said.contains(&format!("added: {name}"))), "{said}");
            assert!(data_files(home.path()) == before, "a dry run wrote something");
            std::fs::write(home.path().join("other.txt"), "NAME ID SIZE MODIFIED\nother:1b 18e26419b446 1 GB now\n")
                .expect("written");
            assert_eq!(run_models(home.path(), &env, &["import", "--from", "other.txt"]).0, Some(0));
        }
        let (code, said) = run_models(home.path(), &env, &args);
        assert!(code == Some(0) && expected.iter().all(|name| said.contains(name)), "{said}");
        let (_, again) = run_models(home.path(), &env, &args);
        assert!(again.contains("no change"), "{again}");
    }
}

#[test]
fn the_store_that_the_environment_names() {
    let home = TempDir::new().expect("a folder");
    let store = home.path().join("elsewhere/models");
    let stored = ollama_store::write_model(&store, "registry.ollama.ai/library/gemma3/4b", "weights");
    let table =
        format!("NAME ID SIZE MODIFIED\ngemma3:4b {} 1 KB now\nother:1b 18e26419b446 1 GB now\n", &stored.digest[..12]);
    std::fs::write(home.path().join("table.txt"), table).expect("written");
    let path = store.display().to_string();
    let env = [("OLLAMA_HOST", "127.0.0.1:9"), ("OLLAMA_MODELS", path.as_str())];
    assert_eq!(run_models(home.path(), &env, &["import", "--from", "table.txt"]).0, Some(0));
    let before = data_files(home.path());
    let (code, said) = run_models(home.path(), &env, &["backfill", "--dry-run", "-v"]);
    assert!(code == Some(0) && said.contains(&path) && data_files(home.path()) == before, "{said}");
    assert_eq!(run_models(home.path(), &env, &["backfill"]).0, Some(0));
    // A new process without the store still knows what was filled.
    let (_, shown) = run_models(home.path(), &[("OLLAMA_HOST", "127.0.0.1:9")], &["show", "gemma3:4b", "--json"]);
    assert!(shown.contains(&stored.digest) && shown.contains(&stored.weights.display().to_string()), "{shown}");
    let (_, other) = run_models(home.path(), &[], &["show", "other:1b", "--json"]);
    assert!(other.contains("\"ollama://other:1b\""), "a synthetic path where no file is known: {other}");
}
