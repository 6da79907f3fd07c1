#!/usr/bin/env bash
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Run `ansible-test sanity` on what the collection's tarball would contain. Arguments go to ansible-test: --test NAME, a path …
# Everything it needs (a virtual environment per test) is made once and kept in .cache/sanity.
set -euo pipefail
umask 077
cd "$(dirname "$0")/.."
export PATH="$PWD/.cache/venv/bin:$PATH"
work=$PWD/.cache/sanity home=$PWD/.cache/sanity/home
tree=$work/ansible_collections/tierline/erp
rm -rf "$tree" && mkdir -p "$tree" "$home/.ansible/test/cache" "$home/.config/pip"

ansible-galaxy collection build --force --output-path "$work" . >"$work/build.log" 2>&1 || { cat "$work/build.log"; exit 1; }
tar -xzf "$work"/tierline-erp-*.tar.gz -C "$tree"
git init --quiet "$tree"   # ansible-test lists files with git: in the checkout's own repository these are ignored

# ansible-test starts pip with HOME and PATH alone: give it the pip settings that are in force here.
{
  echo "[global]"
  pip config list | sed -nE "s/^[^=]*\.([a-z-]+)='(.*)'$/\1 = \2/p" | sort -u -t= -k1,1
} >"$home/.config/pip/pip.conf"

# … and it would download a script that installs pip; Python brings a pip of its own which can do that.
version=$(python -c 'from ansible_test._internal.python_requirements import __file__ as f; print(f)' | xargs sed -nE "s/^ +pip='([0-9.]+)',/\1/p")
cat >"$home/.ansible/test/cache/get_pip_${version//./_}.py" <<'PYTHON'
import subprocess
import sys

subprocess.check_call([sys.executable, "-m", "ensurepip"], stdout=subprocess.DEVNULL)
words = [word for word in sys.argv[1:] if word not in ("--no-setuptools", "--no-wheel")]
sys.exit(subprocess.call([sys.executable, "-m", "pip", "install", *words]))
PYTHON

cd "$tree"
HOME=$home exec ansible-test sanity --local --requirements --python "$(python -c 'import sys; print("%d.%d" % sys.version_info[:2])')" --color no --truncate 0 "$@"
