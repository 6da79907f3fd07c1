#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: backup_info
short_description: Say whether the backups of a PostgreSQL cluster are as promised
version_added: 0.1.0
description:
  - Asks the store which backups it has, and PostgreSQL what of its write-ahead log has been archived, and judges both.
  - Runs on a database host, as root or as PostgreSQL's own user.
  - A replica doesn't archive; there only the backups are judged.
author:
  - The tierline.erp contributors (@tierline)
options:
  policy:
    description: What is promised, and how PostgreSQL is reached. The role P(tierline.erp.backup_agent#role) keeps it on the host.
    type: dict
    required: true
    suboptions:
      stanza:
        description: Name under which the store keeps the cluster.
        type: str
        required: true
      full_every_hours:
        description: Hours between two full backups.
        type: int
        required: true
      differential_every_hours:
        description: Hours between two backups that need no other than a full one. V(0) means none between full ones.
        type: int
        default: 0
      incremental_every_hours:
        description: Hours between two backups of any kind. V(0) means full ones only.
        type: int
        default: 0
      archive_seconds:
        description: Seconds that a committed transaction may wait for the store. V(0) means that nothing is archived.
        type: int
        default: 0
      port:
        description: Port of PostgreSQL.
        type: int
        default: 5432
      user:
        description: Role of PostgreSQL that asks.
        type: str
        default: backup
      socket_dir:
        description: Directory of PostgreSQL's socket.
        type: path
        default: /var/run/postgresql
      metrics_file:
        description: Not used by this module.
        type: path
        default: ""
      proofs:
        description: Environments, and the days between two proofs that each comes back.
        type: dict
        default: {}
      proofs_dir:
        description: Directory in which proofs note themselves.
        type: path
        default: /var/lib/tierline/proofs
      records:
        description: Environments whose records are kept for years, and the day from which each year's is due, as MM-DD.
        type: dict
        default: {}
      records_file:
        description: File in which it is noted when each was taken last.
        type: path
        default: /var/lib/tierline/records.json
      member:
        description: Not used by this module.
        type: str
        default: ""
      peers:
        description: Not used by this module.
        type: list
        elements: dict
        default: []
      second:
        description:
          - What is promised of a second store, V(full_every_hours) and V(incremental_every_hours), and where its part of
            pgBackRest's configuration is, V(directory) and V(link). Empty where there is none.
        type: dict
        default: {}
  fail:
    description: Fail where backups are not as promised, with every reason.
    type: bool
    default: false
extends_documentation_fragment:
  - tierline.erp.attributes.info
"""

EXAMPLES = r"""
- name: Stop here unless the cluster's backups are as promised
  tierline.erp.backup_info:
    policy: {stanza: shared, full_every_hours: 24, archive_seconds: 60}
    fail: true
"""

RETURN = r"""
ok:
  description: Whether backups are as promised.
  returned: always
  type: bool
  sample: true
findings:
  description:
    - Why not. C(code) is C(no_backup), C(overdue), C(damaged), C(repository), C(store), C(archive_failing),
      C(archive_overdue), C(archive_gap), C(proof_failed), C(proof_overdue) or C(record_overdue).
    - C(second_left_out), and the codes of stores with C(second_) before them, are about the second store.
  returned: always
  type: list
  elements: dict
  sample: [{code: overdue, text: "the last full backup is 30 hours old, and there should be one every 24 hours"}]
repository:
  description:
    - What the store has. C(code) and C(message) are pgBackRest's. Times are seconds since 1970.
    - Where C(reachable) is false the store didn't answer, C(message) says why, and the rest means nothing.
  returned: always
  type: dict
  sample:
    code: 0
    message: ok
    busy: false
    reachable: true
    last_segment: 00000001000000000000000A
    backups:
      - label: 20261122-080000F
        kind: full
        started: 1795334400
        stopped: 1795334460
        size: 31457280
        stored: 4194304
        damaged: false
        lsn: 0/A000120
        segment: 00000001000000000000000A
        member: db2
        replica: true
second:
  description: The same of the second store; empty where there is none.
  returned: always
  type: dict
  sample: {}
attached:
  description: Whether the write-ahead log goes to the second store now.
  returned: always
  type: bool
  sample: false
archiving:
  description: What PostgreSQL says of its write-ahead log; empty where it doesn't answer.
  returned: always
  type: dict
  sample:
    now: 1795334500
    replica: false
    current: 00000001000000000000000B
    archived: 00000001000000000000000A
    archived_at: 1795334470
    failed_at: 0
pending_segments:
  description: Full segments that wait to be archived.
  returned: always
  type: int
  sample: 0
proofs:
  description:
    - When it was last tried whether each environment comes back. C(at) 0 means never, C(due) that it should be tried again.
  returned: always
  type: list
  elements: dict
  sample: [{environment: acme_prod, every_days: 30, at: 1795334400, passed: true, due: false}]
records:
  description: When the newest record of each environment was taken. C(at) 0 means never, C(due) that this year's isn't there.
  returned: always
  type: list
  elements: dict
  sample: [{environment: acme_prod, day: "01-31", at: 1795334400, due: false}]
last_backup_age:
  description: Seconds since the last backup ended; -1 without one.
  returned: always
  type: int
  sample: 40
"""

import time
from dataclasses import asdict
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.backup import records
from ..module_utils.backup.errors import BackupError
from ..module_utils.backup.host import Host
from ..module_utils.backup.models import Policy, Report
from ..module_utils.backup.proofs import due

POLICY: dict[str, Any] = {
    "stanza": {"type": "str", "required": True},
    "full_every_hours": {"type": "int", "required": True},
    "differential_every_hours": {"type": "int", "default": 0},
    "incremental_every_hours": {"type": "int", "default": 0},
    "archive_seconds": {"type": "int", "default": 0},
    "port": {"type": "int", "default": 5432},
    "user": {"type": "str", "default": "backup"},
    "socket_dir": {"type": "path", "default": "/var/run/postgresql"},
    "metrics_file": {"type": "path", "default": ""},
    "proofs": {"type": "dict", "default": {}},
    "proofs_dir": {"type": "path", "default": "/var/lib/tierline/proofs"},
    "records": {"type": "dict", "default": {}},
    "records_file": {"type": "path", "default": "/var/lib/tierline/records.json"},
    "member": {"type": "str", "default": ""},
    "peers": {"type": "list", "elements": "dict", "default": []},
    "second": {"type": "dict", "default": {}},
}
ARGUMENTS: dict[str, Any] = {
    "policy": {"type": "dict", "required": True, "options": POLICY},
    "fail": {"type": "bool", "default": False},
}


def result(report: Report) -> dict[str, Any]:
    latest = report.repository.last()
    return {
        "changed": False,
        "ok": report.ok,
        "findings": [asdict(finding) for finding in report.findings],
        "repository": asdict(report.repository),
        "second": asdict(report.second) if report.second else {},
        "attached": report.attached,
        "archiving": asdict(report.archiving) if report.archiving else {},
        "pending_segments": report.pending_segments,
        "proofs": [{**asdict(proof), "due": due(proof, report.at)} for proof in report.proofs],
        "records": [{**asdict(record), "due": records.due(record, report.at)} for record in report.records],
        "last_backup_age": report.at - latest.stopped if latest else -1,
    }


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        report = Host(Policy.of(module.params["policy"])).report(int(time.time()))
    except BackupError as error:
        module.fail_json(msg=str(error))
    if module.params["fail"] and not report.ok:
        module.fail_json(msg="; ".join(finding.text for finding in report.findings), **result(report))
    module.exit_json(**result(report))


if __name__ == "__main__":
    main()
