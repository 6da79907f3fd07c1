#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: odoo_clones_info
short_description: Which environments of a machine are clones, of what, and made by whom
version_added: 0.1.0
author:
  - The tierline.erp contributors (@tierline)
description:
  - Reads the records that M(tierline.erp.odoo_clone) keeps on the machine.
extends_documentation_fragment:
  - tierline.erp.attributes.info
options:
  environments:
    description: Environments to tell of. All that have a record, if none is given.
    type: list
    elements: str
    default: []
seealso:
  - module: tierline.erp.odoo_clone
"""

EXAMPLES = r"""
- name: Read what was cloned
  tierline.erp.odoo_clones_info:
  register: clones
"""

RETURN = r"""
clones:
  description:
    - The record of each environment. In C(operation) the clone under way, in C(last) how the last one ended and how many rows
      each measure has changed, in C(kept) databases of before.
  returned: always
  type: list
  elements: dict
  sample:
    - environment: acme_staging
      operation:
      last:
        id: 5f3a9c01
        source: acme_prod
        by: jane
        at: 1795330100
        seconds: 61
        outcome: passed
        rows: {mail out: 1, crons: 0}
        searched: 1482
        allowed: []
        missing_files: 0
      kept: [{database: acme_staging_kept_5f3a9c01, at: 1795330090, clone: true}]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tierline.erp.plugins.module_utils.odoo import clone, records
from ansible_collections.tierline.erp.plugins.module_utils.odoo.errors import OdooError
from ansible_collections.tierline.erp.plugins.module_utils.odoo.models import Settings


def run(params, settings=None):
    where = settings or Settings()
    names = params["environments"] or records.clone_names(where)
    return {"changed": False, "clones": [clone.report(records.read_clone(where, name)) for name in names]}


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
