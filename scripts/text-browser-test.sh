#!/usr/bin/env bash
# Does the tasks of a daily reader with w3m, a text browser without JavaScript. Usage: text-browser-test.sh [PROGRAM]
# PROGRAM defaults to $GLEANER_BIN or the release binary. Installs w3m; when that fails, it prints "skipped: text-browser: REASON" and
# succeeds.
set -euo pipefail
cd "$(dirname "$0")/.."
program=$(realpath "${1:-${GLEANER_BIN:-${CARGO_TARGET_DIR:-target}/release/gleaner}}")

[[ -x $program ]] || { printf 'text browser: there is no program at %s\n' "$program" >&2; exit 1; }
if ! reason=$(scripts/setup.sh text-browser 2>&1 > /dev/null); then
  printf 'skipped: text-browser: %s\n' "${reason##*gleaner: }"
  exit 0
fi
exec timeout 300 python3 -B scripts/text-browser-test.py "$program"
