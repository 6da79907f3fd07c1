#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: odoo_clone
short_description: Make one Odoo environment of another, without what could reach the world
version_added: 0.1.0
author:
  - The tierline.erp contributors (@tierline)
description:
  - Carries out the part of a clone that the application's machine has to do. The playbook C(tierline.erp.clone) puts the parts
    together.
  - With O(action=begin) the target's network is shut off, its database included, and its containers are stopped. Before that it
    refuses what can't go well, such as a target that runs other code than the source, or whose data is no clone.
  - Between the two calls the database's server makes a copy of the source's database. It is named RV(candidate) and belongs to
    the target.
  - With O(action=finish) the copy is neutralised, by Odoo's own C(neutralize) and by more measures, in containers without any
    network. Then it is searched for what is left. Only what has passed takes the place of the target's database and files. What
    was there is kept. Then the network is opened, as far as O(environments[].egress) says, and the target started and proven.
  - What doesn't pass is given up, and the target runs on as it was.
  - A run that was killed is taken up by the next one. Until the copy has passed that means a new copy. Afterwards only what is
    left to do is done.
  - The source is only read.
requirements:
  - Python libraries C(docker) 5.0.3 or later and C(psycopg2), and a Docker engine on the machine
extends_documentation_fragment:
  - tierline.erp.attributes
  - tierline.erp.odoo_environments
  - tierline.erp.odoo_environments.places
  - tierline.erp.odoo_environments.serving
attributes:
  idempotent:
    support: partial
    details:
      - A clone is made anew with each run.
options:
  action:
    description:
      - V(begin) shuts the target off and stops it. In check mode it only says what speaks against a clone.
      - V(finish) neutralises, searches and exchanges.
      - V(abandon) starts the target again as it was, where no copy could be made.
    type: str
    choices: [begin, finish, abandon]
    required: true
  source:
    description: Environment that is copied. It must run on this machine.
    type: str
    required: true
  target:
    description: Environment that becomes the copy.
    type: str
    required: true
  clone:
    description:
      - Name of the run. V(finish) and V(abandon) need the one that V(begin) returned.
    type: str
  by:
    description: Who wants it, for the record.
    type: str
    default: ""
  replace:
    description:
      - Whether data of the target may be replaced that is no clone. It is kept under another name.
    type: bool
    default: false
  keep_passwords:
    description:
      - Whether the users' own passwords are copied. By default nobody but C(admin) can log in to the clone, with its own declared
        password.
    type: bool
    default: false
  allow:
    description:
      - Places that the search may find something in, as it names them, for example C(ir_act_server.code).
    type: list
    elements: str
    default: []
  lease:
    description: Seconds after V(begin) in which other runs are refused, until the copying of the database has begun.
    type: int
    default: 300
  timeout:
    description: Seconds that each step in a container may take.
    type: int
    default: 1800
seealso:
  - module: tierline.erp.odoo_clones_info
  - module: tierline.erp.postgres_copies
"""

EXAMPLES = r"""
- name: Shut staging off
  tierline.erp.odoo_clone:
    action: begin
    source: acme_prod
    target: acme_staging
    environments: "{{ odoo_container_environments }}"
    server_module: "{{ lookup('tierline.erp.odoo_server_module') }}"
  register: begun

# Here the database's server makes the copy.

- name: Let staging be a clone of production
  tierline.erp.odoo_clone:
    action: finish
    clone: "{{ begun.clone }}"
    source: acme_prod
    target: acme_staging
    environments: "{{ odoo_container_environments }}"
    server_module: "{{ lookup('tierline.erp.odoo_server_module') }}"
"""

RETURN = r"""
clone:
  description: Name of the run.
  returned: success
  type: str
  sample: 5f3a9c01
candidate:
  description: Name of the copy that the database's server has to make now; empty where it needs none.
  returned: success
  type: str
  sample: acme_staging_clone
record:
  description: What the machine remembers, see M(tierline.erp.odoo_clones_info).
  returned: success
  type: dict
  sample:
    environment: acme_staging
    operation:
    last: {id: 5f3a9c01, source: acme_prod, by: jane, at: 1795330100, seconds: 61, outcome: passed}
    kept: [{database: acme_staging_kept_5f3a9c01, at: 1795330090, clone: true}]
steps:
  description: What was done, or in check mode would be done, in order.
  returned: success
  type: list
  elements: dict
  sample:
    - {environment: acme_staging, action: clone, subject: acme_staging}
"""

import secrets

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tierline.erp.plugins.module_utils.odoo import (
    arguments,
    cleaning,
    clone,
    cloning,
    copies,
    proof,
    reconcile,
)
from ansible_collections.tierline.erp.plugins.module_utils.odoo.engine import Engine, open_engine, reported
from ansible_collections.tierline.erp.plugins.module_utils.odoo.errors import OdooError, refuse
from ansible_collections.tierline.erp.plugins.module_utils.odoo.parsing import parse


def run(engine, params, check_mode, **stores):
    settings = arguments.settings(params)
    environments = {env.name: env for env in parse(params["environments"]) if env.present}
    refuse(clone.pair_problems(params["source"], params["target"], {name: env.tenant for name, env in environments.items()}))
    source, target = environments[params["source"]], environments[params["target"]]
    cloner = cloning.Cloner(
        engine=engine,
        settings=settings,
        id=params["clone"] or secrets.token_hex(4),
        allowed=tuple(params["allow"]),
        check_mode=check_mode,
        **{
            "copies": copies.Copies(settings.ca_file),
            "cleaner": cleaning.Cleaner(settings.ca_file),
            "prove": lambda env, slot: proof.prove(settings, env, slot),
            **stores,
        },
        **{name: params[name] for name in ("by", "replace", "keep_passwords", "lease", "timeout", "wait_timeout")},
    )
    if params["action"] == "begin":
        record, steps = cloner.begin(source, target)
    elif params["action"] == "finish":
        record, steps = cloner.finish(source, target)
    else:
        record, steps = cloner.abandon(target, "the copy of the database was not made")
    return _told(cloner, record, steps)


def _told(cloner, record, steps):
    operation = record.operation
    waits = operation is not None and operation.phase == clone.BEGUN
    return {
        **reconcile.result(steps),
        "clone": operation.id if operation else cloner.id,
        "candidate": operation.candidate if waits else "",
        "record": clone.report(record),
    }


def main():
    module = AnsibleModule(
        argument_spec={
            "environments": arguments.environments(),
            **arguments.places(),
            **arguments.serving(),
            "action": {"type": "str", "choices": ["begin", "finish", "abandon"], "required": True},
            "source": {"type": "str", "required": True},
            "target": {"type": "str", "required": True},
            "clone": {"type": "str"},
            "by": {"type": "str", "default": ""},
            "replace": {"type": "bool", "default": False},
            "keep_passwords": {"type": "bool", "default": False, "no_log": False},
            "allow": {"type": "list", "elements": "str", "default": []},
            "lease": {"type": "int", "default": 300},
            "timeout": {"type": "int", "default": 1800},
        },
        required_if=[("action", "finish", ("clone",)), ("action", "abandon", ("clone",))],
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
