#!/usr/bin/env bash
# Makes .venv from the hashed list of packages, fetches igv.js, and sees that the programs bedtools and npm are there.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
  printf 'setup: %s\n' "$*" >&2
  exit 1
}

# Debian packages that root may install; anybody else is told the command.
need_program() { # program package
  command -v "$1" >/dev/null && return
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$2" >/dev/null
  else
    fail "the program $1 is missing; type: sudo apt-get install $2"
  fi
}

python=${PYTHON:-python3}
command -v "$python" >/dev/null || fail "there is no $python; type: sudo apt-get install python3 python3-venv"
"$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' ||
  fail "$("$python" --version) does not fit; Python 3.11, 3.12 or 3.13 is needed (for example: make PYTHON=python3.13)"
if ! "$python" -c 'import ensurepip' 2>/dev/null; then
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || fail "type: sudo apt-get install python3-venv"
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv >/dev/null
fi
need_program bedtools bedtools
need_program npm npm

"$python" -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check --prefer-binary --require-hashes -r requirements.txt
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
.venv/bin/python -m xpresso_core.igv resources/igv
