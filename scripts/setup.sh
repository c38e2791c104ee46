#!/usr/bin/env bash
# Installs missing tools and prints what it does.
# Usage: setup.sh build|browser|proxies|advisories|text-browser|reader-newsboat|reader-miniflux|reader-google-reader
set -euo pipefail
cd "$(dirname "$0")/.."

CARGO_LEPTOS=0.3.11
CARGO_DENY=0.20.2
MINIFLUX_CLIENT=1.1.6
GOOGLE_READER_CLIENT=0.0.3
# Debian bookworm's newsboat cannot star articles over the API of Miniflux; that of this release can.
NEWSBOAT_DEBIAN=trixie
NEWSBOAT_WITH_STARS=2.35
CHROMIUM=${CHROMIUM:-/usr/bin/chromium}

say() { printf '\033[1m==> %s\033[0m\n' "$*"; }
stop() { printf 'gleaner: %s\n' "$*" >&2; exit 1; }
has() { command -v "$1" > /dev/null 2>&1; }

rust_tools() {
  has rustup || stop "rustup is missing; get it from https://rustup.rs and try again"
  has node && has npm || stop "Node (20 or newer, with npm) is missing; get it from https://nodejs.org and try again"
  has cc || stop "a C compiler is missing (SQLite is built from source); on Debian: apt-get install build-essential"
  # rust-toolchain.toml names the version and the target; using either installs it.
  rustup show active-toolchain > /dev/null 2>&1 || { say "installing the Rust toolchain"; rustup toolchain install; }
  rustup target list --installed | grep -qx wasm32-unknown-unknown || {
    say "adding the WebAssembly target"
    rustup target add wasm32-unknown-unknown
  }
}

cargo_tools() {
  [[ "$(cargo leptos --version 2> /dev/null)" == *"$CARGO_LEPTOS"* ]] || install_cargo_leptos
  local bindgen
  bindgen=$(awk '/^name = "wasm-bindgen"$/ { getline; gsub(/[^0-9.]/, ""); print; exit }' Cargo.lock)
  [[ "$(wasm-bindgen --version 2> /dev/null)" == *"$bindgen"* ]] || {
    say "installing wasm-bindgen $bindgen (about two minutes)"
    cargo install --locked "wasm-bindgen-cli@$bindgen" --no-default-features --bin wasm-bindgen
  }
}

install_cargo_leptos() {
  if has cargo-binstall && cargo binstall --no-confirm --quiet "cargo-leptos@$CARGO_LEPTOS"; then return; fi
  say "installing cargo-leptos $CARGO_LEPTOS (about four minutes)"
  install_unoptimized --ignore-rust-version "cargo-leptos@$CARGO_LEPTOS"
}

# Optimizing a build tool costs more time than it saves.
install_unoptimized() {
  CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=256 CARGO_PROFILE_RELEASE_OPT_LEVEL=0 \
    cargo install --locked "$@"
}

advisory_tools() {
  [[ "$(cargo deny --version 2> /dev/null)" == *"$CARGO_DENY"* ]] && return
  if has cargo-binstall && cargo binstall --no-confirm --quiet "cargo-deny@$CARGO_DENY"; then return; fi
  say "installing cargo-deny $CARGO_DENY (about two minutes)"
  install_unoptimized "cargo-deny@$CARGO_DENY"
}

npm_tools() {
  local stamp=node_modules/.gleaner
  cmp -s package.json "$stamp" && return
  say "installing the npm tools"
  # Playwright uses the system's Chromium. Versions are exact in package.json, without a lock file, whose optional packages differ
  # between systems.
  PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm install --no-audit --no-fund --no-package-lock --loglevel=error \
    || stop "the npm tools could not be installed; is the npm registry reachable?"
  cp package.json "$stamp"
}

browser() {
  [[ -x $CHROMIUM ]] && return
  has apt-get || stop "Chromium is missing at $CHROMIUM; install it, or set CHROMIUM to where it is"
  say "installing Chromium"
  local root=()
  [[ $(id -u) == 0 ]] || root=(sudo)
  local packages=(chromium fonts-dejavu-core)
  # A first attempt may fail on vanished temporary files.
  "${root[@]}" apt-get update -qq || "${root[@]}" apt-get update -qq || true
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${packages[@]}" > /dev/null \
    || "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${packages[@]}" > /dev/null \
    || stop "Chromium could not be installed with apt-get; install it, or set CHROMIUM to where it is"
}

# The lists of packages may be missing or old; only root can update them.
download() {
  apt-get download -qq "$1" > /dev/null 2>&1 && return
  [[ $(id -u) == 0 ]] && apt-get update -qq && apt-get download -qq "$1" > /dev/null
}

# nginx and Caddy for scripts/proxy-test.sh: unpacked, not installed, so that no service starts. Without one its test is skipped.
proxies() {
  local package folder
  for package in nginx caddy; do
    PATH=$PATH:/usr/sbin:$PWD/target/tools/usr/sbin:$PWD/target/tools/usr/bin has "$package" && continue
    has apt-get && has dpkg-deb || continue
    say "unpacking $package into target/tools"
    mkdir -p target/tools
    folder=$(mktemp -d)
    if (cd "$folder" && download "$package") && dpkg-deb -x "$folder"/*.deb target/tools; then :; else
      say "$package cannot be had; its test will be skipped"
    fi
    rm -rf "$folder"
  done
}

# Python in an environment of its own, for the tests with real readers.
python() {
  [[ -x target/readers/bin/python ]] && return
  has python3 || stop "Python 3 is missing"
  python3 -m venv target/readers > /dev/null || stop "Python's venv is missing; on Debian: apt-get install python3-venv"
}

# Whether a newsboat can star articles over the API of Miniflux.
newsboat_stars() {
  local version
  version=$("$1" -v 2> /dev/null | sed -n '1s/.*oat \([0-9][0-9.]*\).*/\1/p')
  [[ -n $version ]] && printf '%s\n' "$NEWSBOAT_WITH_STARS" "$version" | sort -VC
}

# newsboat of a newer Debian with its libraries, unpacked and not installed: the loader comes along, so that the libraries of this
# system do not matter. target/tools/newsboat/newsboat starts it.
newer_newsboat() {
  local folder=$PWD/target/tools/newsboat state site package
  newsboat_stars "$folder/newsboat" && return
  has apt-get && has dpkg-deb && grep -qx ID=debian /etc/os-release || return 1
  # The address that this system uses itself.
  site=$(sed -nE 's/^(URIs:|deb( \[[^]]*\])?) +([^ ]+\/debian)\/?( .*)?$/\3/p' /etc/apt/sources.list /etc/apt/sources.list.d/* 2> /dev/null | head -n 1)
  [[ -n $site ]] || return 1
  say "unpacking newsboat of Debian $NEWSBOAT_DEBIAN into target/tools"
  state=$(mktemp -d)
  mkdir -p "$state/lists/partial" "$state/cache/archives/partial" "$folder"
  printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' "$site" "$NEWSBOAT_DEBIAN" > "$state/sources.list"
  local options=(-qq -o "Dir::State=$state" -o Dir::State::status=/dev/null -o "Dir::Cache=$state/cache" -o "Dir::Etc::sourcelist=$state/sources.list"
    -o Dir::Etc::sourceparts=/dev/null -o Acquire::Languages=none -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false -o Debug::NoLocking=true)
  apt-get "${options[@]}" update > /dev/null 2>&1 \
    && apt-get "${options[@]}" install --download-only --no-install-recommends --yes newsboat > /dev/null 2>&1 \
    && for package in "$state"/cache/archives/*.deb; do dpkg-deb -x "$package" "$folder/files" || break; done
  rm -rf "$state"
  cat > "$folder/newsboat" << 'END'
#!/bin/sh
libraries=$(echo "$(dirname "$0")"/files/usr/lib/*-linux-gnu*)
GCONV_PATH=$libraries/gconv exec "$libraries"/ld-linux-*.so.* --library-path "$libraries" "$(dirname "$0")/files/usr/bin/newsboat" "$@"
END
  chmod +x "$folder/newsboat"
  newsboat_stars "$folder/newsboat" || { rm -rf "$folder"; return 1; }
}

# install_package NAME: a program of Debian.
install_package() {
  has apt-get || stop "$1 is missing"
  say "installing $1"
  local root=()
  [[ $(id -u) == 0 ]] || root=(sudo -n)
  "${root[@]}" apt-get update -qq > /dev/null 2>&1 || true
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$1" > /dev/null 2>&1 \
    || stop "$1 could not be installed with apt-get"
}

text_browser() {
  has python3 || stop "Python 3 is missing"
  has w3m && return
  install_package w3m
}

reader_newsboat() {
  python
  has newsboat && newsboat_stars newsboat && return
  newer_newsboat && return
  has newsboat && return
  install_package newsboat
}

reader_miniflux() {
  python
  target/readers/bin/python -c "from importlib.metadata import version; assert version('miniflux') == '$MINIFLUX_CLIENT'" 2> /dev/null && return
  say "installing the client for Miniflux"
  target/readers/bin/python -m pip install --quiet --disable-pip-version-check "miniflux==$MINIFLUX_CLIENT" > /dev/null 2>&1 \
    || stop "the package miniflux $MINIFLUX_CLIENT could not be installed with pip"
}

reader_google_reader() {
  python
  target/readers/bin/python -c "from importlib.metadata import version; assert version('google-reader') == '$GOOGLE_READER_CLIENT'" 2> /dev/null && return
  say "installing the client for Google Reader"
  # It declares a newer Python than Debian's, but works with that.
  target/readers/bin/python -m pip install --quiet --disable-pip-version-check --ignore-requires-python \
    "google-reader==$GOOGLE_READER_CLIENT" > /dev/null 2>&1 \
    || stop "the package google-reader $GOOGLE_READER_CLIENT could not be installed with pip"
}

case ${1:-build} in
  build) rust_tools; cargo_tools; npm_tools ;;
  browser) browser ;;
  proxies) proxies ;;
  advisories) advisory_tools ;;
  text-browser) text_browser ;;
  reader-newsboat) reader_newsboat ;;
  reader-miniflux) reader_miniflux ;;
  reader-google-reader) reader_google_reader ;;
  *) stop "usage: setup.sh build|browser|proxies|advisories|text-browser|reader-newsboat|reader-miniflux|reader-google-reader" ;;
esac
