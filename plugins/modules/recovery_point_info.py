#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: recovery_point_info
short_description: Read recovery points of an environment from the store
version_added: 0.1.0
description:
  - Reads records that M(tierline.erp.recovery_point) has put into the store, as an identity that can read older versions.
  - A record is written once. So of several versions the oldest counts, and a deletion counts for nothing. Whoever overwrites or
    deletes records with the writer's key changes nothing of what is read here.
author:
  - The tierline.erp contributors (@tierline)
options:
  bucket:
    description: Bucket of the records.
    type: str
    required: true
  environment:
    description: The environment.
    type: str
    required: true
  name:
    description: Name of one point. Without it all points are read.
    type: str
extends_documentation_fragment:
  - tierline.erp.attributes.info
  - tierline.erp.object_store
seealso:
  - module: tierline.erp.recovery_point
"""

EXAMPLES = r"""
- name: Read the moments to which acme_prod can be brought back
  tierline.erp.recovery_point_info:
    endpoint: https://store.example.net:8333
    ca_path: /etc/tierline/pki/ca.crt
    access_key: "{{ vault_restorer.access_key }}"
    secret_key: "{{ vault_restorer.secret_key }}"
    bucket: shared-database
    environment: acme_prod
  register: points
"""

RETURN = r"""
points:
  description:
    - The records, oldest first, each with what M(tierline.erp.recovery_point) returns.
    - C(sha256) is the digest of the record as the store has it, C(stored) when it arrived there, and C(tampered) whether there
      are other versions or a deletion after it.
    - C(delay) is how many seconds the moment was on its way to the store.
  returned: success
  type: list
  elements: dict
  sample:
    - name: before-release-42
      environment: acme_prod
      time: "2026-11-22T08:00:00.000000Z"
      lsn: 0/5000090
      sha256: 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae
      stored: "2026-11-22T08:00:02.000Z"
      tampered: false
      delay: 1.7
"""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.object_store import written_once
from ..module_utils.object_store.arguments import CONNECTION, open_client
from ..module_utils.object_store.client import Client
from ..module_utils.object_store.errors import ObjectStoreError
from ..module_utils.object_store.written_once import Written
from ..module_utils.proof.errors import ProofError
from ..module_utils.proof.record import key, parse

ARGUMENTS: dict[str, Any] = {
    **CONNECTION,
    "bucket": {"type": "str", "required": True},
    "environment": {"type": "str", "required": True},
    "name": {"type": "str"},
}


def run(client: Client, bucket: str, environment: str, name: str | None) -> dict[str, Any]:
    prefix = key(environment, name) if name else key(environment, "").removesuffix(".json")
    points = [_point(written) for written in written_once.read(client, bucket, prefix)]
    return {"changed": False, "points": sorted(points, key=lambda point: point["time"])}


def _point(written: Written) -> dict[str, Any]:
    point, stored = parse(written.content), written.version.modified
    delay = datetime.fromisoformat(stored) - datetime.fromisoformat(point.time)
    return {
        **asdict(point),
        "delay": max(delay.total_seconds(), 0.0),
        "sha256": written.sha256,
        "stored": stored,
        "tampered": written.tampered,
    }


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    params = module.params
    try:
        result = run(open_client(params), params["bucket"], params["environment"], params["name"])
    except (ProofError, ObjectStoreError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
