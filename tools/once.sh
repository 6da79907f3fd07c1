#!/usr/bin/env bash
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Run a command unless one is already at work on the same lab: `tools/once.sh LAB COMMAND …`.
# The lock is held by flock itself and not inherited, so that an engine started by the command doesn't keep it.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p .cache
status=0
flock --nonblock --close --conflict-exit-code 75 ".cache/$1.lock" "${@:2}" || status=$?
[ "$status" != 75 ] || echo "another run is at work on the lab $1; wait for it, or stop it (Ctrl-C there) first" >&2
exit "$status"
