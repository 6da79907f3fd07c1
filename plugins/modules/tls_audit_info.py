#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: tls_audit_info
short_description: Let testssl.sh judge how a name is served
version_added: 0.1.0
author:
  - The tierline.erp contributors (@tierline)
description:
  - Runs testssl.sh where the module runs, against a name as its users reach it, and returns its grade, score and findings. It
    takes minutes, and opens some hundred connections.
  - Its report is kept as evidence in O(directory).
requirements:
  - testssl.sh, as Debian's package of that name; it gives grades since 3.2
extends_documentation_fragment:
  - tierline.erp.attributes.info
options:
  name:
    description: The name that is asked for.
    type: str
    required: true
  address:
    description: Where it is met, if not where the name service says.
    type: str
  port:
    description: Port there.
    type: int
    default: 443
  authority:
    description: A certificate authority to trust besides the system's, as a file of PEM.
    type: path
  exceptions:
    description:
      - Findings that are accepted. They are reported with their reasons. One without a reason, past its date, or for a check
        that there isn't is refused.
    type: list
    elements: dict
    default: []
    suboptions:
      check:
        description: Name of the check, such as V(cert_revocation).
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
  program:
    description: Which testssl.sh, by its name or its path.
    type: str
    default: testssl
  directory:
    description: Directory for the report.
    type: path
    required: true
"""

EXAMPLES = r"""
- name: Let others judge how Acme is served
  tierline.erp.tls_audit_info:
    name: acme.example.com
    address: 192.0.2.10
    directory: /srv/audit/acme_prod
  delegate_to: localhost
  register: verdict
"""

RETURN = r"""
grade:
  description: The grade, from V(A+) to V(F); V(T) where the certificate isn't trusted. Empty with a testssl.sh that gives none.
  returned: always
  type: str
  sample: A+
score:
  description: The score out of 100, with a grade.
  returned: always
  type: int
  sample: 93
findings:
  description: What was found of medium severity or above.
  returned: always
  type: list
  elements: dict
  sample: [{check: BREACH, severity: medium, finding: "potentially VULNERABLE, gzip HTTP compression detected"}]
exempt:
  description: The same, with an exception.
  returned: always
  type: list
  elements: dict
  sample:
    - check: cert_revocation
      severity: high
      finding: Neither CRL nor OCSP URI provided
      reason: The internal authority publishes no list; its certificates last 90 days
      expires: "2027-06-30"
"""

import datetime
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tierline.erp.plugins.module_utils.hardening import scan
from ansible_collections.tierline.erp.plugins.module_utils.hardening.arguments import SCAN_EXCEPTION
from ansible_collections.tierline.erp.plugins.module_utils.hardening.errors import HardeningError
from ansible_collections.tierline.erp.plugins.module_utils.hardening.scanners import testssl


def run(params, scanner, today):
    # Before anything takes minutes.
    exceptions = scan.granted(params["exceptions"], today)
    report = Path(params["directory"]) / "testssl.json"
    said = scanner(params["program"], params["name"], params["address"], params["port"], params["authority"], report)
    return {"changed": False, **scan.testssl(said, exceptions)}


def main():
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "address": {"type": "str"},
            "port": {"type": "int", "default": 443},
            "authority": {"type": "path"},
            "exceptions": {"type": "list", "elements": "dict", "default": [], "options": SCAN_EXCEPTION},
            "program": {"type": "str", "default": "testssl"},
            "directory": {"type": "path", "required": True},
        },
        supports_check_mode=True,
    )
    try:
        module.exit_json(**run(module.params, testssl, datetime.date.today()))
    except HardeningError as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
