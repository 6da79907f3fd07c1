#!/usr/bin/env bash
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Say what was built, where it is and how it is: `tools/summary.sh TOPOLOGY [CHANGED]`. CHANGED is what the run before it changed.
set -euo pipefail
cd "$(dirname "$0")/.."
topology=$1
folder=.cache/lab/${LAB:-demo}
text=$PWD/$folder/summary.txt
tools/run.sh ansible-playbook -i "inventories/$topology" -i inventories/lab playbooks/summary.yml \
  -e "summary_file=$text summary_topology=$topology verify_results_dir=$PWD/$folder summary_certificates=$folder/certificates summary_secrets_file=$folder/secrets.yml summary_ca_file=$folder/pki/ca.crt" \
  >"$folder/summary.log" 2>&1 || { tail -n 40 "$folder/summary.log"; exit 1; }
echo
echo "Estate '$topology' on lab '${LAB:-demo}'"
if [ -r .cache/logs/demo/site.log ]; then
  changed=$(cat .cache/logs/demo/{lab,site}.log | grep -oE 'changed=[0-9]+' | cut -d= -f2 | paste -sd+ | awk -F+ '{for (i = 1; i <= NF; i++) sum += $i; print sum + 0}')
  if [ "$changed" = 0 ]; then echo "Nothing was changed: the estate was already as declared."; else echo "$changed changes were made to get there."; fi
fi
echo
cat "$text"
