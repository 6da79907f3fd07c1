#!/usr/bin/env bash
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Measure, on the lab named by LAB (default bench), which is left standing: make clean LAB=bench removes it.
# Each benchmark prints its ratio to a peer, or seconds and megabytes; what is worth keeping goes to docs/benchmarks.md by hand.
set -euo pipefail
cd "$(dirname "$0")/.."
export LAB=${LAB:-bench}
inventory=(-i inventories/hybrid -i inventories/lab)
echo "machine: $(nproc) cores, $(free -g | awk '/Mem:/ {print $2}') GB; $(date +%F); load $(cut -d' ' -f1 /proc/loadavg)"

echo; echo "== resolving 1,000 environments in 10 cells, against ansible.builtin.constructed"
tools/run.sh python tests/bench/resolve_estate.py

echo; echo "== the demo: first run on this lab, then once more"
make demo LAB="$LAB"
make demo LAB="$LAB"

echo; echo "== no-op converge of the lab"
time tools/unchanged.sh tools/run.sh ansible-playbook "${inventory[@]}" playbooks/site.yml

echo; echo "== memory of an idle environment"
for host in shared-app1 dedicated-app1; do
  docker exec "$LAB-$host" docker stats --no-stream --format '{{.Name}} {{.MemUsage}}'
done

echo; echo "== postgres_tenants: 200 tenants in one call, against loops of community.postgresql modules"
tools/run.sh python tests/bench/postgres_tenants.py --inventory inventories/hybrid --inventory inventories/lab --host shared-db1

echo; echo "== backups and restores of 5 GB, against pg_dump, pg_restore and pg_basebackup"
tools/run.sh python tests/bench/backup_restore.py --container "$LAB-shared-db1" --stanza shared

echo; echo "== static files and attachments: nginx before a slot, against the same Odoo without it"
docker exec "$LAB-shared-app1" sh -c 'command -v wrk >/dev/null || { apt-get -q update && apt-get -qy install wrk; }'
docker exec -i "$LAB-shared-app1" python3 - acme_prod-blue <tests/bench/odoo_files.py

echo; echo "== people and a campaign of releases, beside a plain compose file"
[ -x .cache/bench/bin/locust ] || { python3 -m venv .cache/bench && .cache/bench/bin/pip -q install --require-hashes --no-deps -r tests/bench/requirements.txt; }
tools/run.sh python tests/bench/availability.py --lab "$LAB" --locust .cache/bench/bin/locust --picture .cache/availability.svg

echo; echo "== how long until books are back, and how much of them isn't"
tools/run.sh python tests/bench/recovery.py --lab "$LAB" --certificates ".cache/lab/$LAB/certificates" --picture .cache/recovery.svg
