#!/bin/sh
# One Pulumi command in each layer of an environment, in order, against the real cloud; the state is where PULUMI_BACKEND_URL says.
#   scripts/ci/layers.sh up|preview|drift <environment>
# drift compares the state with the cloud, changes neither, and ends with 3 where they differ, with 1 where that could not be told.
set -eu
verb=${1:?up, preview or drift}
environment=${2:?an environment}
case $environment in
  '' | *[!a-z0-9-]*) echo "\"$environment\" is no environment" >&2; exit 2 ;;
esac
: "${PULUMI_BACKEND_URL:?where the state is, such as gs://<project>-pulumi-state}"
root=$(cd "$(dirname "$0")/../.." && pwd -P)
eval "$(sh "$root/scripts/bootstrap.sh" --print-env)"
export PULUMI_SKIP_UPDATE_CHECK=true

drifted=0
for layer in 1-foundation 2-database 3-services 4-tenants; do
  printf '\n== stacks/%s, %s\n' "$layer" "$environment"
  set -- --cwd "$root/stacks/$layer" --stack "$environment" --non-interactive --color never
  case $verb in
    up) pulumi up --yes --policy-pack "$root/policies" --suppress-outputs "$@" ;;
    preview) pulumi preview --diff --policy-pack "$root/policies" --suppress-outputs "$@" ;;
    drift)
      log=$(mktemp)
      status=0
      pulumi refresh --preview-only --expect-no-changes --diff --suppress-outputs "$@" >"$log" 2>&1 || status=$?
      cat "$log"
      if [ "$status" -ne 0 ]; then
        grep -q 'no changes were expected' "$log" || exit 1
        drifted=1
      fi
      rm -f "$log"
      ;;
    *) echo "\"$verb\" is not up, preview or drift" >&2; exit 2 ;;
  esac
done
[ "$drifted" -eq 0 ] || exit 3
