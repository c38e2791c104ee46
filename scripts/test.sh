#!/usr/bin/env bash
# Every check there is, in the order in which they fail fastest. All run, also after one failed; the last line counts them.
set -uo pipefail
cd "$(dirname "$0")/.."

logs=target/checks
mkdir -p "$logs"
passed=0 failed=0 skipped=0 failures=()

say() { printf '\033[1m==> %s\033[0m\n' "$*"; }

# step NAME COMMAND…: runs it, keeps its output in a log, shows the end of it when it fails.
step() {
  local name=$1 log=$logs/$1.log began=$SECONDS
  shift
  say "$name"
  "$@" > "$log" 2>&1
  local status=$?
  if (( status == 0 )); then
    printf '    done (%d s)\n' $((SECONDS - began))
  else
    failures+=("$name")
    tail -n 60 "$log"
    printf '    FAILED after %d s; all of it is in %s\n' $((SECONDS - began)) "$log"
  fi
  return $status
}

# check NAME COMMAND…: a step that counts as one. It counts as skipped when it succeeds and prints "skipped: NAME: REASON".
check() {
  if ! step "$@"; then
    failed=$((failed + 1))
  elif grep '^skipped: ' "$logs/$1.log"; then
    skipped=$((skipped + 1))
  else
    passed=$((passed + 1))
  fi
}

# suite NAME COMMAND…: a step whose tests count one by one; one that fails without a failed test counts as one.
suite() {
  local name=$1 before=$failed ok
  step "$@"
  ok=$?
  local counts
  counts=$(node scripts/tally.mjs "$logs/$name.log") || counts="0 0"
  read -r good bad <<< "$counts"
  passed=$((passed + good)) failed=$((failed + bad))
  if (( ok != 0 && failed == before )); then failed=$((failed + 1)); fi
  printf '    %d passed, %d failed\n' "$good" "$bad"
}

browser=(--lib --features hydrate --target wasm32-unknown-unknown)

check format cargo fmt --check
check commits scripts/check-commits.sh
check lints-server cargo clippy --features ssr --all-targets --quiet -- -D warnings
check lints-browser cargo clippy "${browser[@]}" --quiet -- -D warnings
suite unit-and-stories cargo test --features ssr --no-fail-fast
check dependencies scripts/check-dependencies.sh
check advisories scripts/check-advisories.sh
check release-build make --no-print-directory build
check size make --no-print-directory size
check smoke scripts/smoke-test.sh
suite end-to-end npx --no-install playwright test --config end2end

(( ${#failures[@]} == 0 )) || printf 'failed: %s\n' "${failures[*]}"
printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
(( failed == 0 && passed > 0 ))
