#!/usr/bin/env bash
# Resolve every requirements file from one resolution, so that a package has one version everywhere.
# No file names an index: `uv` uses the one this machine is set up for, and writes hashes only.
set -euo pipefail
uv=${1:-uv}
cd "$(dirname "$0")/.."
compile() { "$uv" pip compile -q --universal --python-version 3.11 --no-header --no-annotate --no-emit-index-url --no-emit-find-links "$@"; }

compile requirements/future.in requirements/build.in pyproject.toml --all-extras -o requirements/constraints.txt
compile requirements/bootstrap.in --generate-hashes -o requirements/bootstrap.txt
compile pyproject.toml requirements/build.in -c requirements/constraints.txt --generate-hashes -o requirements/school.txt
compile pyproject.toml requirements/build.in --extra example -c requirements/constraints.txt --generate-hashes -o requirements/run.txt
compile pyproject.toml requirements/build.in --all-extras -c requirements/constraints.txt --generate-hashes -o requirements/dev.txt
compile requirements/browser.in -c requirements/constraints.txt --generate-hashes -o requirements/browser.txt
if grep -n -i -E 'https?://|index' requirements/*.txt; then
  echo "a requirements file names an address" >&2
  exit 1
fi
