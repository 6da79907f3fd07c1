#!/usr/bin/env bash
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Run a playbook command and fail unless no host reported a change: `tools/unchanged.sh ansible-playbook …`.
set -euo pipefail
log=$(mktemp)
trap 'rm -f "$log"' EXIT
"$@" 2>&1 | tee "$log"
if ! grep -q 'changed=' "$log"; then echo "no play was run: nothing was proven"; exit 1; fi
if changed=$(grep -E 'changed=[1-9]' "$log"); then
  printf '\nThese hosts report changes where there must be none:\n%s\n' "$changed"
  exit 1
fi
echo "no change on any host"
