#!/usr/bin/env bash
# Tests Gleaner with real reading clients. Usage: reader-clients-test.sh newsboat|miniflux|google-reader [PROGRAM]
# PROGRAM defaults to $GLEANER_BIN or the release binary. Installs the client; when that fails, it prints
# "skipped: READER: REASON" and succeeds; so it does for a part that an old client does not know.
set -euo pipefail
cd "$(dirname "$0")/.."
reader=${1:?newsboat, miniflux or google-reader}
program=$(realpath "${2:-${GLEANER_BIN:-${CARGO_TARGET_DIR:-target}/release/gleaner}}")
python=target/readers/bin/python

[[ -x $program ]] || { printf 'reader clients: there is no program at %s\n' "$program" >&2; exit 1; }
if ! reason=$(scripts/setup.sh "reader-$reader" 2>&1 > /dev/null); then
  printf 'skipped: reader-%s: %s\n' "$reader" "${reason##*gleaner: }"
  exit 0
fi
newsboat=target/tools/newsboat/newsboat
[[ -x $newsboat ]] || newsboat=newsboat
exec timeout 600 "$python" -B scripts/reader-clients-test.py "$reader" "$program" "$newsboat"
