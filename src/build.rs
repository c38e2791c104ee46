//! Creates the folder of embedded assets when it is missing, and rebuilds when migrations or assets change.

use std::{env, fs, path::Path};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=migrations");
    println!("cargo::rerun-if-changed=target/site");
    if env::var_os("CARGO_FEATURE_SSR").is_none() {
        return Ok(());
    }
    // rust-embed needs its folder at compile time.
    fs::create_dir_all("target/site/pkg")?;
    let has_wasm = Path::new("target/site/pkg")
        .read_dir()?
        .flatten()
        .any(|entry| entry.path().extension().is_some_and(|ext| ext == "wasm"));
    if env::var_os("PROFILE").is_some_and(|profile| profile == "release")
        && !has_wasm
        && env::var_os("GLEANER_NO_ASSETS").is_none()
    {
        return Err("target/site/pkg holds no wasm: build with `make run` or `cargo leptos build --release -P`, \
                    which builds the browser half first (benches set GLEANER_NO_ASSETS=1)"
            .into());
    }
    Ok(())
}
