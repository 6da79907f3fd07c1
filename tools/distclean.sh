#!/usr/bin/env bash
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# After `make clean`: remove the lab's images from the engine, and everything under .cache/.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ -x .cache/venv/bin/ansible ] && docker info >/dev/null 2>&1; then
  tools/run.sh ansible localhost -i localhost, -m tierline.erp.lab_images -a state=absent
fi
if [ -d .cache/lab ] && [ -n "$(ls -A .cache/lab)" ]; then
  echo "these labs are still there, and .cache/ holds their secrets: $(ls .cache/lab | tr '\n' ' '); make clean LAB=<name> first" >&2
  exit 1
fi
rm -rf .cache
