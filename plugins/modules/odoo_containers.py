#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: odoo_containers
short_description: Run the Odoo containers of all given environments on a machine
version_added: 0.1.0
author:
  - The tierline.erp contributors (@tierline)
description:
  - Reconciles network, configuration, filestore directory and container of every given environment in one call.
  - Each environment has two slots, blue and green. This module is about the one that serves.
  - A container is re-created when its image, its configuration or a secret changed. It is started when it is stopped, and
    restarted when it is unhealthy. Otherwise it is not touched.
  - Each environment has a network and a user number of its own, a read-only root, no capabilities and no way to gain privileges.
  - Returns when every given environment calls itself healthy, which includes that it has loaded its registry and reaches its
    database and its sessions.
requirements:
  - Python library C(docker) 5.0.3 or later and a Docker engine on the machine
extends_documentation_fragment:
  - tierline.erp.attributes
  - tierline.erp.odoo_environments
  - tierline.erp.odoo_environments.places
  - tierline.erp.odoo_environments.parallel
  - tierline.erp.odoo_environments.serving
options:
  in_place:
    description:
      - Whether a container that has to change is replaced where it is, which its users notice for as long as Odoo takes to start.
      - With V(false) it is left as it is and named in RV(waiting), for M(tierline.erp.odoo_release) to change it unnoticed.
    type: bool
    default: true
seealso:
  - module: tierline.erp.odoo_release
  - module: tierline.erp.odoo_containers_info
  - module: tierline.erp.odoo_databases
"""

EXAMPLES = r"""
- name: Run the environments of this machine
  tierline.erp.odoo_containers:
    environments:
      - environment: acme_prod
        image: registry.example.com/odoo@sha256:5b1c2e0f4a3d69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0
        domains: [acme.example.com]
        database: {name: acme_prod, user: acme_prod, host: db1.example.com}
        ports: {http: 10008, websocket: 10009}
        secrets:
          database: "{{ vault_acme_prod.database }}"
          admin: "{{ vault_acme_prod.admin }}"
          master: "{{ vault_acme_prod.master }}"
    server_module: "{{ lookup('tierline.erp.odoo_server_module') }}"

- name: Stop an environment for good and keep its filestore
  tierline.erp.odoo_containers:
    environments:
      - environment: acme_training
        state: absent
    server_module: "{{ lookup('tierline.erp.odoo_server_module') }}"
"""

RETURN = r"""
steps:
  description: What was done, or in check mode would be done, in order.
  returned: always
  type: list
  elements: dict
  sample:
    - {environment: acme_prod, action: replace, subject: acme_prod-blue}
waiting:
  description: Environments that were left as they are and wait for a release. Only with O(in_place=false).
  returned: always
  type: list
  elements: str
  sample: []
held:
  description: Environments that were left as they are, because a clone into them is not finished.
  returned: always
  type: list
  elements: str
  sample: []
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tierline.erp.plugins.module_utils.odoo import arguments, reconcile, records
from ansible_collections.tierline.erp.plugins.module_utils.odoo.engine import Engine, open_engine, reported
from ansible_collections.tierline.erp.plugins.module_utils.odoo.errors import OdooError
from ansible_collections.tierline.erp.plugins.module_utils.odoo.parsing import parse


def run(engine, params, check_mode):
    settings = arguments.settings(params)
    environments = parse(params["environments"])
    held = records.held(settings, [env.name for env in environments if env.present])
    wanted, steps = reconcile.steps(engine, [env for env in environments if env.name not in held], settings, check_mode)
    waiting = set() if params["in_place"] else {step.environment for step in steps if step.action == "replace"}
    steps = [step for step in steps if step.environment not in waiting]
    wanted = [want for want in wanted if want.env.name not in waiting]
    if not check_mode:
        reconcile.apply(engine, wanted, steps, settings, params["wait_timeout"], params["parallel"])
    return {**reconcile.result(steps), "waiting": sorted(waiting), "held": sorted(held), "warned": reconcile.warnings(held)}


def main():
    module = AnsibleModule(
        argument_spec={
            **arguments.reconciling(),
            **arguments.serving(),
            "in_place": {"type": "bool", "default": True},
        },
        supports_check_mode=True,
    )
    try:
        with reported():
            engine = open_engine(Engine, module.check_mode, module.warn)
            result = run(engine, module.params, module.check_mode)
    except OdooError as error:
        module.fail_json(msg=str(error))
    for text in result.pop("warned"):
        module.warn(text)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
