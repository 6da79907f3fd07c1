#!/usr/bin/env bash
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Run a command with the checkout's own Python, collections and cache: `tools/run.sh ansible-playbook …`.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
[ -x "$root/.cache/venv/bin/ansible" ] || { echo "run make setup first" >&2; exit 1; }
export PATH="$root/.cache/venv/bin:$PATH"
export TIERLINE_CACHE="$root/.cache"
export ANSIBLE_COLLECTIONS_PATH="$root/.cache/collections"
export ANSIBLE_CONFIG="$root/ansible.cfg"
export MOLECULE_GLOB="$root/molecule/*/molecule.yml"
export ANSIBLE_HOME="$root/.cache/ansible"
exec "$@"
