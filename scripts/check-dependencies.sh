#!/usr/bin/env bash
# Licenses, sources and duplicates of all crates, by the rules of deny.toml, without a tool to install. check-advisories.sh runs
# cargo-deny on the same rules.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo metadata --format-version 1 --locked --features ssr | node scripts/check-dependencies.mjs deny.toml
