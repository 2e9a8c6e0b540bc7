#!/bin/sh
# Makes what the benchmarks run besides the product, in .bench: BullMQ, RQ and Celery, the client of
# PostgreSQL, and what draws the plots, each pinned and in an environment of its own.
# usage: scripts/bench-tools.sh [PYTHON]
set -eu
cd "$(dirname "$0")/.."
python=${1:-python3}

missing=
command -v node >/dev/null || missing="$missing nodejs"
command -v npm >/dev/null || missing="$missing npm"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
if [ -n "$missing" ]; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "bench: the peers need$missing. Install it first: sudo apt-get install$missing" >&2
    exit 1
  fi
  echo "bench: installing$missing for the peers"
  # RUNLEVEL=1: no service is started. shellcheck disable=SC2086 # a list of words
  apt-get update -q >/dev/null &&
    RUNLEVEL=1 apt-get install -q -y --no-install-recommends $missing >/dev/null
fi

mkdir -p .bench
echo '*' >.bench/.gitignore

# A stamp is written last, so that a half-made environment is never taken for a whole one.
is_done() { [ "$(cat ".bench/$1/stamp" 2>/dev/null)" = "$2" ]; }

environment() { # NAME REQUIREMENTS
  stamp=$(cksum <"$2"; "$python" --version)
  is_done "$1" "$stamp" && return
  echo "bench: making .bench/$1"
  rm -rf ".bench/$1"
  "$python" -m venv ".bench/$1"
  ".bench/$1/bin/pip" install --quiet --require-hashes -r "$2"
  printf '%s\n' "$stamp" >".bench/$1/stamp"
}
environment rq benchmarks/peers/rq.txt
environment celery benchmarks/peers/celery.txt
environment postgres benchmarks/peers/postgres.txt
environment plots benchmarks/plots.txt

stamp=$(cat benchmarks/peers/package.json benchmarks/peers/package-lock.json | cksum; node --version)
if ! is_done bullmq "$stamp"; then
  echo "bench: making .bench/bullmq"
  rm -rf .bench/bullmq
  mkdir .bench/bullmq
  cp benchmarks/peers/package.json benchmarks/peers/package-lock.json .bench/bullmq
  (cd .bench/bullmq && npm ci --no-audit --no-fund --ignore-scripts --loglevel=error)
  printf '%s\n' "$stamp" >.bench/bullmq/stamp
fi
