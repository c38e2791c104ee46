#!/usr/bin/env bash
# Checks commit subjects: `scope: imperative subject`, at most 72 characters. Commits before the rule are exempt by their date,
# which a shallow clone knows too.
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C.UTF-8

RULE_SINCE=2026-11-21T00:00:00Z
FORM='^[a-z0-9_/ ,.-]+: [a-z0-9](.*[^.])?$'
# Verbs that end like a past tense or a gerund, but are neither.
IMPERATIVE=' bring embed exceed feed need ping proceed seed shed speed spring string succeed '

git rev-parse --git-dir > /dev/null 2>&1 || { echo "skipped: commits: this folder is not a git repository"; exit 0; }

log=$(git log --no-merges --since="$RULE_SINCE" --format='%h %s')
problems=0 count=0
complain() { printf '%s %s\n    %s\n' "$1" "$2" "$3"; problems=$((problems + 1)); }
while read -r hash subject; do
  [[ -n $hash ]] || continue
  count=$((count + 1))
  if (( ${#subject} > 72 )); then
    complain "$hash" "$subject" "has ${#subject} characters, at most 72 are allowed"
  elif [[ ! $subject =~ $FORM ]]; then
    complain "$hash" "$subject" 'is not of the form "scope: imperative subject", in lower case and without a full stop'
  else
    verb=${subject#*: } verb=${verb%% *}
    if [[ $verb =~ (ed|ing)$ && $IMPERATIVE != *" $verb "* ]]; then
      complain "$hash" "$subject" "\"$verb\" is not an imperative"
    fi
  fi
done <<< "$log"
echo "$count commits checked"
(( problems == 0 ))
