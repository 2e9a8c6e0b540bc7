#!/bin/sh
# Installs what tests run besides Python: nmap (the engine's tests, and its DTD for exports), xmllint
# (judges exports by it), curl (the README's scanner). Below: each tool and the package it is in.
set -eu
missing=
for tool in nmap:nmap xmllint:libxml2-utils curl:curl; do
  command -v "${tool%:*}" >/dev/null || missing="$missing ${tool#*:}"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "setup: installing$missing for the tests"
  # shellcheck disable=SC2086 # a list of words
  apt-get update -q >/dev/null && apt-get install -q -y --no-install-recommends $missing >/dev/null
else
  echo "setup: the tests need$missing. Install it first: sudo apt-get install$missing" >&2
  exit 1
fi
