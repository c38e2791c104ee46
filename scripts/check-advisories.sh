#!/usr/bin/env bash
# Known vulnerabilities and unmaintained crates (the RustSec advisory database), and all other rules of deny.toml, by cargo-deny.
# Skipped when the database cannot be reached; otherwise cargo-deny is installed.
set -euo pipefail
cd "$(dirname "$0")/.."

database=$(sed -n 's/^db-urls = \["\(.*\)"\]$/\1/p' deny.toml)
# Neither a password prompt nor a silent network may block the checks.
export GIT_TERMINAL_PROMPT=0
timeout 30 git ls-remote --quiet "$database" HEAD > /dev/null || {
  echo "skipped: advisories: the advisory database $database cannot be reached"
  exit 0
}
scripts/setup.sh advisories
timeout 300 cargo deny --all-features --locked check
