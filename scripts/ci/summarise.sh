#!/bin/sh
# Runs a command and puts what it prints into the job's summary, under a title. Ends as the command does.
#   scripts/ci/summarise.sh <title> <command> [argument…]
set -u
title=$1
shift
log=$(mktemp)
status=0
"$@" >"$log" 2>&1 || status=$?
cat "$log"
if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
  # A summary holds a megabyte; a fence longer than any in the text keeps the text text.
  {
    printf '### %s: %s\n\n~~~~~~text\n' "$title" "$([ "$status" -eq 0 ] && echo passed || echo "failed ($status)")"
    tail -c 200000 "$log"
    printf '\n~~~~~~\n\n'
  } >>"$GITHUB_STEP_SUMMARY"
fi
rm -f "$log"
exit "$status"
