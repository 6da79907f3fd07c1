#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: audit_info
short_description: Let OpenSCAP and Lynis judge a host
version_added: 0.2.0
author:
  - The tierline.erp contributors (@tierline)
description:
  - Runs the scanners with low priority and returns their verdicts as figures. Each profile takes minutes of CPU time.
  - The scanners' own results and reports are kept as evidence in O(directory).
requirements:
  - openscap-scanner and lynis on the machine
extends_documentation_fragment:
  - tierline.erp.attributes.info
options:
  datastream:
    description: Data stream with the profiles, as of the package C(ssg-debian).
    type: path
    required: true
  profiles:
    description: Profiles of the data stream.
    type: list
    elements: str
    default: [cis_level1_server, cis_level2_server]
  lynis:
    description: Whether Lynis judges the host, too.
    type: bool
    default: true
  directory:
    description: Directory for results and reports.
    type: path
    required: true
  hide_container:
    description:
      - Hides the mark of a container while the scanners run, for hosts that are containers. Otherwise most rules do not apply.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Let others judge the host
  tierline.erp.audit_info:
    datastream: /usr/share/xml/scap/ssg/content/ssg-debian13-ds.xml
    directory: /var/lib/tierline/audit
  register: verdict
"""

RETURN = r"""
openscap:
  description: Figures of each profile. The score is the share of passed rules among those that passed or failed.
  returned: always
  type: dict
  sample:
    cis_level1_server:
      passed: 300
      failed: 1
      not_applicable: 102
      score: 99.7
      failures: [{rule: package_rsync_removed, title: Uninstall rsync, severity: medium, outcome: fail}]
lynis:
  description: Lynis' index and what it remarks. Empty where O(lynis=false).
  returned: always
  type: dict
  sample: {index: 86, warnings: [], suggestions: [{test: BOOT-5122, text: Set a password on GRUB}]}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tierline.erp.plugins.module_utils.hardening import scan
from ansible_collections.tierline.erp.plugins.module_utils.hardening.errors import HardeningError
from ansible_collections.tierline.erp.plugins.module_utils.hardening.scanners import Scanners


def run(params, scanners):
    openscap = {name: scan.xccdf(scanners.openscap(params["datastream"], name)) for name in params["profiles"]}
    return {"changed": False, "openscap": openscap, "lynis": scan.lynis(scanners.lynis()) if params["lynis"] else {}}


def main():
    module = AnsibleModule(
        argument_spec={
            "datastream": {"type": "path", "required": True},
            "profiles": {"type": "list", "elements": "str", "default": ["cis_level1_server", "cis_level2_server"]},
            "lynis": {"type": "bool", "default": True},
            "directory": {"type": "path", "required": True},
            "hide_container": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    try:
        with Scanners(module.params["directory"], module.params["hide_container"]) as scanners:
            result = run(module.params, scanners)
    except HardeningError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
