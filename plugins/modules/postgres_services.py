#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: postgres_services
version_added: 0.1.0
short_description: What a PostgreSQL cluster needs in itself for its services and PgBouncer
description:
  - Reconciles the roles of replication, rewinding, watching and backups, each with exactly the privileges that it needs, the role
    of PgBouncer, and the function with which PgBouncer looks up password verifiers. The function is in a schema that only
    PgBouncer may use, and answers only for roles that may connect to some tenant's database, never for superusers, services or
    PgBouncer itself.
  - Passwords are stored as SCRAM-SHA-256 verifiers that are computed by the module. A stored verifier that fits the given
    password is left alone.
extends_documentation_fragment:
  - tierline.erp.attributes
  - tierline.erp.postgres
author: The tierline.erp contributors (@tierline)
options:
  replication:
    description: The role of replication. As long as no role of its own is given for that, C(pg_rewind) uses it too.
    type: dict
    required: true
    suboptions:
      name:
        description: Name of the role.
        type: str
        default: replicator
      password:
        description: Its password, in printable ASCII.
        type: str
        required: true
      others: &others
        description:
          - Roles that take turns with it, as while its password is rotated. They may do the same.
          - One without a password may not come in, and who is in as it is turned out.
        type: list
        elements: dict
        default: []
        suboptions:
          name:
            description: Name of the role.
            type: str
            required: true
          password:
            description: Its password, in printable ASCII.
            type: str
  pooler:
    description: The role with which PgBouncer calls C(pgbouncer.get_auth(name)) in the database V(postgres).
    type: dict
    required: true
    suboptions:
      name:
        description: Name of the role.
        type: str
        default: pgbouncer
      password:
        description: Its password, in printable ASCII.
        type: str
        required: true
      others: *others
  services:
    description: Other roles of the cluster. A role that isn't given stays as it is.
    type: list
    elements: dict
    default: []
    suboptions:
      service:
        description:
          - V(rewind) may call the four functions that C(pg_rewind) needs, and then replication may not.
          - V(monitoring) is a member of V(pg_monitor).
          - V(backup) may do what a backup tool on the host needs - start and stop a backup, switch the log, make a restore point,
            run a checkpoint and read settings. It doesn't read data by SQL.
          - V(administration) is a superuser for people. pgAudit logs each of its statements, reading ones too, with passwords
            replaced.
        type: str
        choices: [rewind, monitoring, backup, administration]
        required: true
      name:
        description: Name of the role. By default V(rewinder), V(monitoring), V(backup) or V(dba).
        type: str
      state:
        description: Whether the role exists.
        type: str
        choices: [present, absent]
        default: present
      password:
        description: Its password, in printable ASCII. Without it nobody can log in as it over the network.
        type: str
      connection_limit:
        description: Number of connections that the role may have at a time. V(-1) is unlimited.
        type: int
        default: 10
  extensions:
    description: Extensions that the database V(postgres) has. Others are left alone.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Replication and PgBouncer can log in
  tierline.erp.postgres_services:
    replication:
      password: "{{ replication_password }}"
    pooler:
      password: "{{ pgbouncer_password }}"
    extensions: [pg_stat_statements]

- name: A monitoring agent and a backup tool have roles that can do no harm
  tierline.erp.postgres_services:
    replication:
      password: "{{ replication_password }}"
    pooler:
      password: "{{ pgbouncer_password }}"
    services:
      - service: monitoring
        password: "{{ monitoring_password }}"
      - service: backup
"""

RETURN = r"""
changes:
  description: What was (or, in check mode, would be) done, in order.
  returned: success
  type: list
  elements: str
  sample: [create role pgbouncer, make the password lookup for role pgbouncer]
"""

from contextlib import closing

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.tierline.erp.plugins.module_utils.postgres.access import NAMES
from ansible_collections.tierline.erp.plugins.module_utils.postgres.errors import PostgresError
from ansible_collections.tierline.erp.plugins.module_utils.postgres.login import LOGIN_ARGUMENTS, login
from ansible_collections.tierline.erp.plugins.module_utils.postgres.models import as_diff
from ansible_collections.tierline.erp.plugins.module_utils.postgres.services import POOLER, REPLICATION, Service, plan_services
from ansible_collections.tierline.erp.plugins.module_utils.postgres.store import PSYCOPG2_IMPORT_ERROR, Store
from ansible_collections.tierline.erp.plugins.module_utils.postgres.validate import validate_services


def _service(name):
    other = {"name": {"type": "str", "required": True}, "password": {"type": "str", "no_log": True}}
    options = {
        "name": {"type": "str", "default": name},
        "password": {"type": "str", "required": True, "no_log": True},
        "others": {"type": "list", "elements": "dict", "default": [], "options": other},
    }
    return {"type": "dict", "required": True, "options": options}


SERVICE = {
    "service": {"type": "str", "choices": list(NAMES), "required": True},
    "name": {"type": "str"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "password": {"type": "str", "no_log": True},
    "connection_limit": {"type": "int", "default": 10},
}
ARGUMENTS = {
    **LOGIN_ARGUMENTS,
    "replication": _service("replicator"),
    "pooler": _service("pgbouncer"),
    "services": {"type": "list", "elements": "dict", "default": [], "options": SERVICE},
    "extensions": {"type": "list", "elements": "str", "default": []},
}


def as_services(params):
    own = [service for kind in (REPLICATION, POOLER) for service in _by_turns(kind, params[kind])]
    return own + [
        Service(
            kind=item["service"],
            name=item["name"] or NAMES[item["service"]],
            password=item["password"],
            connection_limit=item["connection_limit"],
            present=item["state"] == "present",
        )
        for item in params["services"]
    ]


def _by_turns(kind, given):
    others = [Service(kind, item["name"], item["password"], shut_out=item["password"] is None) for item in given["others"]]
    return [Service(kind, given["name"], given["password"]), *others]


def run(store, services, extensions, check_mode):
    store.lock()
    changes = plan_services(store.read_services([service.name for service in services]), services, extensions)
    if not check_mode:
        store.apply(changes)
    return {"changed": bool(changes), "diff": as_diff(changes), "changes": [str(change) for change in changes]}


def main():
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    if PSYCOPG2_IMPORT_ERROR:
        module.fail_json(msg=missing_required_lib("psycopg2"), exception=PSYCOPG2_IMPORT_ERROR)
    try:
        services = as_services(module.params)
        validate_services(services)
        with closing(Store(**login(module.params))) as store:
            result = run(store, services, module.params["extensions"], module.check_mode)
    except PostgresError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
