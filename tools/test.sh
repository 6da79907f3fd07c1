#!/usr/bin/env bash
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# The whole suite. Says what it will do, shows progress, keeps a log of each phase, and ends with `N passed, N failed`.
#   tools/test.sh --only "unit lint"     runs some of it
set -euo pipefail
cd "$(dirname "$0")/.."
export LAB=${LAB:-test} TOPOLOGY=${TOPOLOGY:-hybrid}
run=tools/run.sh
play="$run ansible-playbook -i inventories/$TOPOLOGY -i inventories/lab"
verify="$play playbooks/verify.yml -e verify_results_dir=$PWD/.cache/lab/$LAB"
# What a user runs is run as users run it, with Ansible's own strategy and connection: lab, site, verify. What repeats it, or rehearses it,
# has one connection to each host for a whole playbook (docs/lab.md), and so have proofs, which repeat much. TIERLINE_STRATEGY=linear goes without everywhere.
repeat="env ANSIBLE_TIMEOUT=60 ANSIBLE_STRATEGY=${TIERLINE_STRATEGY:-mitogen_anywhere} ANSIBLE_STRATEGY_PLUGINS=$PWD/tools/strategy"

# sanity leaves out what lint has just done, each of which would install its tool once more (`make sanity` does it all).
# Two at a time, for two cores: a converge waits more than it computes. The estate on its lab, and beside it all that needs none or
# its own; when the estate is through, two of those.
phases=(
  setup="tools/setup.sh dev"
  estate/lab="$play playbooks/lab.yml"
  estate/empty-check="$repeat $play playbooks/site.yml --check --diff"
  estate/site="$play playbooks/site.yml"
  estate/again="tools/unchanged.sh $repeat $play playbooks/lab.yml && tools/unchanged.sh $repeat $play playbooks/site.yml"
  estate/check="tools/unchanged.sh $repeat $play playbooks/site.yml --check --diff"
  estate/books="$repeat $play playbooks/lab_books.yml"
  estate/prove="$repeat $play playbooks/restore_verify.yml -e restore_verify_directory=$PWD/.cache/lab/$LAB/certificates"
  estate/verify="$verify"
  estate/people="$repeat $play playbooks/lab_login.yml && $repeat $play playbooks/accounts.yml && tools/unchanged.sh $repeat $play playbooks/accounts.yml"
  estate/estate="$repeat $run pytest tests/integration/estate"
  estate/clean="$repeat $run ansible-playbook -i inventories/lab playbooks/lab.yml -e lab_state=absent -e lab_stop_engine=false"
  any/lint="$run tools/lint.sh"
  any/unit="$run tools/unit.sh"
  any/docs="$run tools/docs.sh"
  any/sanity="$run tools/sanity.sh --skip-test changelog --skip-test pep8 --skip-test shellcheck --skip-test yamllint"
  any/tarball="$run tools/tarball.sh"
)
for scenario in molecule/*/molecule.yml; do
  name=$(basename "$(dirname "$scenario")")
  # Clones take as long as another Odoo scenario, and the suite has an hour: `make molecule SCENARIO=odoo_clone` (docs/clones.md).
  [ "$name" != odoo_clone ] || continue
  # Scanners take ten minutes of CPU time and content from another release: `make molecule SCENARIO=audit` (docs/hardening.md).
  [ "$name" != audit ] || continue
  phases+=("any/molecule-$name=$run molecule test -s $name")
done
exec tools/phases test --keep-going "$@" "${phases[@]}"
