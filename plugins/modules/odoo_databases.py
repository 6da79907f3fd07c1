#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: odoo_databases
short_description: Initialise the databases of Odoo environments
version_added: 0.1.0
author:
  - The tierline.erp contributors (@tierline)
description:
  - Brings the database of every given environment to where its Odoo can serve it. The wanted modules are installed, the
    administrator's password and the base URL are set.
  - Reads all databases first, then works on a few at a time with one-off containers of the environment's own image.
  - A run that was cut off is completed by the next one. No row is ever removed.
  - A database that holds tables but no Odoo is refused.
  - Where modules are added to an environment that runs, its containers are stopped while Odoo installs them.
  - Environments with O(environments[].state=absent) are passed over.
requirements:
  - Python libraries C(docker) 5.0.3 or later and C(psycopg2), and a Docker engine, on the machine
extends_documentation_fragment:
  - tierline.erp.attributes
  - tierline.erp.odoo_environments
  - tierline.erp.odoo_environments.places
  - tierline.erp.odoo_environments.parallel
options:
  in_place:
    description:
      - Whether modules may be added to a database that is in use, for which its containers are stopped.
      - With V(false) that waits for M(tierline.erp.odoo_release), which proves it on a copy first.
    type: bool
    default: true
  timeout:
    description:
      - Seconds that the installation of one environment may take.
    type: int
    default: 1800
seealso:
  - module: tierline.erp.odoo_databases_info
  - module: tierline.erp.odoo_containers
"""

EXAMPLES = r"""
- name: Initialise an environment with accounting
  tierline.erp.odoo_databases:
    environments:
      - environment: acme_prod
        image: registry.example.com/odoo@sha256:5b1c2e0f4a3d69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0
        domains: [acme.example.com]
        modules: [account]
        database: {name: acme_prod, user: acme_prod, host: db1.example.com}
        ports: {http: 10008, websocket: 10009}
        secrets:
          database: "{{ vault_acme_prod.database }}"
          admin: "{{ vault_acme_prod.admin }}"
          master: "{{ vault_acme_prod.master }}"
"""

RETURN = r"""
steps:
  description: What was done, or in check mode would be done, in order.
  returned: always
  type: list
  elements: dict
  sample:
    - {environment: acme_prod, action: initialise, subject: acme_prod}
    - {environment: acme_prod, action: configure, subject: acme_prod}
held:
  description: Environments that were left as they are, because a clone into them is not finished.
  returned: always
  type: list
  elements: str
  sample: []
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tierline.erp.plugins.module_utils.odoo import arguments, database, reconcile, records
from ansible_collections.tierline.erp.plugins.module_utils.odoo.engine import Engine, open_engine, reported
from ansible_collections.tierline.erp.plugins.module_utils.odoo.errors import OdooError
from ansible_collections.tierline.erp.plugins.module_utils.odoo.parsing import parse


def run(engine, params, check_mode, read=database.read):
    settings = arguments.settings(params)
    present = [env for env in parse(params["environments"]) if env.present]
    held = records.held(settings, [env.name for env in present])
    environments = [env for env in present if env.name not in held]
    installer = database.Installer(engine, settings, params["timeout"], read, params["in_place"])
    steps = installer.plan(environments, check_mode)
    if not check_mode:
        installer.apply(environments, steps, params["parallel"])
    return {**reconcile.result(steps), "held": sorted(held), "warned": reconcile.warnings(held)}


def main():
    module = AnsibleModule(
        argument_spec={
            **arguments.reconciling(),
            "in_place": {"type": "bool", "default": True},
            "timeout": {"type": "int", "default": 1800},
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
