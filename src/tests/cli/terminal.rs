//! Output fits the width of the terminal, and is plain in a pipe.

use crate::support::simulator::{ModelSpec, Simulator, SimulatorSettings};
use crate::support::{
    gleaner_binary::{gleaner_command, output_texts},
    terminal::{TerminalOutput, run_on_terminal},
};
use std::{path::Path, time::Duration};
use tempfile::TempDir;

const LONG_MODEL_NAME: &str = "hf.co/bartowski/Llama-3.2-3B-Instruct-uncensored-GGUF:IQ3_M";

fn long_name_settings() -> SimulatorSettings {
    let models = vec![ModelSpec::new(LONG_MODEL_NAME, 1_700_000_000), ModelSpec::recommended("qwen3:8b")];
    SimulatorSettings {
        models,
        pull_tick: Duration::from_millis(20),
        pull_step: 40_000_000,
        ..SimulatorSettings::default()
    }
}

fn run_on_pty(home: &Path, sim: &Simulator, columns: u16, args: &[&str]) -> TerminalOutput {
    let env = [("GLEANER_DATA_DIR", "data"), ("OLLAMA_HOST", &sim.url), ("GLEANER_OLLAMA__MANIFEST_LOOKUP", "false")];
    run_on_terminal(home, columns, &env, args)
}

fn run_piped(home: &Path, sim: &Simulator, args: &[&str]) -> (Option<i32>, String, String) {
    let mut command = gleaner_command(home);
    command.env("GLEANER_DATA_DIR", "data").env("OLLAMA_HOST", &sim.url);
    let output = command.env("GLEANER_OLLAMA__MANIFEST_LOOKUP", "false").args(args).output().expect("it runs");
    let (said, complained) = output_texts(&output);
    (output.status.code(), said, complained)
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_fit_every_terminal_and_are_plain_in_a_pipe() {
    let sim = Simulator::start_with(long_name_settings()).await.expect("a simulator");
    let home = TempDir::new().expect("a folder");
    assert_eq!(run_piped(home.path(), &sim, &["models", "import"]).0, Some(0));
    assert_eq!(run_piped(home.path(), &sim, &["models", "load", LONG_MODEL_NAME]).0, Some(0));
    for args in [
        &["models", "list", "--include-logical"][..],
        &["models", "list", "--include-logical", "--details"],
        &["models", "show", LONG_MODEL_NAME],
        &["models", "verify"],
        &["models", "ps"],
        &["models", "normalize"],
        &["models", "backfill", "--dry-run", "-v"],
        &["models", "roles", "list"],
        &["doctor"],
    ] {
        let (piped_code, piped, _) = run_piped(home.path(), &sim, args);
        assert!(!piped.contains(['\u{1b}', '\r', '─']), "{args:?} is not plain in a pipe: {piped}");
        assert!(piped.lines().all(|line| line == line.trim_end()), "{args:?} leaves blanks at the ends: {piped:?}");
        for columns in [60, 80, 120, 200] {
            let drawn = run_on_pty(home.path(), &sim, columns, args);
            assert_eq!(Some(drawn.code), piped_code.map(i32::cast_unsigned), "{args:?}: {}", drawn.raw);
            let lines = drawn.lines();
            let table = lines.iter().filter(|line| !is_sentence(line));
            let widest = table.map(|line| line.trim_end().chars().count()).max().unwrap_or(0);
            assert!(widest <= usize::from(columns), "{args:?} draws {widest} on {columns}:\n{}", lines.join("\n"));
            assert!(!lines.is_empty());
        }
    }
    let wide = run_on_pty(home.path(), &sim, 200, &["models", "list", "--include-logical"]);
    assert!(wide.raw.contains('─') && wide.raw.contains("hf.co-bartowski-llama-3.2-3b"), "{}", wide.raw);
}

/// A line of prose, which the terminal itself wraps.
fn is_sentence(line: &str) -> bool {
    line.ends_with(['.', '…']) && !line.starts_with(' ') && !line.contains("  ")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_draws_a_bar_on_a_terminal_and_says_lines_in_a_pipe() {
    let sim = Simulator::start_with(long_name_settings()).await.expect("a simulator");
    let home = TempDir::new().expect("a folder");
    let drawn = run_on_pty(home.path(), &sim, 72, &["models", "pull", "llama3.2:3b"]);
    assert_eq!(drawn.code, 0, "{}", drawn.raw);
    assert!(drawn.raw.contains('█') && drawn.raw.contains(" of 2.0 GB"), "{}", drawn.raw);
    assert!(drawn.width() <= 72, "{} wide: {:?}", drawn.width(), drawn.lines());
    assert!(
        drawn.lines().last().is_some_and(|line| line.ends_with("llama3.2:3b is installed.")),
        "{:?}",
        drawn.lines()
    );

    let (code, said, complained) = run_piped(home.path(), &sim, &["models", "pull", "gemma3:4b"]);
    assert_eq!((code, said.as_str()), (Some(0), "gemma3:4b is installed.\n"));
    assert!(complained.contains("Downloading: ") && !complained.contains(['\u{1b}', '\r', '█']), "{complained}");
}

#[tokio::test(flavor = "multi_thread")]
async fn models_ps_lists_models_in_memory() {
    let mut sim = Simulator::start_with(long_name_settings()).await.expect("a simulator");
    let home = TempDir::new().expect("a folder");
    let ps = |sim: &Simulator| run_piped(home.path(), sim, &["models", "ps"]);
    assert_eq!(ps(&sim).1, "No model is in memory.\n");
    run_piped(home.path(), &sim, &["models", "load", "qwen3:8b"]);
    let (code, said, _) = ps(&sim);
    let lines: Vec<Vec<&str>> =
        said.lines().map(|line| line.split("  ").map(str::trim).filter(|c| !c.is_empty()).collect()).collect();
    assert_eq!((code, lines.len()), (Some(0), 3), "{said}");
    assert_eq!(lines[0], ["Model", "Memory", "Estimate", "On GPU", "On CPU", "Context", "Until"]);
    assert_eq!((lines[1][0], lines[1][5]), ("qwen3:8b", "8192"), "with the context of scoring: {said}");
    assert!(lines[1][6].ends_with('Z'), "{said}");
    assert!(lines[2][0].starts_with("qwen3:8b: It takes 5.2 GB"), "what it means in words: {said}");
    let (_, json, _) = run_piped(home.path(), &sim, &["models", "ps", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!((json[0]["name"].as_str(), json[0]["is_loaded"].as_bool()), (Some("qwen3:8b"), Some(true)));
    run_piped(home.path(), &sim, &["models", "unload", "qwen3:8b"]);
    assert_eq!(ps(&sim).1, "No model is in memory.\n");
    sim.shut_down().await;
    // Nothing listens: each says so at once.
    for args in [&["ps"][..], &["pull", "qwen3:4b"], &["use", "qwen3:8b"]] {
        let (code, _, complained) = run_piped(home.path(), &sim, &[&["models"], args].concat());
        assert!(code == Some(4) && complained.contains("refuses the connection"), "{args:?} {code:?} {complained}");
    }
    sim.restart().await.expect("the same port");
    let (code, said, _) = run_piped(home.path(), &sim, &["models", "pull", "qwen3:4b"]);
    assert_eq!((code, said.as_str()), (Some(0), "qwen3:4b is installed.\n"), "nothing was queued before");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_is_chosen_from_the_command_line() {
    let models = vec![ModelSpec::new("small:1b", 1_000_000), ModelSpec::new("large:8b", 8_000_000)];
    let sim =
        Simulator::start_with(SimulatorSettings { models, ..SimulatorSettings::default() }).await.expect("a simulator");
    let home = TempDir::new().expect("a folder");
    let models = |args: &[&str]| run_piped(home.path(), &sim, &[&["models"], args].concat());
    let select = || models(&["select", "--role", "scoring"]);
    let (code, _, complained) = select();
    assert!(code == Some(1) && complained.contains("Ollama does not have it"), "{code:?} {complained}");
    assert!(complained.contains("gleaner models use"), "{complained}");
    let (_, said, _) = run_piped(home.path(), &sim, &["doctor"]);
    assert!(said.contains("gleaner models use large:8b"), "{said}");

    assert_eq!(models(&["use", "nosuch:1b"]).0, Some(1));
    let (code, said, _) = models(&["use", "large:8b"]);
    assert_eq!((code, said.as_str()), (Some(0), "large:8b chooses categories and scores from now on.\n"));
    let (code, said, _) = select();
    assert!(code == Some(0) && said.contains("large:8b was chosen on the settings page"), "{said}");
    let (_, said, _) = models(&["use", "small:1b", "--scoring", "large:8b", "--json"]);
    let saved: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(
        (saved["categorization_model"].as_str(), saved["scoring_model"].as_str()),
        (Some("small:1b"), Some("large:8b"))
    );
    sim.remove("large:8b");
    let (code, _, complained) = select();
    assert!(code == Some(1) && complained.contains("large:8b"), "the scorer waits for it: {complained}");
}
