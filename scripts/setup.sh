#!/bin/sh
# Makes .venv whole, or leaves none: pinned, hashed requirements and the console script `scandispatch`.
# usage: scripts/setup.sh [PYTHON]
set -eu
cd "$(dirname "$0")/.."
python=${1:-python3}

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "setup: $python is older than 3.11; name a newer one: make setup PYTHON=python3.12" >&2
  exit 1
}

# A stamp is written last, so that a half-made .venv is never taken for a whole one.
packages=$(cat requirements.txt requirements-dev.txt | cksum; "$python" --version)
project=$(cksum <pyproject.toml)
is_done() { [ -x .venv/bin/python ] && [ "$(cat ".venv/$1" 2>/dev/null)" = "$2" ]; }

if ! is_done packages "$packages"; then
  if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
      echo "setup: installing python3-venv (Debian's python3 comes without ensurepip)"
      apt-get update -q && apt-get install -q -y --no-install-recommends python3-venv
    else
      echo "setup: this Python has no ensurepip. Install it: sudo apt-get install python3-venv" >&2
      exit 1
    fi
  fi
  rm -rf .venv
  echo "setup: making .venv from requirements.txt and requirements-dev.txt (about a minute)"
  "$python" -m venv .venv
  .venv/bin/pip install --quiet --require-hashes -r requirements.txt -r requirements-dev.txt
  printf '%s\n' "$packages" >.venv/packages
fi
if ! is_done project "$project"; then
  .venv/bin/pip install --quiet --no-deps --no-build-isolation --editable .
  printf '%s\n' "$project" >.venv/project
  echo "setup: done. .venv/bin/scandispatch --help"
fi
