#!/usr/bin/env bash
# Tests Gleaner behind a real proxy with the file of deploy/, over TLS and HTTP/2: without a base path, with one that is passed on, and
# with one that is stripped, with a body limit of 64 kB, and with a login service. A missing proxy is skipped and named;
# `scripts/setup.sh proxies` installs both.
# Usage: proxy-test.sh nginx|caddy [PROGRAM]   PROGRAM is $GLEANER_BIN or the release binary when it is not given.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin:$PWD/target/tools/usr/sbin:$PWD/target/tools/usr/bin
case ${1:-} in
  nginx | caddy) proxy=$1 ;;
  *) echo "usage: proxy-test.sh nginx|caddy [PROGRAM]" >&2; exit 2 ;;
esac
program=$(realpath "${2:-${GLEANER_BIN:-${CARGO_TARGET_DIR:-target}/release/gleaner}}")
deploy=$PWD/deploy
folder=$(mktemp -d)
pids=()
trap 'for pid in "${pids[@]}"; do kill "$pid" 2> /dev/null || true; done; wait 2> /dev/null || true; rm -rf "$folder"' EXIT

name=news.example.org
password='correct horse battery'
# Another address of this machine, since clients need another address than the trusted proxy.
client=127.0.0.2

say() { printf '    %s\n' "$*"; }
stop() { printf 'proxy test: %s\n' "$*" >&2; tail -n 5 "$folder"/*.log >&2 2> /dev/null || true; exit 1; }

# eventually SECONDS WHAT COMMAND…: repeats a command until it succeeds.
eventually() {
  local until=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" 2> /dev/null; do
    (( SECONDS < until )) || stop "$what did not come to be"
    sleep 0.1
  done
}

# free_ports COUNT: prints free TCP ports.
free_ports() {
  node -e 'const servers = Array.from({length: process.argv[1]}, () => require("net").createServer().listen(0, "127.0.0.1"));
    Promise.all(servers.map((s) => new Promise((done) => s.on("listening", done)))).then(() => {
      console.log(servers.map((s) => s.address().port).join(" ")); servers.forEach((s) => s.close()); });' "$1"
}

# The device of each Gleaner, by "at" and its base path.
declare -A users passwords tokens

# start_gleaner NAME BASE: the demo with a password and a device, behind a trusted proxy; sets port.
start_gleaner() {
  local log=$folder/gleaner-$1.log data device
  local settings=(HOME="$folder" TMPDIR="$folder" GLEANER_ACCESS__TRUSTED_PROXIES=127.0.0.1 GLEANER_ACCESS__USER_HEADER=Remote-User
    GLEANER_ACCESS__PUBLIC_URL="https://$name" GLEANER_ACCESS__BASE_PATH="$2")
  env -i "${settings[@]}" "$program" demo --addr 127.0.0.1:0 2> "$log" &
  pids+=($!)
  eventually 60 "a Gleaner that is ready" grep -q 'url=http' "$log"
  port=$(sed -n 's/.*url=http:\/\/[^ ]*:\([0-9]*\).*/\1/p' "$log" | head -n 1)
  data=$(sed -n 's/.*folder=\([^ ]*\).*/\1/p' "$log" | head -n 1)
  env -i "${settings[@]}" "$program" owner set-password --data-dir "$data" <<< "$password" > /dev/null
  device=$(env -i "${settings[@]}" "$program" clients add phone --json --data-dir "$data")
  users[at$2]=$(field username "$device")
  passwords[at$2]=$(field password "$device")
  tokens[at$2]=$(field token "$device")
}

# field NAME JSON: prints a string of a JSON object.
field() { node -p 'JSON.parse(process.argv[2])[process.argv[1]]' "$1" "$2"; }

# ask PATH OPTIONS…: one request as a browser sends it, over TLS to the proxy at $entry. With how=exec it takes the shell's place.
ask() {
  local path=$1
  shift
  ${how:-} curl -sS --max-time 30 --insecure --interface "$client" --connect-to "$name:443:127.0.0.1:$entry" \
    -b "$jar" -H 'accept: text/html' -H "origin: https://$name" -H 'sec-fetch-site: same-origin' "$@" "https://$name$path"
}

# head_of PATH OPTIONS…: status and headers, in lower-case names.
head_of() { ask "$@" -o /dev/null -D - | tr -d '\r' | sed 's/^\([A-Za-z-]*\):/\L\1:/'; }

# call PATH OPTIONS…: one request as a reader sends it, without cookies, over TLS to the proxy at $entry.
call() {
  local path=$1
  shift
  curl -sS --max-time 30 --insecure --interface "$client" --connect-to "$name:443:127.0.0.1:$entry" "$@" "https://$name$path"
}

# code_of PATH OPTIONS…: the status of a call.
code_of() { call "$@" -o /dev/null -w '%{http_code}'; }

same() { [[ $2 == "$3" ]] || stop "$label: $1: ${2:0:2000} instead of $3"; }

expect() { grep -q -- "$2" <<< "$1" || stop "$label: no \`$2\` in: ${1:0:2000}"; }
refuse() { ! grep -q -- "$2" <<< "$1" || stop "$label: \`$2\` in: $(grep -- "$2" <<< "$1")"; }

login() {
  local head
  jar=/dev/null
  head=$(head_of "$base/feeds?view=all")
  expect "$head" "^HTTP/2 302"
  expect "$head" "^location: $base/login?next=%2Ffeeds%3Fview%3Dall$"
  expect "$(ask "$base/login")" "action=\"$base/fn/access/login\""
  jar=$folder/cookies-$RANDOM
  touch "$jar"
  head=$(head_of "$base/fn/access/login" -c "$jar" -d name=owner --data-urlencode "password=$password" -d next=/feeds)
  expect "$head" "^location: $base/feeds$"
  expect "$head" "^set-cookie: __[HS]e*.*gleaner=.*; Path=${base:-/};.*; Secure$"
  expect "$head" "^strict-transport-security: max-age=31536000$"
  [[ $(ask "$base/feeds" -o /dev/null -w '%{http_code}') == 200 ]] || stop "$label: no page after the login"
}

pages() {
  local page body outside
  for page in / /feeds /categories /chat /settings /settings/access /settings/clients /status /keys; do
    body=$(ask "$base$page")
    expect "$body" '<title>'
    [[ -z $base ]] || { outside=$(grep -oE '(href|src|action|formaction)="/[^"]*"' <<< "$body" | grep -v "\"$base[/\"?]" || true)
      [[ -z $outside ]] || stop "$label: $page leads out of $base: $outside"; }
  done
  expect "$(ask "$base/settings/clients")" "https://$name$base/"
  [[ $(ask "$base/healthz") == ok ]] || stop "$label: /healthz is not ok"
}

# The sign-ins show the address of the client, not that of the proxy or a forged one.
addresses() {
  local page
  expect "$(head_of "$base/fn/access/login" -H 'x-forwarded-for: 203.0.113.7' -d name=owner -d password=wrong)" "^location: "
  page=$(ask "$base/settings/access")
  expect "$page" "$client"
  refuse "$page" 203.0.113.7
  refuse "$page" 127.0.0.1
  # A client that sends the header of the proxy's user gets no access.
  jar=/dev/null expect "$(jar=/dev/null head_of "$base/feeds" -H 'remote-user: owner')" "^location: $base/login"
}

form() {
  local head folder_name="Folder $RANDOM"
  head=$(head_of "$base/fn/folders/add" -H "referer: https://$name$base/feeds" --data-urlencode "name=$folder_name")
  expect "$head" "^location: $base/feeds"
  expect "$(ask "$base/feeds")" "$folder_name"
}

# The state and later changes arrive while the stream stays open.
live_updates() {
  local events=$folder/events-$RANDOM stream id
  how=exec ask "$base/api/events" -N --max-time 60 > "$events" &
  stream=$!
  pids+=("$stream")
  eventually 10 "$label: the begin of the event stream" grep -q '^event: ' "$events"
  id=$(ask "$base/api/articles?view=all&limit=1" | grep -o '"id":[0-9]*' | head -n 1 | cut -d : -f 2)
  expect "$(head_of "$base/fn/articles/mark" -H "referer: https://$name$base/" -d "read=$id")" "^location: "
  eventually 10 "$label: the event of a change" grep -q "^data: {\"id\":$id}" "$events"
  kill -0 "$stream" || stop "$label: the event stream ended"
  kill "$stream"
  wait "$stream" 2> /dev/null || true
}

# The pieces of an answer arrive one by one.
chat() {
  local times=$folder/times-$RANDOM
  ask "$base/api/chat" -N -H 'content-type: application/json' \
    -d '{"messages":[{"role":"user","content":"Say something long about telescopes, please."}]}' \
    | while IFS= read -r line; do [[ $line != data:* ]] || printf '%s\n' "${EPOCHREALTIME/[.,]/}"; done > "$times"
  local pieces spread
  pieces=$(wc -l < "$times")
  (( pieces > 5 )) || stop "$label: an answer of $pieces pieces"
  spread=$(( $(tail -n 1 "$times") - $(head -n 1 "$times") ))
  (( spread > 150000 )) || stop "$label: all $pieces pieces of an answer came within $spread µs"
}

# Each API of readers, at each of its addresses; at the root, Google Reader is not tried below a base path, which may have the same name.
readers() {
  local user=${users[at$base]} password=${passwords[at$base]} token=${tokens[at$base]} root auth key icon
  local roots=("$base/api/greader.php")
  [[ -n $base ]] || roots+=("")
  for root in "${roots[@]}"; do
    auth=$(call "$root/accounts/ClientLogin" -d "Email=$user" --data-urlencode "Passwd=$password" | sed -n 's/^Auth=//p')
    [[ -n $auth ]] || stop "$label: no login at $root/accounts/ClientLogin"
    expect "$(call "$root/reader/api/0/user-info" -H "authorization: GoogleLogin auth=$auth")" "\"userName\":\"$user\""
    same "a read mark at $root" "$(call "$root/reader/api/0/edit-tag" -H "authorization: GoogleLogin auth=$auth" \
      --data-binary "@$folder/thousand" -H 'content-type: application/x-www-form-urlencoded')" OK
    icon=$(call "$root/reader/api/0/subscription/list?output=json" -H "authorization: GoogleLogin auth=$auth" \
      | grep -o '"iconUrl":"[^"]*"' | grep -m 1 http || true)
    [[ -z $icon || $icon == "\"iconUrl\":\"https://$name$base/icons/"* ]] || stop "$label: $icon"
  done
  expect "$(call "$base/v1/me" -H "x-auth-token: $token")" "\"username\":\"$user\""
  expect "$(call "$base/v1/entries?limit=1" -u "$user:$password")" '"entries":\[{'
  same /healthcheck "$(call "$base/healthcheck")" OK
  key=$(printf '%s' "$user:$password" | md5sum | cut -d ' ' -f 1)
  for root in fever/ fever api/fever.php; do
    expect "$(call "$base/$root?api&unread_item_ids" -d "api_key=$key")" '"auth":1'
  done
  expect "$(call "$base/api/articles?limit=1" -H "authorization: Bearer $token")" '"items"'
  same 'a request without secrets' "$(code_of "$base/v1/me")" 401
}

# check_proxy LABEL ENTRY BASE
check_proxy() {
  label=$1 entry=$2 base=$3
  login
  pages
  form
  addresses
  readers
  live_updates
  chat
  say "$label: login, pages, a form, addresses, readers, live updates, chat"
}

# With 64 kB for a body everything works but what is longer.
small_bodies() {
  check_proxy "$proxy, 64 kB for a body" "$1" ""
  # nginx answers 413; Caddy answers 502 or ends the stream.
  case $(head -c 70000 /dev/zero | code_of /v1/import -H "x-auth-token: ${tokens[at]}" --data-binary @- 2> /dev/null) in
    413 | 502 | 000) ;;
    *) stop "$label: a body of 70 kB passed" ;;
  esac
}

# Behind a login service nobody names the user but that service, on no path; what brings secrets of its own passes.
login_service() {
  local path token=${tokens[at]} claim='remote-user: owner'
  label="$proxy with a login service" entry=$1 base=
  jar=/dev/null
  for path in / /feeds /settings/access /api/articles /api/events /metrics; do
    expect "$(head_of "$path" -H "$claim")" '^location: https://login.example.org/$'
  done
  for path in /v1/me /reader/api/0/user-info /api/greader.php/reader/api/0/user-info /icons/x /out/x.atom; do
    case $(code_of "$path" -H "$claim") in 401 | 404) ;; *) stop "$label: $path lets in who claims to be the owner" ;; esac
  done
  expect "$(call '/fever/?api' -H "$claim" -d api_key=x)" '"auth":0'
  for path in /api/articles /settings/access; do
    same "$path with a wrong token" "$(code_of "$path" -H "$claim" -H 'authorization: Bearer gl_wrong')" 401
  done
  # The service lets this one pass and names no user: the name that the client sends must not take its place.
  expect "$(head_of /keys -H "$claim")" '^location: /login?next=%2Fkeys$'
  # A page that passes without the login, which the files of deploy/ do not do, shows that the header is removed there too.
  expect "$(head_of /searches -H "$claim")" '^location: /login?next=%2Fsearches$'
  for path in /healthz /healthcheck /manifest.webmanifest; do same "$path" "$(code_of "$path")" 200; done
  readers
  same 'a token without a scope' "$(code_of /metrics -H "authorization: Bearer $token")" 403
  jar=$folder/login-cookies
  printf '%s\tFALSE\t/\tTRUE\t0\tlogin\tours\n' "$name" > "$jar"
  same 'a page with a login' "$(ask /feeds -o /dev/null -w '%{http_code}' -H 'remote-user: somebody')" 200
  expect "$(ask '/api/articles?limit=1')" '"items"'
  form
  live_updates
  chat
  say "$label: only the service names the user; readers pass, and with a login pages, a form, live updates, chat"
}

# Each sets entries: the ports of its sites.
start_nginx() {
  read -ra entries <<< "$(free_ports 7)"
  mkdir -p "$folder/nginx/temp"
  # server ENTRY LOCATION UPSTREAM [FILE]: a file of deploy/ for one port.
  server() {
    sed -e "s|listen 443 |listen 127.0.0.1:$1 |" -e "s|/etc/nginx/gleaner/|$folder/|" -e "s|location / {|location $2 {|" \
      -e "s|http://127.0.0.1:3000|http://127.0.0.1:$3|" -e "s|127.0.0.1:9091|127.0.0.1:$service|" "$deploy/${4:-nginx.conf}"
  }
  {
    [[ $(id -u) != 0 ]] || echo "user root;"
    printf 'daemon off; pid %s/nginx.pid; error_log %s/nginx.log;\nevents {}\nhttp {\naccess_log off;\n' "$folder" "$folder"
    for kind in client_body proxy fastcgi uwsgi scgi; do echo "${kind}_temp_path $folder/nginx/temp/$kind;"; done
    echo "upstream gleaner_backend { server 127.0.0.1:$plain; }"
    server "${entries[0]}" / "$plain"
    server "${entries[1]}" /reader/ "$below"
    # Asked over HTTP/1.0, as nginx does by itself, an answer is held back until it ends, unless it says otherwise.
    server "${entries[2]}" /reader/ "$below/" | sed '/proxy_http_version/d'
    server "${entries[3]}" / "$plain" | sed -e '/proxy_set_header Host/d' -e "s|proxy_pass .*|proxy_pass http://gleaner_backend;|"
    server "${entries[4]}" / "$plain" | sed '/proxy_set_header Host/d'
    server "${entries[5]}" / "$plain" | sed 's/client_max_body_size .*;/client_max_body_size 64k;/'
    server "${entries[6]}" / "$plain" nginx-login.conf | sed 's/|healthcheck|/|healthcheck|searches|/'
    echo '}'
  } > "$folder/nginx.conf"
  nginx -e "$folder/nginx.log" -p "$folder/nginx" -c "$folder/nginx.conf" 2>> "$folder/nginx.log" &
  pids+=($!)
  eventually 10 "nginx" curl -sko /dev/null "https://127.0.0.1:${entries[0]}/"
}

# Without the line for the Host: the address of proxy_pass is allowed, but only Sec-Fetch-Site tells that a form is our own; a name is
# refused, and the refusal names the proxy as the cause.
nginx_by_itself() {
  local page
  label="nginx with a name as its Host" entry=${entries[3]} base=
  jar=/dev/null
  page=$(ask /)
  expect "$page" 'The host name gleaner_backend is not allowed'
  expect "$page" 'proxy_set_header Host'
  same 'the page' "$(ask / -o /dev/null -w '%{http_code}')" 403
  say "$label: refused, with the proxy as the cause"
  label="nginx with its address as its Host" entry=${entries[4]}
  jar=$folder/cookies-of-the-address
  touch "$jar"
  expect "$(head_of /fn/access/login -c "$jar" -d name=owner --data-urlencode "password=$password" -d next=/feeds)" '^location: /feeds$'
  form
  page=$(call /fn/folders/add -b "$jar" -H 'accept: text/html' -H "origin: https://$name" -d name=Refused)
  expect "$page" "The page is at $name, but the request came with the Host header 127.0.0.1"
  expect "$page" 'proxy_set_header'
  say "$label: pages and forms work; a form without Sec-Fetch-Site is refused, with the proxy as the cause"
}

start_caddy() {
  read -ra entries <<< "$(free_ports 7)"
  # site ENTRY HANDLE UPSTREAM [FILE]: a file of deploy/ for one port, with a certificate of our own.
  site() {
    sed -e "s|^$name {|https://$name:$1 {\n\ttls $folder/cert.pem $folder/key.pem|" -e "s|^\thandle {|\t$2 {|" \
      -e "s|127.0.0.1:3000|127.0.0.1:$3|" -e "s|127.0.0.1:9091|127.0.0.1:$service|" "$deploy/${4:-Caddyfile}"
  }
  {
    printf '{\n\tadmin off\n\tskip_install_trust\n\tauto_https disable_redirects\n\tdefault_bind 127.0.0.1\n}\n'
    site "${entries[0]}" handle "$plain"
    site "${entries[1]}" 'handle /reader*' "$below"
    site "${entries[2]}" 'handle_path /reader*' "$below"
    site "${entries[5]}" handle "$plain" | sed 's|\thandle {|\thandle {\n\t\trequest_body {\n\t\t\tmax_size 64KB\n\t\t}|'
    site "${entries[6]}" handle "$plain" Caddyfile-login | sed 's| /healthcheck | /healthcheck /searches |'
  } > "$folder/Caddyfile"
  env -i HOME="$folder" XDG_DATA_HOME="$folder" XDG_CONFIG_HOME="$folder" "$(command -v caddy)" run --config "$folder/Caddyfile" \
    --adapter caddyfile 2> "$folder/caddy.log" &
  pids+=($!)
  eventually 20 "Caddy" curl -sko /dev/null --connect-to "$name:443:127.0.0.1:${entries[0]}" "https://$name/"
}

# Headers of a proxy that is not trusted are ignored.
strangers() {
  local head
  head=$(curl -sS --interface 127.0.0.3 -o /dev/null -D - -H 'accept: text/html' -H 'remote-user: owner' -H 'x-forwarded-for: 127.0.0.1' \
    "http://127.0.0.1:$plain/feeds" | tr -d '\r')
  label=stranger expect "$head" 'location: /login?next=%2Ffeeds'
  say "headers of a proxy that is not trusted are dropped"
}

[[ -x $program ]] || stop "$program is not there; \`make build\` makes it"
for needed in openssl "$proxy"; do
  command -v "$needed" > /dev/null || { echo "skipped: proxy-$proxy: $needed is not installed"; exit 0; }
done
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$name" -addext "subjectAltName=DNS:$name" \
  -keyout "$folder/key.pem" -out "$folder/cert.pem" 2> /dev/null
start_gleaner plain ""
plain=$port
start_gleaner below /reader
below=$port
strangers
service=$(free_ports 1)
node scripts/login-service.mjs "$service" &
pids+=($!)
eventually 10 "the login service" curl -so /dev/null "http://127.0.0.1:$service/"
# The ids of the longest mark of NetNewsWire.
for id in {1..1000}; do printf 'i=tag:google.com,2005:reader/item/%016x&' "$id"; done > "$folder/thousand"
printf 'a=user/-/state/com.google/read' >> "$folder/thousand"
"start_$proxy"
check_proxy "$proxy" "${entries[0]}" ""
check_proxy "$proxy, below a path" "${entries[1]}" /reader
check_proxy "$proxy, below a path that it strips" "${entries[2]}" /reader
small_bodies "${entries[5]}"
login_service "${entries[6]}"
[[ $proxy != nginx ]] || nginx_by_itself
