#!/usr/bin/env bash
# The release binary alone in an empty folder: it starts, serves a page with its assets, copies its database, stops.
set -euo pipefail
binary=$(realpath "${1:-${CARGO_TARGET_DIR:-target}/release/gleaner}")
folder=$(mktemp -d)
server=
trap '[[ -z $server ]] || kill "$server" 2> /dev/null || true; rm -rf "$folder"' EXIT
cp "$binary" "$folder/gleaner"
cd "$folder"

env -i HOME="$folder" ./gleaner config check
env -i HOME="$folder" ./gleaner serve --addr 127.0.0.1:0 --data-dir data 2> log &
server=$!
for _ in $(seq 100); do
  url=$(sed -n 's/.*url=\(http[^ ]*\).*/\1/p' log)
  [[ -z $url ]] || break
  kill -0 "$server" 2> /dev/null || { cat log; exit 1; }
  sleep 0.1
done
[[ -n $url ]] || { echo "it did not become ready"; cat log; exit 1; }

page=$(curl -fsS "$url/")
grep -q '<title>' <<< "$page"
for kind in css js wasm; do
  asset=$(grep -o "/pkg/gleaner[^\"' ]*\.$kind" <<< "$page" | head -1)
  [[ -n $asset ]] || { echo "the page names no $kind"; exit 1; }
  headers=$(curl -fsS -o /dev/null -D - -H 'Accept-Encoding: br' "$url$asset")
  grep -qi '^content-encoding: br' <<< "$headers" || { echo "$asset does not come as brotli"; exit 1; }
  grep -qi '^cache-control: .*immutable' <<< "$headers" || { echo "$asset is not immutable"; exit 1; }
done
curl -fsS "$url/healthz" > /dev/null
curl -fsS "$url/readyz" > /dev/null
env -i HOME="$folder" ./gleaner db backup copy.db --data-dir data
env -i HOME="$folder" ./gleaner db check --data-dir data
if [[ " $(env -i HOME="$folder" ./gleaner --help) " == *" doctor "* ]]; then
  # Without an Ollama it finds something to say (exit 3), which is an answer too.
  env -i HOME="$folder" ./gleaner doctor --data-dir data || [[ $? == 3 ]]
fi

kill -TERM "$server"
wait "$server"
server=
echo "The binary runs alone."
