#!/usr/bin/env bash
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Unit tests; the pure logic (everything below module_utils that touches no socket, file or process) is covered to 95 % of its lines.
set -euo pipefail
cd "$(dirname "$0")/.."
exec .cache/venv/bin/pytest tests/unit --cov=.cache/collections/ansible_collections/tierline/erp/plugins/module_utils \
  --cov-report=term:skip-covered --cov-fail-under=95 "$@"
