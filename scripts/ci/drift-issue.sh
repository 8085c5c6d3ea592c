#!/bin/sh
# Opens one issue for an environment that has drifted, adds to it while it stays so, and closes it when it is as it should be again.
# The issue names the run, not the difference: what differs may be nobody's to read in public.
#   scripts/ci/drift-issue.sh <environment> <0|3> <address of the run>
set -eu
environment=${1:?an environment}
status=${2:?0 or 3}
run=${3:?address of the run}
title="Drift in $environment"
open=$(gh issue list --repo "$GITHUB_REPOSITORY" --state open --search "in:title \"$title\"" --json number,title \
  --jq "map(select(.title == \"$title\")) | .[0].number // empty")
case $status in
  0)
    [ -z "$open" ] || gh issue close "$open" --repo "$GITHUB_REPOSITORY" --comment "As it should be again: $run"
    ;;
  3)
    body="The cloud of $environment differs from its state; $run shows where. Undo it there, or write it into the code and deploy."
    if [ -n "$open" ]; then
      gh issue comment "$open" --repo "$GITHUB_REPOSITORY" --body "$body"
    else
      gh issue create --repo "$GITHUB_REPOSITORY" --title "$title" --body "$body"
    fi
    ;;
  *) echo "\"$status\" tells nothing of drift" >&2; exit 2 ;;
esac
