#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: odoo_databases_info
short_description: Read how far the databases of Odoo environments are
version_added: 0.1.0
author:
  - The tierline.erp contributors (@tierline)
description:
  - Connects to the database of each given environment, as that environment, and reads what Odoo installed there.
requirements:
  - Python library C(psycopg2) on the machine
extends_documentation_fragment:
  - tierline.erp.attributes.info
  - tierline.erp.odoo_environments
  - tierline.erp.odoo_environments.places
"""

EXAMPLES = r"""
- name: Read how far the databases are
  tierline.erp.odoo_databases_info:
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
"""

RETURN = r"""
databases:
  description: The databases in the order of O(environments).
  returned: always
  type: list
  elements: dict
  sample:
    - environment: acme_prod
      database: acme_prod
      initialised: true
      version: 19.0.1.3
      base_url: https://acme.example.com
      base_url_frozen: true
      modules: [account, base, web]
      missing: []
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tierline.erp.plugins.module_utils.odoo import arguments, database, reconcile, report
from ansible_collections.tierline.erp.plugins.module_utils.odoo.errors import OdooError
from ansible_collections.tierline.erp.plugins.module_utils.odoo.parsing import parse


def run(params, read=database.read):
    ca_file = arguments.settings(params).ca_file
    environments = [env for env in parse(params["environments"]) if env.present]
    states = reconcile.collect(environments, lambda env: read(env, ca_file))
    return {"changed": False, "databases": [report.database(env, states[env.name]) for env in environments]}


def main():
    module = AnsibleModule(
        argument_spec={"environments": arguments.environments(), **arguments.places()},
        supports_check_mode=True,
    )
    try:
        module.exit_json(**run(module.params))
    except OdooError as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
