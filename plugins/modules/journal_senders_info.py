#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: journal_senders_info
short_description: Say whether the journals of other machines arrive and are kept
version_added: 0.1.0
description:
  - Looks at the journals that a receiver keeps, by its own clock and disk. Nothing is taken from what was sent.
  - Runs on the receiver, as root.
author:
  - The tierline.erp contributors (@tierline)
options:
  senders:
    description: Names of those who shall send their journals.
    type: list
    elements: str
    required: true
  directory:
    description: Where the receiver keeps them, a directory for each sender.
    type: path
    default: /var/log/journal/remote
  silent_seconds:
    description: Seconds after which a sender from whom nothing came is silent.
    type: int
    default: 900
  retention_days:
    description: Days for which journals shall be kept.
    type: int
    default: 400
  sender_megabytes:
    description: What the journals of one sender may take.
    type: int
    default: 2048
  fail:
    description: Fail where journals don't arrive, or aren't kept as long as they should be, with every reason.
    type: bool
    default: false
extends_documentation_fragment:
  - tierline.erp.attributes.info
"""

EXAMPLES = r"""
- name: Stop here unless every machine's journal arrives
  tierline.erp.journal_senders_info:
    senders: [shared-db1, shared-app1]
    fail: true
"""

RETURN = r"""
ok:
  description: Whether everything arrives and is kept.
  returned: always
  type: bool
  sample: true
findings:
  description:
    - Why not. C(code) is C(silent), C(short) where what a sender sent fills its room before the days are over, or
      C(unknown) where there are journals of nobody who was declared.
  returned: always
  type: list
  elements: dict
  sample: [{code: silent, sender: shared-db1, text: "nothing came from shared-db1 for 1200 s, and 900 s are allowed"}]
senders:
  description: What there is of each. C(last) and C(oldest) are seconds since 1970, 0 where there is nothing; C(size) is in bytes.
  returned: always
  type: list
  elements: dict
  sample: [{name: shared-db1, last: 1795334400, oldest: 1795334400, size: 8388608, files: 1, silent_for: 12}]
"""

import time
from dataclasses import asdict
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.journal import judge
from ..module_utils.journal.errors import JournalError
from ..module_utils.journal.models import Policy, Report, Sender
from ..module_utils.journal.store import Store

ARGUMENTS: dict[str, Any] = {
    "senders": {"type": "list", "elements": "str", "required": True},
    "directory": {"type": "path", "default": "/var/log/journal/remote"},
    "silent_seconds": {"type": "int", "default": 900},
    "retention_days": {"type": "int", "default": 400},
    "sender_megabytes": {"type": "int", "default": 2048},
    "fail": {"type": "bool", "default": False},
}


def result(report: Report) -> dict[str, Any]:
    return {
        "changed": False,
        "ok": report.ok,
        "findings": [asdict(finding) for finding in report.findings],
        "senders": [_row(sender, report.at) for sender in report.senders],
    }


def _row(sender: Sender, now: float) -> dict[str, Any]:
    return {
        **asdict(sender),
        "last": round(sender.last),
        "oldest": round(sender.oldest),
        "silent_for": round(now - sender.last) if sender.last else -1,
    }


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    words = dict(module.params)
    fail = words.pop("fail")
    policy = Policy.of(words)
    try:
        report = judge.report(policy, Store(policy.directory).files(), time.time())
    except JournalError as error:
        module.fail_json(msg=str(error))
    if fail and not report.ok:
        module.fail_json(msg="; ".join(finding.text for finding in report.findings), **result(report))
    module.exit_json(**result(report))


if __name__ == "__main__":
    main()
