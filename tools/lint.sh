#!/usr/bin/env bash
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Run every static check, each under its own name. `tools/lint.sh --only "ruff mypy"` runs some of them.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.cache/venv/bin:$PATH"
export ANSIBLE_COLLECTIONS_PATH="$PWD/.cache/collections"
# ansible-lint reads playbooks without an inventory, which ansible.cfg refuses elsewhere.
export ANSIBLE_INVENTORY_UNPARSED_FAILED=false ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED=false
mapfile -t scripts < <(git ls-files -co --exclude-standard | grep -E '\.sh$|^\.ci/run$')

exec tools/phases lint --keep-going \
  ruff="ruff check . tools/phases" \
  mypy="mypy plugins && mypy tools/phases" \
  yamllint="yamllint --strict ." \
  shellcheck="shellcheck --severity=warning ${scripts[*]}" \
  changelog="antsibull-changelog lint" \
  ansible-lint="ansible-lint --strict --nocolor --format=pep8" \
  "$@"
