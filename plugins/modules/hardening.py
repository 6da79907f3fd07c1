#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: hardening
short_description: Bring a host to a list of hardening controls
version_added: 0.1.0
author:
  - The tierline.erp contributors (@tierline)
description:
  - Reads how a host stands to each control, installs and removes packages, and then mends what differs, in one call.
  - A control that has an exemption is left alone and reported.
  - A kernel setting that is read-only, as in a container, and what a host doesn't have, is reported as not applicable.
  - What is changed takes effect at once; a service that must notice is restarted or reloaded once.
requirements:
  - Debian 12 or 13
extends_documentation_fragment:
  - tierline.erp.attributes
  - tierline.erp.hardening
"""

EXAMPLES = r"""
- name: The kernel tells nobody its addresses
  tierline.erp.hardening:
    controls:
      - id: kernel_pointers
        title: Kernel addresses are hidden
        cis: 1.5.8
        sysctl:
          kernel.kptr_restrict: 2
"""

RETURN = r"""
changes:
  description: What was changed, or would be.
  returned: always
  type: list
  elements: str
  sample: ["settings /etc/sysctl.d/zz-tierline-hardening.conf: kernel.kptr_restrict", "sysctl kernel.kptr_restrict"]
controls:
  description: Each control and how it stands; after the run outside check mode.
  returned: always
  type: list
  elements: dict
  sample:
    - id: kernel_pointers
      title: Kernel addresses are hidden
      state: passed
      changed: true
      details: []
      references: {cis: 1.5.8}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tierline.erp.plugins.module_utils.hardening import reconcile
from ansible_collections.tierline.erp.plugins.module_utils.hardening.arguments import CONTROLS
from ansible_collections.tierline.erp.plugins.module_utils.hardening.errors import HardeningError
from ansible_collections.tierline.erp.plugins.module_utils.hardening.store import SystemStore


def main():
    module = AnsibleModule(argument_spec=CONTROLS, supports_check_mode=True)
    try:
        result = reconcile.run(module.params["controls"], SystemStore(), module.check_mode)
    except HardeningError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
