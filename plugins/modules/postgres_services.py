#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: postgres_services
version_added: 0.1.0
short_description: What a PostgreSQL cluster needs in itself for replication and PgBouncer
description:
  - Reconciles the role of replication and rewind, the role of PgBouncer, and the function with which PgBouncer looks up
    password verifiers. The function is in a schema that only PgBouncer may use, and answers for tenants only, never for
    superusers, replication or PgBouncer itself.
  - Passwords are stored as SCRAM-SHA-256 verifiers that are computed by the module. A stored verifier that fits the given
    password is left alone.
extends_documentation_fragment:
  - tierline.erp.attributes
  - tierline.erp.postgres
author: The tierline.erp contributors (@tierline)
options:
  replication:
    description: The role of replication, which C(pg_rewind) uses too.
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
"""

RETURN = r"""
changes:
  description: What was (or, in check mode, would be) done, in order.
  returned: success
  type: list
  elements: str
  sample: [create role pgbouncer, make the password lookup for role pgbouncer]
"""

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.tierline.erp.plugins.module_utils.postgres.errors import PostgresError
from ansible_collections.tierline.erp.plugins.module_utils.postgres.login import LOGIN_ARGUMENTS, login
from ansible_collections.tierline.erp.plugins.module_utils.postgres.models import as_diff
from ansible_collections.tierline.erp.plugins.module_utils.postgres.services import Service, plan_services
from ansible_collections.tierline.erp.plugins.module_utils.postgres.store import PSYCOPG2_IMPORT_ERROR, Store
from ansible_collections.tierline.erp.plugins.module_utils.postgres.validate import validate_role


def _service(name):
    options = {"name": {"type": "str", "default": name}, "password": {"type": "str", "required": True, "no_log": True}}
    return {"type": "dict", "required": True, "options": options}


ARGUMENTS = {
    **LOGIN_ARGUMENTS,
    "replication": _service("replicator"),
    "pooler": _service("pgbouncer"),
    "extensions": {"type": "list", "elements": "str", "default": []},
}


def run(store, replication, pooler, extensions, check_mode):
    store.lock()
    changes = plan_services(store.read_services(replication.name, pooler.name), replication, pooler, extensions)
    if not check_mode:
        store.apply(changes)
    return {"changed": bool(changes), "diff": as_diff(changes), "changes": [str(change) for change in changes]}


def main():
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    if PSYCOPG2_IMPORT_ERROR:
        module.fail_json(msg=missing_required_lib("psycopg2"), exception=PSYCOPG2_IMPORT_ERROR)
    try:
        replication, pooler = (Service(**module.params[key]) for key in ("replication", "pooler"))
        for what, service in (("replication", replication), ("pooler", pooler)):
            validate_role(what, service.name, service.password)
        result = run(Store(**login(module.params)), replication, pooler, module.params["extensions"], module.check_mode)
    except PostgresError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
