#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: postgres_credentials_info
version_added: 0.1.0
short_description: Prove that a cluster's retired passwords are dead
description:
  - Logs in to every member with what must be refused, and with what is in its place, which must be accepted - or the refusals
    would prove nothing.
  - The logins are those of the cluster itself - replication and PgBouncer's lookup in PostgreSQL, PgBouncer's admin console, and
    a write to Patroni's API, which sets the lease to what it is already.
  - A login that ends in anything but a refusal, as where a member doesn't answer, proves nothing and counts as failed.
  - Nothing is changed.
extends_documentation_fragment: [tierline.erp.attributes.info, tierline.erp.patroni.members]
author: The tierline.erp contributors (@tierline)
options:
  refused:
    description: Logins that must be refused, as the filter P(tierline.erp.postgres_logins#filter) gives them.
    type: list
    elements: dict
    required: true
    suboptions: &login
      kind:
        description: What it is for.
        type: str
        choices: [replication, pgbouncer, pgbouncer_admin, patroni_api]
        required: true
      name:
        description: Name of the user.
        type: str
        required: true
      password:
        description: The user's password.
        type: str
        required: true
  accepted:
    description: Logins that must be accepted. Only those of kinds in O(refused) are tried.
    type: list
    elements: dict
    required: true
    suboptions: *login
  port:
    description: Port of PostgreSQL.
    type: int
    default: 5432
  pgbouncer_port:
    description: Port of PgBouncer.
    type: int
    default: 6432
requirements:
  - psycopg2 >= 2.9
seealso:
  - module: tierline.erp.credentials_info
  - module: tierline.erp.secrets_rotation
"""

EXAMPLES = r"""
- name: Prove that the cluster's passwords of before are dead
  tierline.erp.postgres_credentials_info:
    members: "{{ postgres_ha_members }}"
    refused: "{{ estate_secrets.cells[estate_cell] | tierline.erp.postgres_logins('retired') }}"
    accepted: "{{ estate_secrets.cells[estate_cell] | tierline.erp.postgres_logins('in_use') }}"
  register: credentials
"""

RETURN = r"""
ok:
  description: Whether every login that must be refused was, and every other one accepted.
  returned: success
  type: bool
  sample: true
checks:
  description: Every login with its outcome.
  returned: success
  type: list
  elements: dict
  sample:
    - name: db1 -> retired replication (replicator)
      layer: database
      status: passed
      ok: true
      detail: 'refused: FATAL: password authentication failed for user "replicator"'
      seconds: 0.0
"""

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.tierline.erp.plugins.module_utils.postgres import logins
from ansible_collections.tierline.erp.plugins.module_utils.postgres.api_arguments import API_ARGUMENTS, addresses
from ansible_collections.tierline.erp.plugins.module_utils.postgres.errors import PostgresError
from ansible_collections.tierline.erp.plugins.module_utils.postgres.patroni import PatroniApi

LOGINS: dict[str, Any] = {
    "type": "list",
    "elements": "dict",
    "required": True,
    "options": {
        "kind": {"type": "str", "choices": list(logins.TURNS), "required": True},
        "name": {"type": "str", "required": True},
        "password": {"type": "str", "required": True, "no_log": True},
    },
}
ARGUMENTS: dict[str, Any] = {
    "refused": LOGINS,
    "accepted": LOGINS,
    "port": {"type": "int", "default": 5432},
    "pgbouncer_port": {"type": "int", "default": 6432},
    **{name: API_ARGUMENTS[name] for name in ("members", "api_port", "ca_cert", "client_cert", "client_key")},
}


class Doors:
    """Where each kind of login is tried."""

    def __init__(self, params: dict[str, Any]) -> None:
        self._params = params
        self._members = addresses(params)

    def attempt(self, kind: str, member: str, login: Mapping[str, Any]) -> tuple[str, str]:
        if kind == logins.API:
            return logins.api(lambda: self._write(member, login))
        console = kind == "pgbouncer_admin"
        dsn = {
            "host": self._members[member],
            "port": self._params["pgbouncer_port" if console else "port"],
            "dbname": "pgbouncer" if console else "postgres",
            "user": login["name"],
            "password": login["password"],
            "sslmode": "verify-full",
            "sslrootcert": self._params["ca_cert"],
            "sslcert": self._params["client_cert"],
            "sslkey": self._params["client_key"],
        }
        return logins.login(dsn, "SHOW VERSION" if console else "SELECT 1")

    def _write(self, member: str, login: Mapping[str, Any]) -> None:
        ca, certificate, key = (self._params[name] for name in ("ca_cert", "client_cert", "client_key"))
        address = {member: self._members[member]}
        api = PatroniApi(address, self._params["api_port"], ca, certificate, key, login["name"], login["password"])
        api.patch_config({"ttl": api.read_config()["ttl"]})


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    if logins.PSYCOPG2_IMPORT_ERROR:
        module.fail_json(msg=missing_required_lib("psycopg2"), exception=logins.PSYCOPG2_IMPORT_ERROR)
    refused, accepted = module.params["refused"], module.params["accepted"]
    try:
        doors = Doors(module.params)
        members = [member["name"] for member in module.params["members"]]
        checks = list(logins.prove(members, refused, accepted, doors.attempt))
    except PostgresError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, ok=all(check.ok for check in checks), checks=[check.to_dict() for check in checks])


if __name__ == "__main__":
    main()
