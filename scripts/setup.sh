#!/bin/sh
# Makes .venv whole, or leaves none: pinned, hashed requirements and the console script `scandispatch`.
# usage: scripts/setup.sh [PYTHON]
set -eu
cd "$(dirname "$0")/.."
python=${1:-python3}
stamp=.venv/complete

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "setup: $python is older than 3.11; name a newer one: make setup PYTHON=python3.12" >&2
  exit 1
}
wanted=$(cat requirements.txt requirements-dev.txt pyproject.toml scripts/setup.sh | cksum; "$python" --version)
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && .venv/bin/python -c '' 2>/dev/null; then
  exit 0
fi

if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "setup: installing python3-venv (Debian's python3 comes without ensurepip)"
    apt-get update -q && apt-get install -q -y --no-install-recommends python3-venv
  else
    echo "setup: this Python has no ensurepip. Install it first: sudo apt-get install python3-venv" >&2
    exit 1
  fi
fi

rm -rf .venv
echo "setup: making .venv from requirements.txt and requirements-dev.txt (about a minute)"
"$python" -m venv .venv
.venv/bin/pip install --quiet --require-hashes -r requirements.txt -r requirements-dev.txt
.venv/bin/pip install --quiet --no-deps --no-build-isolation --editable .
printf '%s\n' "$wanted" >"$stamp"
echo "setup: done. .venv/bin/scandispatch --help"
