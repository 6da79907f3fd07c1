#!/usr/bin/env bash
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Build the collection's tarball, look for files that don't belong there, install it in an empty place and use it there.
# The tarball stays in .cache/tarball/.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.cache/venv/bin:$PATH"
work=$PWD/.cache/tarball
away=$(mktemp -d)   # outside of the checkout: nothing there can be found by accident
trap 'rm -rf "$away"' EXIT
fail() { echo "tarball: $*" >&2; exit 1; }

rm -rf "$work" && mkdir -p "$work"
ansible-galaxy collection build --force --output-path "$work" . >"$work/build.log" 2>&1 || { cat "$work/build.log"; exit 1; }
tarball=$(echo "$work"/tierline-erp-*.tar.gz)

# Only what git knows or would take: no caches, no results, no secrets; no tooling of the checkout either.
tar -tzf "$tarball" | grep -v '/$' | grep -vxE 'MANIFEST\.json|FILES\.json' | sort >"$work/contents"
git ls-files --cached --others --exclude-standard | sort >"$work/checkout"
junk=$(comm -23 "$work/contents" "$work/checkout")
[ -z "$junk" ] || fail "files that git ignores are in the tarball (build_ignore in galaxy.yml): $junk"
junk=$(grep -E '^(\.|tools/|tests/output/|docs/(_build|reference)/)|\.(key|pem|log|retry|pyc|gz)$|(^|/)(secrets?|vault)[^/]*\.ya?ml$' "$work/contents" || true)
[ -z "$junk" ] || fail "these don't belong in the tarball: $junk"
for wanted in README.md LICENSE meta/runtime.yml catalogue/tiers.yml playbooks/site.yml $(git ls-files 'plugins/modules/*.py' 'roles/*/tasks/main.yml'); do
  grep -qxF "$wanted" "$work/contents" || fail "$wanted is missing from the tarball"
done

# Installed elsewhere, with a home, a configuration and collections of its own. Dependencies come with the `ansible` package.
mkdir "$away/home" "$away/work"
cp -r inventories/hybrid "$away/work/inventory"
export HOME=$away/home ANSIBLE_HOME=$away/home/.ansible ANSIBLE_CONFIG=$away/work/ansible.cfg ANSIBLE_COLLECTIONS_PATH=$away/collections
: >"$ANSIBLE_CONFIG"
cd "$away/work"
ansible-galaxy collection install --no-deps --offline --collections-path "$away/collections" "$tarball" >"$work/install.log" 2>&1 ||
  { cat "$work/install.log"; exit 1; }

ansible-doc --type inventory tierline.erp.estate >"$work/doc.txt"
grep -q "$away/collections" "$work/doc.txt" || fail "ansible-doc found another copy of the collection: $(head -n 1 "$work/doc.txt")"
ansible-inventory -i inventory --graph >"$work/graph.txt"
grep -q '@tier_standard:' "$work/graph.txt" || fail "the installed resolver made no group tier_standard; see $work/graph.txt"

cat >play.yml <<'YAML'
- name: Use the installed collection
  hosts: localhost
  gather_facts: false
  tasks:
    - name: A filter joins items and secrets
      ansible.builtin.assert:
        that: (items | tierline.erp.with_secrets(secrets))[0].password == 'of acme'
      vars:
        items: [{environment: acme_prod, secret: database}]
        secrets: {environments: {acme_prod: {database: of acme}}}
    - name: A role refuses what its specification does not allow
      block:
        - name: Use a role without what it needs
          ansible.builtin.include_role:
            name: tierline.erp.redis
          vars:
            redis_purpose: nonsense
        - name: It was accepted
          ansible.builtin.fail:
            msg: the role accepted redis_purpose=nonsense and no members
      rescue:
        - name: The refusal names variable and choices
          ansible.builtin.assert:
            that:
              - ansible_failed_result.argument_errors is defined
              - ansible_failed_result.argument_errors | join is search('redis_purpose must be one of')
              - ansible_failed_result.argument_errors | join is search('redis_members')
- name: Import a playbook of the collection
  ansible.builtin.import_playbook: tierline.erp.explain
YAML
ansible-playbook -i inventory play.yml >"$work/play.log" 2>&1 || { tail -n 40 "$work/play.log"; fail "the installed collection does not work; see $work/play.log"; }
grep -qE '^acme_prod +: ok=[1-9]' "$work/play.log" || fail "the playbook tierline.erp.explain did not reach acme_prod; see $work/play.log"
echo "$(basename "$tarball"): $(wc -l <"$work/contents") files, $(stat -c %s "$tarball") bytes; installed elsewhere it works"
