#!/usr/bin/env bash
# Makes a filesystem mirror of hashicorp/aws from the registry, for TF_PROVIDER_MIRROR:
#
#     scripts/mirror-provider.sh FOLDER VERSION…
set -euo pipefail

mirror=${1:?where the mirror goes}
shift
mkdir -p "$mirror"
for version in "$@"; do
  work=$(mktemp -d)
  printf '{"terraform":{"required_providers":{"aws":{"source":"hashicorp/aws","version":"%s"}}}}\n' "$version" >"$work/main.tf.json"
  terraform -chdir="$work" init -backend=false -input=false
  # What init unpacks is laid out as a mirror is.
  cp -R "$work/.terraform/providers/." "$mirror/"
  rm -rf "$work"
done
