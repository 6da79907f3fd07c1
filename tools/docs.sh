#!/usr/bin/env bash
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Build the documentation into docs/_build, with reference pages generated from plugins and argument specs. Any warning is an error.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.cache/venv/bin:$PATH"
export ANSIBLE_COLLECTIONS_PATH="$PWD/.cache/collections"
collection=$ANSIBLE_COLLECTIONS_PATH/ansible_collections/tierline/erp
[ -e "$collection" ] || { echo "docs: run make setup first" >&2; exit 1; }

echo "checking the collection's documentation"
antsibull-docs lint-collection-docs --plugin-docs --skip-rstcheck "$collection"
echo "generating docs/reference"
rm -rf docs/reference docs/_build && mkdir -p docs/reference && chmod 755 docs/reference
antsibull-docs --config-file docs/antsibull-docs.cfg collection --use-current --squash-hierarchy --fail-on-error --dest-dir docs/reference tierline.erp
python tools/estate_docs.py docs/reference/estate
echo "building docs/_build"
sphinx-build --fail-on-warning --keep-going --quiet -b html docs docs/_build
echo "docs/_build/index.html: $(find docs/_build -name '*.html' | wc -l) pages"
