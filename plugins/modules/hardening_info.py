#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: hardening_info
short_description: Read how a host stands to a list of hardening controls
version_added: 0.1.0
author:
  - The tierline.erp contributors (@tierline)
description:
  - Looks at the running system - kernel settings in force, files, mounts, packages, units, accounts - and judges each control.
requirements:
  - Debian 12 or 13
extends_documentation_fragment:
  - tierline.erp.attributes.info
  - tierline.erp.hardening
seealso:
  - module: tierline.erp.hardening
"""

EXAMPLES = r"""
- name: Read how the host stands
  tierline.erp.hardening_info:
    controls: "{{ controls }}"
  register: seen
"""

RETURN = r"""
controls:
  description: Each control with its state.
  returned: always
  type: list
  elements: dict
  sample:
    - id: forwarding
      title: The host routes nothing
      state: exempt
      changed: false
      details: ["net.ipv4.ip_forward is 1, wanted 0"]
      references: {cis: 3.3.1.1}
      exemption: {reason: This host is a router, expires: "2027-01-31"}
      would_be: failed
summary:
  description: How many controls are in each state.
  returned: always
  type: dict
  sample: {passed: 120, failed: 1, exempt: 1, not_applicable: 14}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tierline.erp.plugins.module_utils.hardening import reconcile
from ansible_collections.tierline.erp.plugins.module_utils.hardening.arguments import CONTROLS
from ansible_collections.tierline.erp.plugins.module_utils.hardening.errors import HardeningError
from ansible_collections.tierline.erp.plugins.module_utils.hardening.store import SystemStore


def main():
    module = AnsibleModule(argument_spec=CONTROLS, supports_check_mode=True)
    try:
        result = reconcile.info(module.params["controls"], SystemStore())
    except HardeningError as error:
        module.fail_json(msg=str(error))
    module.exit_json(summary=reconcile.summary(result["controls"]), **result)


if __name__ == "__main__":
    main()
