#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: odoo_releases_info
short_description: Read which slot serves each Odoo environment of a machine
version_added: 0.1.0
author:
  - The tierline.erp contributors (@tierline)
description:
  - Reads the records that M(tierline.erp.odoo_release) keeps on the machine.
extends_documentation_fragment:
  - tierline.erp.attributes.info
options:
  environments:
    description:
      - Names of environments. One that was never released is said to be in blue, which is where it starts.
      - All that have a record are returned by default.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Ask which slot routes should lead to
  tierline.erp.odoo_releases_info:
    environments: [acme_prod]
  register: result
  delegate_to: app1.example.com

- name: See that no release was left half done
  ansible.builtin.assert:
    that: result.releases | map(attribute='operation') | select | length == 0
"""

RETURN = r"""
releases:
  description: The record of each environment, and in C(slot) the one that routes lead to.
  returned: always
  type: list
  elements: dict
  sample:
    - environment: acme_prod
      slot: green
      active: green
      previous: blue
      operation:
      rolled_back: false
      released:
        blue: {image: "registry.example.com/odoo@sha256:5b1c...", addons: [], at: 1795000000}
        green: {image: "registry.example.com/odoo@sha256:77aa...", addons: [], at: 1795330000}
      ran:
        - {image: "registry.example.com/odoo@sha256:5b1c...", addons: [], at: 1795000000}
        - {image: "registry.example.com/odoo@sha256:77aa...", addons: [], at: 1795330000}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tierline.erp.plugins.module_utils.odoo import records, release
from ansible_collections.tierline.erp.plugins.module_utils.odoo.errors import OdooError
from ansible_collections.tierline.erp.plugins.module_utils.odoo.models import Settings


def run(params, settings=None):
    where = settings or Settings()
    names = params["environments"] or records.names(where)
    return {"changed": False, "releases": [release.report(records.read(where, name)) for name in names]}


def main():
    module = AnsibleModule(
        argument_spec={"environments": {"type": "list", "elements": "str", "default": []}},
        supports_check_mode=True,
    )
    try:
        result = run(module.params)
    except OdooError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
