#!/usr/bin/env bash
# Regenerates .sqlx, the descriptions of all queries for the compiler, with a temporary database.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v sqlx > /dev/null || {
  echo "gleaner: sqlx-cli is missing; cargo install --locked sqlx-cli@0.9.0 --no-default-features --features sqlite" >&2
  exit 1
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export SQLX_OFFLINE=false DATABASE_URL="sqlite:$folder/schema.db"
sqlx database create
sqlx migrate run --source migrations
cargo sqlx prepare -- --features ssr --all-targets
