#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: finance_record
short_description: Say of a dump and files in the store that they are a record, which is kept for years
version_added: 0.1.0
description:
  - Puts the record of one environment into the store, which says what it shows, by what it was proven, and until when it is to
    be kept. Before that, what lies there is no record - an attempt that was cut off leaves none.
  - The dump and the files are there already; the entry point C(prove) of the role backup_agent writes them.
  - A record of the same name is made once; running again changes nothing.
author:
  - The tierline.erp contributors (@tierline)
options:
  bucket:
    description: Bucket of records.
    type: str
    required: true
  name:
    description: Name of the record, such as the day on which it is taken.
    type: str
    required: true
  years:
    description: How many years it is to be kept, counted from now.
    type: int
    required: true
  point:
    description: The recovery point that was restored for it, as M(tierline.erp.recovery_point_info) returns it.
    type: dict
    required: true
  figures_sha256:
    description: Digest of the figures of what was dumped, as M(tierline.erp.database_figures_info) returns it.
    type: str
    required: true
  dump:
    description: V(bytes) and V(sha256) of the dump before it was encrypted.
    type: dict
    required: true
  files:
    description: How many files are with it.
    type: int
    default: 0
  checks:
    description:
      - What was checked of it, each with V(name) and V(passed). What else is said of them isn't kept,
        since a record isn't encrypted.
    type: list
    elements: dict
    required: true
  tools:
    description: Versions of what made it.
    type: dict
    default: {}
extends_documentation_fragment:
  - tierline.erp.attributes
  - tierline.erp.object_store
seealso:
  - module: tierline.erp.finance_record_info
  - module: tierline.erp.recovery_point
"""

EXAMPLES = r"""
- name: Keep what was proven
  tierline.erp.finance_record:
    endpoint: https://store.example.net:8333
    ca_path: /etc/tierline/pki/ca.crt
    access_key: "{{ vault_writer.access_key }}"
    secret_key: "{{ vault_writer.secret_key }}"
    bucket: shared-records
    name: "2027-01-31"
    years: 10
    point: "{{ points.points | last }}"
    figures_sha256: "{{ figures.databases.acme_prod.sha256 }}"
    dump: {bytes: 7340032, sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08}
    checks: [{name: debit and credit are the same, passed: true, detail: 42 lines}]
"""

RETURN = r"""
record:
  description: The record as it is in the store; in check mode as it would be.
  returned: success
  type: dict
  sample:
    name: "2027-01-31"
    environment: acme_prod
    database: acme_prod
    time: "2027-01-31T02:00:00.000000Z"
    taken: "2027-01-31T02:04:00Z"
    keep_until: "2037-01-31"
"""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.object_store.arguments import CONNECTION, open_client
from ..module_utils.object_store.client import Client
from ..module_utils.object_store.errors import ObjectStoreError
from ..module_utils.proof.errors import ProofError
from ..module_utils.proof.finance_record import FinanceRecord, keep_until, parse
from ..module_utils.proof.record import check_name

ARGUMENTS: dict[str, Any] = {
    **CONNECTION,
    "bucket": {"type": "str", "required": True},
    "name": {"type": "str", "required": True},
    "years": {"type": "int", "required": True},
    "point": {"type": "dict", "required": True},
    "figures_sha256": {"type": "str", "required": True},
    "dump": {"type": "dict", "required": True},
    "files": {"type": "int", "default": 0},
    "checks": {"type": "list", "elements": "dict", "required": True},
    "tools": {"type": "dict", "default": {}},
}


def run(client: Client, params: dict[str, Any], now: datetime, check_mode: bool) -> dict[str, Any]:
    record = _record(params, now)
    stored = client.find(params["bucket"], record.key)
    seen = parse(stored) if stored is not None else None
    if not seen and not check_mode:
        client.put(params["bucket"], record.key, record.serialise())
    return {"changed": not seen, "record": asdict(seen or record)}


def _record(params: dict[str, Any], now: datetime) -> FinanceRecord:
    point = params["point"]
    try:
        check_name(params["name"])
        if failed := [check["name"] for check in params["checks"] if check["passed"] is False]:
            raise ProofError(f"{point['environment']} is not kept as a record, since checks failed: {', '.join(failed)}")
        return FinanceRecord(
            name=params["name"],
            environment=point["environment"],
            database=point["database"],
            time=point["time"],
            taken=now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            keep_until=keep_until(now, params["years"]),
            point=point["name"],
            point_sha256=point["sha256"],
            figures_sha256=params["figures_sha256"],
            dump={"bytes": int(params["dump"]["bytes"]), "sha256": str(params["dump"]["sha256"])},
            files=params["files"],
            postgres_version=point["postgres_version"],
            checks=[{"name": check["name"], "passed": check["passed"]} for check in params["checks"]],
            facts=point["facts"],
            tools=params["tools"],
        )
    except KeyError as error:
        raise ProofError(
            f"point, dump and each of checks need all that they are documented to have: {error} is missing"
        ) from error


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        result = run(open_client(module.params), module.params, datetime.now(UTC), module.check_mode)
    except (ProofError, ObjectStoreError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
