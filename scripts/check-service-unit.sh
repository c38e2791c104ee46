#!/usr/bin/env bash
# Checks deploy/gleaner.service with systemd-analyze; skipped where systemd is not installed.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v systemd-analyze > /dev/null || { echo "skipped: service-unit: systemd-analyze is not installed"; exit 0; }

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# The unit is checked for an executable at its place; any other one does.
sed "s|/usr/local/bin/gleaner|$(command -v true)|" deploy/gleaner.service > "$folder/gleaner.service"
# Errors of other units of this machine, and the exit status that they cause, are ignored.
systemd-analyze verify --man=no "$folder/gleaner.service" 2> "$folder/complaints" || true
! grep -F gleaner.service "$folder/complaints"
