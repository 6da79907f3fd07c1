#!/usr/bin/env bash
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Lock requirements*.in into requirements*.txt with hashes. Arguments go to pip-compile: --upgrade, or --upgrade-package NAME.
# Run it with the oldest Python supported (3.11): what it picks must install on all of them.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.cache/venv/bin:$PATH"
unset PIP_FIND_LINKS   # the files must not depend on where this machine finds its packages
export CUSTOM_COMPILE_COMMAND="tools/lock.sh"
python -c 'import sys; sys.exit(None if sys.version_info[:2] == (3, 11) else "tools/lock.sh needs Python 3.11, the oldest supported; this is " + sys.version)'
for name in requirements requirements-dev tests/bench/requirements; do
  echo "locking $name.txt"
  pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe \
    --no-emit-index-url --no-emit-find-links --no-emit-trusted-host "$@" --output-file "$name.txt" "$name.in"
done
