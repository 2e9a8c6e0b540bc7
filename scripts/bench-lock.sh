#!/bin/sh
# Compiles the pinned requirements of the benchmarks' peers and plots, and BullMQ's lock.
set -eu
cd "$(dirname "$0")/../benchmarks"
for name in peers/rq peers/celery peers/postgres plots; do
  ../.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade \
    "$name.in" -o "$name.txt"
done
cd peers
npm install --package-lock-only --omit-lockfile-registry-resolved
