#!/usr/bin/env bash
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Make this machine able to run the collection from the checkout: Python packages in .cache/venv, the checkout linked as a collection.
# Safe to run again; it does nothing when all is there. `tools/setup.sh dev` adds what the tests need.
set -euo pipefail
cd "$(dirname "$0")/.."
what=${1:-run}
cache=$PWD/.cache
umask 022

fail() { echo "setup: $*" >&2; exit 1; }
[ "$(id -u)" = 0 ] || fail "this starts a container engine and needs root: run it as root, or with sudo"
[ -r /etc/debian_version ] || fail "Debian 12 or 13 is needed; this is $(. /etc/os-release 2>/dev/null && echo "${PRETTY_NAME:-unknown}")"
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "Python 3.11 or newer is needed; python3 is $(python3 --version 2>&1)"
mkdir -p "$cache"
free=$(df --output=avail -BG "$cache" | tail -n 1 | tr -dc 0-9)
need=${LAB_MINIMUM_DISK_GB:-15}
[ "$free" -ge "$need" ] || fail "$cache has $free GB free; the lab's images and databases need $need GB (LAB_MINIMUM_DISK_GB says otherwise)"

# A package installation that was cut off is completed first; apt refuses to work otherwise.
if [ -n "$(dpkg --audit)" ]; then dpkg --configure -a; fi

packages=()
python3 -c 'import ensurepip, venv' 2>/dev/null || packages+=(python3-venv)
command -v git >/dev/null || packages+=(git)
if [ ${#packages[@]} -gt 0 ]; then
  echo "installing ${packages[*]}"
  apt-get update -qq || fail "apt-get update failed: is a Debian mirror reachable?"
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null || fail "apt could not install ${packages[*]}"
fi

lock=requirements.txt
[ "$what" = run ] || lock=requirements-dev.txt
stamp=$cache/venv/.$lock.$(sha256sum "$lock" | cut -c1-16)
if [ ! -e "$stamp" ]; then
  echo "installing Python packages from $lock"
  [ -x "$cache/venv/bin/pip" ] || python3 -m venv --clear "$cache/venv"
  # The lock has all of them: nothing to resolve, where an older pip takes a newer release for a package that is asked for with extras.
  "$cache/venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes --no-deps -r "$lock" || fail "pip could not install $lock"
  touch "$stamp"
fi

# The checkout is the collection: linked, never copied, so that no stale copy shadows it.
mkdir -p "$cache/collections/ansible_collections/tierline"
ln -sfn "$PWD" "$cache/collections/ansible_collections/tierline/erp"
echo "ready: $("$cache/venv/bin/ansible" --version | sed -n 1p)"
