//! The simulated Ollama of `gleaner demo` with a control, for the end-to-end tests: prints its two addresses as one line of JSON and
//! ends when its standard input does.

#[path = "../src/tests/support/simulator/mod.rs"]
#[expect(dead_code, unused_imports, reason = "the integration tests use all of it")]
mod simulator;

use gleaner::server::demo;
use serde_json::json;
use simulator::Simulator;
use std::io::{self, Read as _, Write as _};

#[tokio::main]
async fn main() -> io::Result<()> {
    let mut ollama = Simulator::start_with(demo::simulator_settings()).await?;
    let control = ollama.enable_control().await?;
    writeln!(io::stdout(), "{}", json!({ "ollama": ollama.url, "control": control }))?;
    let input_ended = tokio::task::spawn_blocking(|| io::stdin().read_to_end(&mut Vec::new()));
    input_ended.await??;
    Ok(())
}
