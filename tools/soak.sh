#!/usr/bin/env bash
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# A long campaign of random faults on the scenario postgres_failover, whose lab is made first and kept afterwards:
#   tools/soak.sh 1000 [--seed N] [--resume FOLDER] …      the rest goes to the campaign (python -m ledger --help)
# Remove the lab with: tools/run.sh molecule destroy -s postgres_failover
set -euo pipefail
cd "$(dirname "$0")/.."
faults=$1
shift
tools/run.sh molecule create -s postgres_failover
tools/run.sh molecule converge -s postgres_failover
# The passwords of the scenario's throw-away cluster, molecule/postgres_failover/vars.yml.
export PGPASSWORD=ledger-of-the-lab LEDGER_API_PASSWORD=api-of-the-lab LEDGER_PGBOUNCER_PASSWORD=switchover-of-the-lab
PYTHONPATH=tests exec tools/run.sh python -m ledger \
  --lab mol-postgres-failover --cluster failover --faults "$faults" "$@"
