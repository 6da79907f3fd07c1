#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: odoo_containers_info
short_description: Read which Odoo containers run on a machine, and how
version_added: 0.1.0
author:
  - The tierline.erp contributors (@tierline)
description:
  - Reads the engine, not variables.
  - Returns all containers that M(tierline.erp.odoo_containers) runs, whoever asked for them.
requirements:
  - Python library C(docker) 5.0.3 or later and a Docker engine on the machine
extends_documentation_fragment:
  - tierline.erp.attributes.info
options:
  environments:
    description:
      - Names of the environments to look for. All are returned by default.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Read what runs
  tierline.erp.odoo_containers_info:
  register: result

- name: Check that all environments are healthy
  ansible.builtin.assert:
    that: result.containers | rejectattr('health', 'equalto', 'healthy') | length == 0
"""

RETURN = r"""
containers:
  description:
    - The containers, sorted by name. C(workload) is V(odoo), or V(front) for what sends files in its place.
  returned: always
  type: list
  elements: dict
  sample:
    - name: acme_prod-blue
      environment: acme_prod
      tenant: acme
      slot: blue
      workload: odoo
      image: registry.example.com/odoo@sha256:5b1c2e0f4a3d69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0
      image_id: sha256:c5bdcd02d96ba117a4989ad3e5155aa15e4870d80a8726f29b800a1e89a0527a
      state: running
      health: healthy
      started_at: "2026-11-22T01:16:31.482Z"
      user: 1934493192:1934493192
      read_only: true
      cap_drop: [ALL]
      security_opt: [no-new-privileges]
      memory_mb: 1024
      cpus: 1.0
      networks: [tierline-acme_prod]
      ports: {8069/tcp: ["0.0.0.0:10008"], 8072/tcp: ["0.0.0.0:10009"]}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tierline.erp.plugins.module_utils.odoo import report
from ansible_collections.tierline.erp.plugins.module_utils.odoo.engine import Engine, reported
from ansible_collections.tierline.erp.plugins.module_utils.odoo.errors import OdooError


def run(engine, params):
    return {"changed": False, "containers": report.containers(engine.containers(), params["environments"])}


def main():
    module = AnsibleModule(
        argument_spec={"environments": {"type": "list", "elements": "str", "default": []}},
        supports_check_mode=True,
    )
    try:
        with reported():
            result = run(Engine(), module.params)
    except OdooError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
