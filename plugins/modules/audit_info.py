#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: audit_info
short_description: Let OpenSCAP, Lynis and Docker Bench judge a host
version_added: 0.1.0
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
  docker_bench:
    description:
      - Directory on the machine with a release of Docker Bench for Security, whose sections 2 and 5 judge the engine and what it
        runs. Not asked where empty.
    type: path
  rule_exceptions:
    description:
      - Why rules of the profiles fail here. An exception changes no figure; it stands beside the failure. One without a reason,
        past its date, or for a rule that there isn't is refused.
    type: list
    elements: dict
    default: []
    suboptions:
      check:
        description: Name of the rule, such as V(partition_for_var).
        type: str
        required: true
      reason:
        description: Why.
        type: str
        required: true
      expires:
        description: Until when, as a date.
        type: str
        required: true
  docker_exceptions:
    description:
      - Checks of Docker Bench that this machine doesn't have to pass. They are reported with their reasons. One without a
        reason, past its date, or for a check that there isn't is refused.
    type: list
    elements: dict
    default: []
    suboptions:
      check:
        description: Number of the check, such as V(2.9).
        type: str
        required: true
      reason:
        description: Why.
        type: str
        required: true
      expires:
        description: Until when, as a date.
        type: str
        required: true
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
      exempt: 0
      not_applicable: 102
      score: 99.7
      failures: [{rule: package_rsync_removed, title: Uninstall rsync, severity: medium, outcome: fail}]
lynis:
  description: Lynis' index and what it remarks. Empty where O(lynis=false).
  returned: always
  type: dict
  sample: {index: 86, warnings: [], suggestions: [{test: BOOT-5122, text: Set a password on GRUB}]}
docker_bench:
  description: Figures of sections 2 and 5. Empty where O(docker_bench) wasn't given.
  returned: always
  type: dict
  sample:
    passed: 38
    remarks: 6
    warnings: []
    exempt:
      - check: "2.9"
        title: Enable user namespace support (Scored)
        detail: ""
        reason: Filestores belong to users of the host
        expires: "2027-06-30"
"""

import datetime

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tierline.erp.plugins.module_utils.hardening import scan
from ansible_collections.tierline.erp.plugins.module_utils.hardening.arguments import SCAN_EXCEPTION
from ansible_collections.tierline.erp.plugins.module_utils.hardening.errors import HardeningError
from ansible_collections.tierline.erp.plugins.module_utils.hardening.scanners import Scanners


def run(params, scanners, today):
    # Before anything takes minutes.
    rules, exceptions = (scan.granted(params[f"{what}_exceptions"], today) for what in ("rule", "docker"))
    openscap = {name: scan.xccdf(scanners.openscap(params["datastream"], name), rules) for name in params["profiles"]}
    bench = params["docker_bench"]
    return {
        "changed": False,
        "openscap": openscap,
        "lynis": scan.lynis(scanners.lynis()) if params["lynis"] else {},
        "docker_bench": scan.docker_bench(scanners.docker_bench(bench), exceptions) if bench else {},
    }


def main():
    module = AnsibleModule(
        argument_spec={
            "datastream": {"type": "path", "required": True},
            "profiles": {"type": "list", "elements": "str", "default": ["cis_level1_server", "cis_level2_server"]},
            "lynis": {"type": "bool", "default": True},
            "docker_bench": {"type": "path"},
            "rule_exceptions": {"type": "list", "elements": "dict", "default": [], "options": SCAN_EXCEPTION},
            "docker_exceptions": {"type": "list", "elements": "dict", "default": [], "options": SCAN_EXCEPTION},
            "directory": {"type": "path", "required": True},
            "hide_container": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    try:
        with Scanners(module.params["directory"], module.params["hide_container"]) as scanners:
            result = run(module.params, scanners, datetime.date.today())
    except HardeningError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
