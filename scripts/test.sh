#!/usr/bin/env bash
# Runs every check, the fastest first, also after one failed. The last line counts them; before it there is a line
# "skipped: NAME: REASON" for each that was skipped. GLEANER_CORPORA names the folder of the corpora.
set -uo pipefail
cd "$(dirname "$0")/.."

logs=target/checks
mkdir -p "$logs"
passed=0 failed=0 skipped=0 failures=() skips=()

# Incremental builds are disabled, since they take most of the disk and do not help a clone that is built once.
[[ -z ${CI:-} ]] || export CARGO_INCREMENTAL=0

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
  local reasons
  if ! step "$@"; then
    failed=$((failed + 1))
  elif reasons=$(grep '^skipped: ' "$logs/$1.log"); then
    skipped=$((skipped + 1)) skips+=("$reasons")
  else
    passed=$((passed + 1))
  fi
}

# suite NAME COMMAND…: a step whose tests count one by one. It counts as one failure when it fails without a failed test, or has
# no tests at all.
suite() {
  local name=$1 status counts reasons good bad left_out
  step "$@"
  status=$?
  counts=$(node scripts/tally.mjs "$logs/$name.log") || counts="0 0 0"
  { read -r good bad left_out; mapfile -t reasons; } <<< "$counts"
  if (( bad == 0 && (status != 0 || good + left_out == 0) )); then
    bad=1
    (( status != 0 )) || failures+=("$name (no test was found)")
  fi
  passed=$((passed + good)) failed=$((failed + bad)) skipped=$((skipped + left_out)) skips+=("${reasons[@]}")
  printf '    %d passed, %d failed, %d skipped\n' "$good" "$bad" "$left_out"
}

# Tests over the corpora are marked as ignored; so is the one with a real model server.
corpora=()
[[ -z ${GLEANER_CORPORA:-} ]] || corpora=(-- --include-ignored --skip a_real_server_is_killed_and_started_again)
browser=(--lib --features hydrate --target wasm32-unknown-unknown)
# Private items are documented too, so links to them are allowed.
doc_flags="--cfg erase_components -D warnings -A rustdoc::private_intra_doc_links"

# The release build spends most of its time on one core, so it goes on beside the checks that compile for the debug profile.
release_build() { wait "$release"; local status=$?; cat "$logs/make-build.log"; return $status; }

check format cargo fmt --check
check commits scripts/check-commits.sh
check browser-half make --no-print-directory browser-half
make --no-print-directory build > "$logs/make-build.log" 2>&1 &
release=$!
check lints-server cargo clippy --features ssr --all-targets --quiet -- -D warnings
check lints-browser cargo clippy "${browser[@]}" --quiet -- -D warnings
check documentation env RUSTDOCFLAGS="$doc_flags" cargo doc --features ssr --no-deps --document-private-items --quiet
check tests-compile cargo test --features ssr --no-run
check release-build release_build
# A test of other readers' APIs writes what became of each call of each reader.
reader_calls=${CARGO_TARGET_DIR:-target}/tmp/calls-of-readers.txt
rm -f "$reader_calls"
suite unit-and-integration env GLEANER_FUZZ_SECONDS="${GLEANER_FUZZ_SECONDS:-10}" cargo test --features ssr --no-fail-fast "${corpora[@]}"
[[ ! -e $reader_calls ]] || { say calls-of-readers; cat "$reader_calls"; }
[[ -z ${GLEANER_CORPORA:-} ]] ||
  check model-server echo "skipped: model-server: make test-servers builds llama.cpp's server and takes twenty minutes"
check service-unit scripts/check-service-unit.sh
check dependencies scripts/check-dependencies.sh
check advisories scripts/check-advisories.sh
check size make --no-print-directory size
check smoke scripts/smoke-test.sh
check proxy-nginx scripts/proxy-test.sh nginx
check proxy-caddy scripts/proxy-test.sh caddy
check text-browser scripts/text-browser-test.sh
check reader-newsboat scripts/reader-clients-test.sh newsboat
check reader-miniflux scripts/reader-clients-test.sh miniflux
check reader-google-reader scripts/reader-clients-test.sh google-reader
# The release build in a browser, with the simulated Ollama that takes commands; the tests have built that example.
suite end-to-end npx --no-install playwright test --config end2end

(( ${#failures[@]} == 0 )) || printf 'failed: %s\n' "${failures[*]}"
(( ${#skips[@]} == 0 )) || printf '%s\n' "${skips[@]}"
printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
(( failed == 0 && passed > 0 ))
