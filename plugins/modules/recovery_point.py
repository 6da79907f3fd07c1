#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: recovery_point
short_description: Name a moment to which environments can be brought back, and record it in the store
version_added: 0.1.0
description:
  - Names a moment in the write-ahead log of the cluster, waits until the store has it, and puts one record for each environment
    into the store. With a record and the store's keys an environment can be rebuilt on empty hosts.
  - A record holds the moment, what the caller knows (O(environments[].facts)), and a digest of the database's figures - rows of
    every table and the totals of the books - by which a restored database is recognised.
  - Runs on the primary, as root or as PostgreSQL's own user.
  - A point of the same name is made once; running again changes nothing.
author:
  - The tierline.erp contributors (@tierline)
options:
  name:
    description: Name of the point, the same for all environments.
    type: str
    required: true
  stanza:
    description: Name under which pgBackRest keeps the cluster.
    type: str
    required: true
  bucket:
    description: Bucket for the records, under C(recovery-points/).
    type: str
    required: true
  environments:
    description: The environments that the cluster serves.
    type: list
    elements: dict
    required: true
    suboptions:
      environment:
        description: Name of the environment.
        type: str
        required: true
      database:
        description: Its database.
        type: str
        required: true
      facts:
        description: Whatever else rebuilding takes - image by digest, modules, filestore, configuration's hash. Nothing secret.
        type: dict
        default: {}
  socket_dir:
    description: Directory of PostgreSQL's socket.
    type: path
    default: /var/run/postgresql
  port:
    description: Port of PostgreSQL.
    type: int
    default: 5432
  archive_timeout:
    description: Seconds to wait for the moment to arrive in the store.
    type: int
    default: 120
extends_documentation_fragment:
  - tierline.erp.attributes
  - tierline.erp.object_store
seealso:
  - module: tierline.erp.recovery_point_info
"""

EXAMPLES = r"""
- name: Name the moment before the release
  tierline.erp.recovery_point:
    endpoint: https://store.example.net:8333
    ca_path: /etc/tierline/pki/ca.crt
    access_key: "{{ vault_writer.access_key }}"
    secret_key: "{{ vault_writer.secret_key }}"
    bucket: shared-database
    stanza: shared
    name: before-release-42
    environments:
      - environment: acme_prod
        database: acme_prod
        facts: {image: "registry.example/odoo@sha256:0123"}
"""

RETURN = r"""
points:
  description: The records, in the order of O(environments). In check mode, those that exist.
  returned: success
  type: list
  elements: dict
  sample:
    - name: before-release-42
      environment: acme_prod
      time: "2026-11-22T08:00:00.000000Z"
      stanza: shared
      database: acme_prod
      lsn: 0/5000090
      segment: "000000010000000000000005"
      timeline: 1
      system_identifier: "7400000000000000000"
      postgres_version: "17.6"
      figures_sha256: 5d41402abc4b2a76b9719d911017c592
      exact: true
      facts: {image: "registry.example/odoo@sha256:0123"}
      format: 1
"""

from dataclasses import asdict
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.backup.errors import BackupError
from ..module_utils.backup.host import run as run_as_postgres
from ..module_utils.object_store.arguments import CONNECTION, open_client
from ..module_utils.object_store.client import Client
from ..module_utils.object_store.errors import ObjectStoreError
from ..module_utils.proof.cluster import ProofCluster
from ..module_utils.proof.errors import ProofError
from ..module_utils.proof.record import RecoveryPoint, check_name, key, parse

ARGUMENTS: dict[str, Any] = {
    **CONNECTION,
    "name": {"type": "str", "required": True},
    "stanza": {"type": "str", "required": True},
    "bucket": {"type": "str", "required": True},
    "environments": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "environment": {"type": "str", "required": True},
            "database": {"type": "str", "required": True},
            "facts": {"type": "dict", "default": {}},
        },
    },
    "socket_dir": {"type": "path", "default": "/var/run/postgresql"},
    "port": {"type": "int", "default": 5432},
    "archive_timeout": {"type": "int", "default": 120},
}


def run(client: Client, cluster: ProofCluster, params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    environments = params["environments"]
    for word in (params["name"], *(item["environment"] for item in environments)):
        check_name(word)
    seen = [_stored(client, params["bucket"], item["environment"], params["name"]) for item in environments]
    present = [point for point in seen if point]
    if len(present) == len(environments) or check_mode:
        return {"changed": len(present) < len(environments), "points": [asdict(point) for point in present]}
    if present:
        names = ", ".join(point.environment for point in present)
        raise ProofError(f"recovery point {params['name']} exists already, of {names} only: choose another name")
    points = _make(cluster, params)
    for point in points:
        client.put(params["bucket"], point.key, point.serialise())
    return {"changed": True, "points": [asdict(point) for point in points]}


def _make(cluster: ProofCluster, params: dict[str, Any]) -> list[RecoveryPoint]:
    state, before = cluster.state(), cluster.snapshot()
    figures = {item["database"]: cluster.figures(item["database"]) for item in params["environments"]}
    moment = cluster.mark(params["name"], before)
    cluster.await_archived(moment.segment, params["archive_timeout"])
    return [
        RecoveryPoint(
            name=params["name"],
            environment=item["environment"],
            time=moment.time,
            stanza=params["stanza"],
            database=item["database"],
            lsn=moment.lsn,
            segment=moment.segment,
            timeline=int(state["timeline"]),
            system_identifier=state["system_identifier"],
            postgres_version=state["postgres_version"],
            figures_sha256=figures[item["database"]].digest,
            exact=moment.exact,
            facts=item["facts"],
        )
        for item in params["environments"]
    ]


def _stored(client: Client, bucket: str, environment: str, name: str) -> RecoveryPoint | None:
    content = client.find(bucket, key(environment, name))
    return parse(content) if content is not None else None


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    params = module.params
    try:
        cluster = ProofCluster(params["socket_dir"], params["port"], run_as_postgres)
        result = run(open_client(params), cluster, params, module.check_mode)
    except (ProofError, ObjectStoreError, BackupError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
