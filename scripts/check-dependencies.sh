#!/usr/bin/env bash
# Licences, sources, duplicates and known flaws of all crates, by the rules of deny.toml. cargo-deny does it where it is
# installed; elsewhere a short check of our own covers licences, sources and duplicates.
set -euo pipefail
cd "$(dirname "$0")/.."
if command -v cargo-deny > /dev/null; then
  # The list of known flaws comes from the network; without it the rest is still worth checking.
  cargo deny --all-features check licenses bans sources
  cargo deny --all-features check advisories || {
    [[ -n $(find "${CARGO_HOME:-$HOME/.cargo}/advisory-dbs" -maxdepth 1 -mindepth 1 2> /dev/null) ]] && exit 1
    echo "the list of known flaws could not be had; not checked"
  }
else
  cargo metadata --format-version 1 --locked --features ssr | node scripts/check-dependencies.mjs deny.toml
fi
