#!/usr/bin/env bash
# Smoke test: services, models, one short chat, a feed that is fetched, scored and read, and the doctor.
# Usage: smoke-test.sh [PROGRAM]   the program alone in an empty folder, then with sample feeds and a simulated Ollama
#        smoke-test.sh http://…    a running Gleaner with its feeds and models; changes nothing
# PROGRAM is $GLEANER_BIN or the release binary when it is not given.
set -euo pipefail
folder=$(mktemp -d)
server=
trap '[[ -z $server ]] || kill "$server" 2> /dev/null || true; rm -rf "$folder"' EXIT

say() { printf '    %s\n' "$*"; }
stop() { printf 'smoke test: %s\n' "$*" >&2; exit 1; }

# json EXPRESSION: of the document on standard input, called `it`.
json() { node -e 'const it = JSON.parse(require("fs").readFileSync(0, "utf8")); console.log(eval(process.argv[1]))' "$1"; }
get() { curl -fsS --max-time 30 "$url$1"; }
send() { curl -fsS --max-time 600 -X "$1" -H 'content-type: application/json' -d "$3" "$url$2"; }

# eventually SECONDS WHAT COMMAND…: repeats a command until it succeeds.
eventually() {
  local until=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" 2> /dev/null; do
    (( SECONDS < until )) || stop "$what did not come to be; the last words of the log: $(tail -n 5 "$folder/log" 2> /dev/null)"
    [[ -z $server ]] || kill -0 "$server" 2> /dev/null || stop "it ended: $(tail -n 5 "$folder/log")"
    sleep 0.2
  done
}

gleaner() { env -i HOME="$folder" GLEANER_FETCH__ALLOW_NETWORKS=127.0.0.0/8 GLEANER_FETCH__FULL_TEXT=false "$folder/gleaner" "$@"; }

# start ARGUMENTS…: in the background, on a free port; sets url.
start() {
  env -i HOME="$folder" TMPDIR="$folder" "$folder/gleaner" "$@" --addr 127.0.0.1:0 2> "$folder/log" &
  server=$!
  eventually 30 "a line that says that it is ready" grep -q 'url=http' "$folder/log"
  url=$(sed -n 's/.*url=\(http[^ ]*\).*/\1/p' "$folder/log" | head -n 1)
}

end() {
  kill -TERM "$server"
  wait "$server" || stop "it did not stop as it should: $(tail -n 5 "$folder/log")"
  server=
}

services() {
  [[ $(get /healthz) == ok ]] || stop "$url/healthz is not ok"
  get /readyz | grep -q '"database":"ok"' || stop "the database is not ready: $(get /readyz)"
  [[ $(get /) == *"<title>"* ]] || stop "the inbox is no page"
  get /metrics | tail -n 1 | grep -qx '# EOF' || stop "the metrics are cut off"
  say "services are up at $url"
}

# Assets are compressed and cached for ever; only a build with assets has them.
assets() {
  local page kind asset headers tag status
  page=$(get /)
  for kind in css js wasm; do
    asset=$(grep -o "/pkg/gleaner[^\"' ]*\.$kind" <<< "$page" | head -n 1) || true
    [[ -n $asset ]] || stop "the page names no $kind"
    headers=$(curl -fsS -o /dev/null -D - -H 'Accept-Encoding: br' "$url$asset")
    grep -qi '^content-encoding: br' <<< "$headers" || stop "$asset does not come as brotli"
    grep -qi '^cache-control: .*immutable' <<< "$headers" || stop "$asset is not immutable"
    tag=$(sed -n 's/^etag: //Ip' <<< "$headers" | tr -d '\r')
    status=$(curl -sS -o /dev/null -w '%{http_code}' -H 'Accept-Encoding: br' -H "If-None-Match: $tag" "$url$asset")
    [[ $status == 304 ]] || stop "$asset is sent again with $status, though it has not changed"
  done
  say "the browser's half is there"
}

connected() { [[ $(get /api/ollama/health | json it.connected) == true ]]; }

models() {
  eventually 30 "a connection to Ollama" connected
  local model
  model=$(get /api/ollama/config | json it.scoring_model)
  get /api/ollama/models | grep -qF "\"$model\"" || stop "Ollama does not have $model; \`gleaner doctor\` says what to do"
  say "Ollama answers and has $model"
}

chat() {
  local answer
  answer=$(send POST /api/chat '{"messages":[{"role":"user","content":"Say yes."}],"stream":false}') || stop "no answer to a question"
  [[ -n $(json it.message.content <<< "$answer") ]] || stop "an empty answer: $answer"
  say "$(json it.model <<< "$answer") answered in $(json it.duration_ms <<< "$answer") ms"
}

fetched() { (( $(get /api/feeds | json 'it.filter(feed => feed.health.state === "ok").length') > 0 )); }
scored() { (( $(get /metrics | sed -n 's/^gleaner_scoring_articles{state="scored"} //p') > 0 )); }

# An article with a score that a model gave.
judged() {
  get '/api/articles?view=all&limit=100' | json '(it.items.find(one => one.score && !one.score.provisional) ?? {id: ""}).id'
}

feeds() {
  eventually 60 "a feed that was fetched" fetched
  say "$(get /api/feeds | json 'it.filter(feed => feed.health.state === "ok").length') feeds fetched"
  eventually 120 "an article with a score" scored
  local id
  id=$(judged)
  [[ -n $id ]] || stop "none of the best articles has a score by a model"
  get "/api/articles/$id" | json '`an article has ${it.score.composite.toFixed(1)} points: ${it.score.reasoning}`' | sed 's/^/    /'
}

reading() {
  local id
  id=$(judged)
  send PATCH "/api/articles/$id" '{"is_read":true}' > /dev/null
  [[ $(get "/api/articles/$id" | json it.is_read) == true ]] || stop "article $id was read and is not"
  [[ $(get "/articles/$id") == *"<article"* ]] || stop "/articles/$id shows no article"
  say "it was read"
}

alone() {
  gleaner config check > /dev/null
  start serve --data-dir "$folder/data"
  services
  [[ -n ${GLEANER_NO_ASSETS:-} ]] || assets
  gleaner db backup "$folder/copy.db" --data-dir "$folder/data" > /dev/null
  gleaner db check --data-dir "$folder/data" > /dev/null
  # Without an Ollama the doctor must fail (exit 3); nothing listens on port 9.
  gleaner doctor --data-dir "$folder/data" --ollama-host 127.0.0.1:9 > "$folder/said" && stop "the doctor missed that there is no Ollama"
  grep -q 'FAIL *ollama' "$folder/said" || stop "the doctor said: $(cat "$folder/said")"
  end
  say "it runs alone, copies its database, and stops when told"
}

with_simulator() {
  start demo
  services
  models
  chat
  feeds
  reading
  local data
  data=$(sed -n 's/.*folder=\([^ ]*\).*/\1/p' "$folder/log" | head -n 1)
  gleaner doctor --data-dir "$data" --ollama-host "$(get /api/ollama/health | json it.host)" > "$folder/said" \
    || stop "the doctor said: $(cat "$folder/said")"
  say "the doctor: $(tail -n 1 "$folder/said")"
  end
}

case ${1:-} in
  http://* | https://*)
    url=${1%/}
    services
    models
    chat
    feeds
    ;;
  *)
    program=${1:-${GLEANER_BIN:-${CARGO_TARGET_DIR:-target}/release/gleaner}}
    [[ -x $program ]] || stop "$program is not there; \`make build\` makes it"
    cp "$program" "$folder/gleaner"
    cd "$folder"
    alone
    with_simulator
    ;;
esac
echo "Everything works."
