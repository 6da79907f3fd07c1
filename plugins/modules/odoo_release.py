#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: odoo_release
short_description: Change Odoo environments from one slot to the other
version_added: 0.1.0
author:
  - The tierline.erp contributors (@tierline)
description:
  - Carries out the part of a release that the application's machine has to do. The playbook C(tierline.erp.release) puts the
    parts together.
  - With O(action=release) the declared state of each environment that differs from what runs is started in the other slot and
    proven there. It answers about its database, registry and sessions, shows its login page, and takes websockets. What runs
    stays untouched. When one environment of the call isn't proven, all new slots of the call are removed again and the module
    fails.
  - From then on M(tierline.erp.odoo_releases_info) says that routes lead to the new slot. When all edges do, O(action=finish)
    notes that the new slot serves, waits until the old one has answered what it was asked, and stops it, to be kept for a
    rollback.
  - A record on the machine names the slot that serves and the release under way. While a call runs, and between two calls until
    O(lease), other runs are refused. A run that was killed is found by O(action=recover), which completes it, or takes it back
    where the new slot is not healthy.
  - A release whose image, custom addons or list of modules differs from what runs is compared with what the database has. Where
    modules changed, the update is rehearsed on a copy of the database in a container that has no network. Then the old slot is
    stopped, a copy of the database is kept, the modules are updated, and the new slot has to log in, post an invoice, withdraw
    it, and leave the trial balance as it was. Whatever fails, the copy takes the database's place again, the old slot is
    started, and the module fails and says why.
  - That takes the right to create databases for the role of the environment, and a copy C(<database>_rehearsal) that belongs to
    it. In check mode the module says in RV(updating) and RV(restoring) for which environments.
requirements:
  - Python library C(docker) 5.0.3 or later and a Docker engine on the machine
extends_documentation_fragment:
  - tierline.erp.attributes
  - tierline.erp.odoo_environments
  - tierline.erp.odoo_environments.places
  - tierline.erp.odoo_environments.parallel
  - tierline.erp.odoo_environments.serving
options:
  action:
    description:
      - V(recover) takes up what an earlier run left half done, and does nothing where there is nothing.
      - V(release) starts and proves the declared state in the other slot. An environment that doesn't run yet is started in blue.
      - V(rollback) starts and proves the slot that served before, as it was then. It is refused where that slot, or the copy of
        the database that belongs to it, has other secrets than the declared ones, since those are dead.
      - V(finish) drains and stops the old slot, and drops copies of the database that nobody can go back to any more.
    type: str
    choices: [recover, release, rollback, finish]
    required: true
  release:
    description:
      - Name of the run. V(finish) needs the one that the call before returned.
      - A new one is made up by default.
    type: str
  updates:
    description:
      - Whether databases may be updated. With V(false) environments whose code asks for it stay as they are, see RV(waiting).
    type: bool
    default: true
  business_checks:
    description:
      - Whether an updated environment has to post an invoice before it serves. It needs the declared password of C(admin).
    type: bool
    default: true
  restore_database:
    description:
      - Whether V(rollback) may take the database back to how it was before the last update. What was written since is kept
        aside until the next release.
    type: bool
    default: false
  again:
    description:
      - Whether V(rollback) may follow a rollback, which brings back what was rolled back from.
    type: bool
    default: false
  recovery_points:
    description:
      - What M(tierline.erp.recovery_point) returned for environments whose databases are updated. The record of a release names
        the point.
    type: list
    elements: dict
    default: []
  promotions:
    description:
      - Environments that take only code which another environment has run. Code is the image by its digest, and
        O(environments[].addons) by their hashes. What was rolled back there doesn't count.
      - Other code is refused before anything is touched; with O(updates=false) the environment stays as it is, see RV(waiting).
      - An environment that doesn't run yet, a change of anything but code, and V(rollback) are not asked about.
    type: list
    elements: dict
    default: []
    suboptions:
      environment:
        description: Who takes only that.
        type: str
        required: true
      source:
        description: Who has to have run it.
        type: str
        required: true
      machine:
        description: The machine of O(promotions[].source), which is not used here.
        type: str
  promotion_sources:
    description:
      - Records of the sources, as M(tierline.erp.odoo_releases_info) returns them.
    type: list
    elements: dict
    default: []
  promotion_override:
    description:
      - Why code may go to O(promotions) that nobody has run. The record keeps it for as long as that code is in a slot.
    type: str
    default: ""
  update_timeout:
    description:
      - Seconds that the update of one database may take, and its rehearsal too.
    type: int
    default: 1800
  lease:
    description:
      - Seconds after a slot was proven within which other runs are refused, so that edges can be changed before V(finish).
    type: int
    default: 300
  drain_seconds:
    description:
      - Seconds that the old slot goes on at least after the switch. An edge reads a request to its end before it passes it on to
        the slot that it had chosen at its beginning, so this is how long an upload that was under way may still take.
    type: int
    default: 60
  drain_timeout:
    description:
      - Seconds after which the old slot is stopped even though it hasn't answered everything.
    type: int
    default: 1200
seealso:
  - module: tierline.erp.odoo_releases_info
  - module: tierline.erp.traefik_routes
"""

EXAMPLES = r"""
- name: Start what is declared in the other slot
  tierline.erp.odoo_release:
    action: release
    environments: "{{ odoo_container_environments }}"
    server_module: "{{ lookup('tierline.erp.odoo_server_module') }}"
  register: release

# Here edges are told to lead to the new slots.

- name: Stop the old slots when they have answered everything
  tierline.erp.odoo_release:
    action: finish
    release: "{{ release.release }}"
    environments: "{{ odoo_container_environments }}"
    server_module: "{{ lookup('tierline.erp.odoo_server_module') }}"
"""

RETURN = r"""
release:
  description: Name of the run.
  returned: always
  type: str
  sample: 5f3a9c01
releases:
  description: The record of each environment, and in C(slot) the one that routes lead to.
  returned: always
  type: list
  elements: dict
  sample:
    - environment: acme_prod
      slot: green
      active: blue
      previous:
      operation: {id: 5f3a9c01, source: blue, target: green, phase: proven, since: 1795330000, lease: 1795330300}
      released: {blue: {image: "registry.example.com/odoo@sha256:5b1c...", addons: [], at: 1795000000}}
      ran: [{image: "registry.example.com/odoo@sha256:5b1c...", addons: [], at: 1795000000}]
      rolled_back: false
      safety: {slot: blue, database: acme_prod_before_5f3a9c01, at: 1795330100}
      last_update:
        at: 1795330010
        modules: update acme_sales
        outcome: passed
        recovery_point: before-release-5f3a9c01
        rehearsal_seconds: 31
        freeze_seconds: 24
        parts: {stop: 1.2, copy: 0.9, update: 9.8, start: 6.4, prove: 1.7, business: 2.1}
updating:
  description: Environments whose databases are updated.
  returned: always
  type: list
  elements: str
  sample: []
restoring:
  description: Environments whose databases are taken back.
  returned: always
  type: list
  elements: str
  sample: []
waiting:
  description: Environments that wait for a release that may update databases, or for the source of O(promotions). Only with
    O(updates=false).
  returned: always
  type: list
  elements: str
  sample: []
steps:
  description: What was done, or in check mode would be done, in order.
  returned: always
  type: list
  elements: dict
  sample:
    - {environment: acme_prod, action: release, subject: acme_prod-green}
"""

import functools
import secrets

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tierline.erp.plugins.module_utils.odoo import (
    arguments,
    copies,
    promotion,
    proof,
    reconcile,
    release,
    releasing,
    updating,
)
from ansible_collections.tierline.erp.plugins.module_utils.odoo.engine import Engine, open_engine, reported
from ansible_collections.tierline.erp.plugins.module_utils.odoo.errors import OdooError
from ansible_collections.tierline.erp.plugins.module_utils.odoo.parsing import parse
from ansible_collections.tierline.erp.plugins.module_utils.odoo.run import Run


def run(engine, params, check_mode, prove=proof.prove, databases=None):
    settings = arguments.settings(params)
    patience = {name: params[name] for name in ("wait_timeout", "parallel", "lease", "drain_seconds", "drain_timeout")}
    this = Run(
        id=params["release"] or secrets.token_hex(4),
        settings=settings,
        check_mode=check_mode,
        prove=lambda env, slot: prove(settings, env, slot),
        updater=updating.Updater(engine, settings, databases or copies.Copies(settings.ca_file), params["update_timeout"]),
        updates=params["updates"],
        restore_database=params["restore_database"],
        again=params["again"],
        recovery_points={point["environment"]: point["name"] for point in params["recovery_points"]},
        promotions=promotion.read(params["promotions"], params["promotion_sources"]),
        promotion_override=params["promotion_override"],
        **_business(settings, params["business_checks"]),
        **patience,
    )
    found, steps = releasing.carry_out(engine, params["action"], parse(params["environments"]), this)
    told = {
        key: sorted({step.environment for step in steps if step.action == action})
        for key, action in (("updating", "update"), ("restoring", "restore"))
    }
    releases = [release.report(record) for record in found]
    return {**reconcile.result(steps), **told, "waiting": this.waiting, "release": this.id, "releases": releases}


def _dicts(**options):
    return {"type": "list", "elements": "dict", "default": [], **({"options": options} if options else {})}


def _business(settings, wanted):
    checks = {"login": proof.login, "business": proof.business} if wanted else {}
    return {name: functools.partial(check, settings) for name, check in checks.items()}


def main():
    module = AnsibleModule(
        argument_spec={
            **arguments.reconciling(),
            **arguments.serving(),
            "action": {"type": "str", "choices": ["recover", "release", "rollback", "finish"], "required": True},
            "release": {"type": "str"},
            "updates": {"type": "bool", "default": True},
            "business_checks": {"type": "bool", "default": True},
            "restore_database": {"type": "bool", "default": False},
            "again": {"type": "bool", "default": False},
            "recovery_points": _dicts(),
            "promotions": _dicts(
                environment={"type": "str", "required": True}, source={"type": "str", "required": True}, machine={"type": "str"}
            ),
            "promotion_sources": _dicts(),
            "promotion_override": {"type": "str", "default": ""},
            "update_timeout": {"type": "int", "default": 1800},
            "lease": {"type": "int", "default": 300},
            "drain_seconds": {"type": "int", "default": 60},
            "drain_timeout": {"type": "int", "default": 1200},
        },
        required_if=[("action", "finish", ("release",))],
        supports_check_mode=True,
    )
    try:
        with reported():
            engine = open_engine(Engine, module.check_mode, module.warn)
            result = run(engine, module.params, module.check_mode)
    except OdooError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
