#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: finance_record_info
short_description: Read from the store which records of environments are kept, and how they are locked
version_added: 0.1.0
description:
  - Reads what M(tierline.erp.finance_record) has put into the store, as an identity that can read older versions, and asks the
    store itself until when each is locked.
  - A record is written once. So of several versions the oldest counts, and a deletion counts for nothing.
author:
  - The tierline.erp contributors (@tierline)
options:
  bucket:
    description: Bucket of records.
    type: str
    required: true
  environments:
    description: The environments.
    type: list
    elements: str
    required: true
extends_documentation_fragment:
  - tierline.erp.attributes.info
  - tierline.erp.object_store
seealso:
  - module: tierline.erp.finance_record
"""

EXAMPLES = r"""
- name: Read which records of acme_prod are kept
  tierline.erp.finance_record_info:
    endpoint: https://store.example.net:8333
    ca_path: /etc/tierline/pki/ca.crt
    access_key: "{{ vault_restorer.access_key }}"
    secret_key: "{{ vault_restorer.secret_key }}"
    bucket: shared-records
    environments: [acme_prod]
  register: kept
"""

RETURN = r"""
records:
  description:
    - The records, oldest first, each with what M(tierline.erp.finance_record) returns.
    - C(lock_mode) and C(locked_until) are what the store says of it; V(none) and an empty string where it isn't locked.
    - C(sha256) is the digest of the record as the store has it, C(stored) when it arrived there, and C(tampered) whether there
      are other versions or a deletion after it.
  returned: success
  type: list
  elements: dict
  sample:
    - name: "2027-01-31"
      environment: acme_prod
      time: "2027-01-31T02:00:00.000000Z"
      keep_until: "2037-01-31"
      lock_mode: compliance
      locked_until: "2037-02-07T02:04:00Z"
      sha256: 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae
      stored: "2027-01-31T02:04:00.000Z"
      tampered: false
newest:
  description: When the newest record of each environment that has one was taken.
  returned: success
  type: dict
  sample: {acme_prod: "2027-01-31T02:04:00Z"}
"""

from dataclasses import asdict
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.object_store import written_once
from ..module_utils.object_store.arguments import CONNECTION, open_client
from ..module_utils.object_store.client import Client
from ..module_utils.object_store.errors import ObjectStoreError
from ..module_utils.object_store.written_once import Written
from ..module_utils.proof.errors import ProofError
from ..module_utils.proof.finance_record import key, parse

ARGUMENTS: dict[str, Any] = {
    **CONNECTION,
    "bucket": {"type": "str", "required": True},
    "environments": {"type": "list", "elements": "str", "required": True},
}


def run(client: Client, bucket: str, environments: list[str]) -> dict[str, Any]:
    found = [
        _record(client, bucket, written)
        for environment in environments
        for written in written_once.read(client, bucket, key(environment, "").removesuffix(".json"))
    ]
    records = sorted(found, key=lambda record: (record["taken"], record["environment"]))
    return {"changed": False, "records": records, "newest": {record["environment"]: record["taken"] for record in records}}


def _record(client: Client, bucket: str, written: Written) -> dict[str, Any]:
    version = written.version
    mode, until = client.retention(bucket, version.key, version.version)
    seen = {"sha256": written.sha256, "stored": version.modified, "tampered": written.tampered}
    return {**asdict(parse(written.content)), **seen, "lock_mode": mode, "locked_until": until}


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    params = module.params
    try:
        result = run(open_client(params), params["bucket"], params["environments"])
    except (ProofError, ObjectStoreError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
