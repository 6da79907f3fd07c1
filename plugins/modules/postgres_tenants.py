#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: postgres_tenants
version_added: 0.1.0
short_description: Roles and databases of many tenants on one PostgreSQL server
description:
  - Reconciles any number of tenants in one call. A tenant is a role that can log in and nothing else, and the database it owns.
  - Nobody but its owner and its O(tenants[].roles) may connect to a tenant's database. C(CONNECT) and C(TEMPORARY) are also
    taken from C(PUBLIC) on the databases V(postgres) and V(template1); the tenants may still connect to V(postgres), where
    Odoo's bus listens.
  - Only the given tenants are touched; the others stay as they are.
  - A call that was cut off is completed by the next one. Two calls at the same time wait for each other.
  - Passwords are stored as SCRAM-SHA-256 verifiers that are computed by the module, so no password is sent to the server. A
    stored verifier that fits the given password is left alone.
extends_documentation_fragment:
  - tierline.erp.attributes
  - tierline.erp.postgres
author: The tierline.erp contributors (@tierline)
options:
  tenants:
    description: The tenants.
    type: list
    elements: dict
    required: true
    suboptions:
      database:
        description: Name of the database.
        type: str
        required: true
      owner:
        description: Name of the role. Defaults to the name of the database.
        type: str
      state:
        description:
          - Whether the tenant exists.
          - V(absent) drops the database with all its data and the roles that are given, and needs O(allow_removal) and
            O(tenants[].final_backup).
        type: str
        choices: [present, absent]
        default: present
      password:
        description: Password of the role, in printable ASCII. Without it, the password of an existing role is left alone.
        type: str
      login:
        description: Whether the role may log in. If not, it has no password and no connection, and its sessions end.
        type: bool
        default: true
      connection_limit:
        description: Number of connections that the role may have at a time. V(-1) is unlimited.
        type: int
        default: -1
      extensions:
        description: Extensions that the database has. Others are left alone.
        type: list
        elements: str
        default: []
      settings:
        description:
          - Settings of the role's sessions, such as C(statement_timeout). Values are written as PostgreSQL takes them.
          - When given, all other settings of the role are reset. When not given, they are left alone.
        type: dict
      lc_collate:
        description: Collation of the database. It can't be changed later.
        type: str
        default: C
      lc_ctype:
        description: Character classification of the database. It can't be changed later.
        type: str
        default: C.UTF-8
      roles:
        description:
          - Other roles of the tenant. A role that isn't given loses its access to the database, but stays.
        type: list
        elements: dict
        default: []
        suboptions:
          name:
            description: Name of the role.
            type: str
            required: true
          access:
            description:
              - V(application) works as the owner - it is a member of the owner's role and becomes it when it logs in, so that
                all it makes belongs to the owner. Two of them allow a password to be changed without downtime - the application
                moves to the other one, then the first gets its new password.
              - V(reporting) reads the tables and views in the schema V(public), those of today and those that the owner will
                make, and may not write.
            type: str
            choices: [application, reporting]
            required: true
          state:
            description: Whether the role exists. What an V(absent) role owns in the database is given to the owner.
            type: str
            choices: [present, absent]
            default: present
          password:
            description: Password of the role, in printable ASCII. Without it, the password of an existing role is left alone.
            type: str
          login:
            description: Whether the role may log in. If not, it has no password and no connection, and its sessions end.
            type: bool
            default: true
          connection_limit:
            description: Number of connections that the role may have at a time. V(-1) is unlimited.
            type: int
            default: -1
          settings:
            description: Settings of the role's sessions, such as C(work_mem). All others of the role are reset.
            type: dict
            default: {}
          secret:
            description: Name of the secret that holds the password. It only makes messages clearer.
            type: str
      final_backup:
        description:
          - The name of the backup, archive or recovery point that still has the data of a tenant whose O(tenants[].state=absent).
          - It is written into the table C(tierline.removals) of the database V(postgres) before anything is dropped, where
            M(tierline.erp.postgres_tenants_info) finds it. Whether such a backup exists and can be read is for the caller to
            prove.
        type: str
      environment:
        description: Name of the environment that the tenant serves. Recorded in no place, it only makes messages clearer.
        type: str
      secret:
        description: Name of the secret that holds the password. It only makes messages clearer.
        type: str
  allow_removal:
    description: Confirms that tenants whose state is V(absent) are dropped with all their data.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Two tenants have a role and a database each
  tierline.erp.postgres_tenants:
    tenants:
      - database: acme_prod
        password: "{{ acme_prod_password }}"
        connection_limit: 40
        extensions: [pg_trgm, unaccent]
      - database: globex_prod
        password: "{{ globex_prod_password }}"
        settings:
          statement_timeout: 15min

- name: Reports read a tenant's data and change nothing
  tierline.erp.postgres_tenants:
    tenants:
      - database: acme_prod
        roles:
          - name: acme_prod_report
            access: reporting
            password: "{{ acme_report_password }}"
            connection_limit: 5
            settings: {statement_timeout: 30min, work_mem: 64MB}

- name: A tenant who left is gone with all its data
  tierline.erp.postgres_tenants:
    tenants:
      - database: acme_staging
        state: absent
        final_backup: acme_staging-20260301T020000Z
    allow_removal: true
"""

RETURN = r"""
changes:
  description: What was (or, in check mode, would be) done, in order.
  returned: success
  type: list
  elements: str
  sample: [create role acme_prod, create database acme_prod, close to the public database acme_prod]
"""

from contextlib import closing

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.tierline.erp.plugins.module_utils.postgres.errors import PostgresError
from ansible_collections.tierline.erp.plugins.module_utils.postgres.login import LOGIN_ARGUMENTS, login
from ansible_collections.tierline.erp.plugins.module_utils.postgres.models import REPORTING, Tenant, TenantRole, as_diff
from ansible_collections.tierline.erp.plugins.module_utils.postgres.plan import plan_tenants
from ansible_collections.tierline.erp.plugins.module_utils.postgres.store import PSYCOPG2_IMPORT_ERROR, Store
from ansible_collections.tierline.erp.plugins.module_utils.postgres.validate import setting_text, validate_tenants

ROLE = {
    "name": {"type": "str", "required": True},
    "access": {"type": "str", "choices": ["application", "reporting"], "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "password": {"type": "str", "no_log": True},
    "login": {"type": "bool", "default": True},
    "connection_limit": {"type": "int", "default": -1},
    "settings": {"type": "dict", "default": {}},
    "secret": {"type": "str", "no_log": False},
}
TENANT = {
    "database": {"type": "str", "required": True},
    "owner": {"type": "str"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "password": {"type": "str", "no_log": True},
    "login": {"type": "bool", "default": True},
    "connection_limit": {"type": "int", "default": -1},
    "extensions": {"type": "list", "elements": "str", "default": []},
    "settings": {"type": "dict"},
    "lc_collate": {"type": "str", "default": "C"},
    "lc_ctype": {"type": "str", "default": "C.UTF-8"},
    "roles": {"type": "list", "elements": "dict", "default": [], "options": ROLE},
    "final_backup": {"type": "str"},
    "environment": {"type": "str"},
    "secret": {"type": "str", "no_log": False},
}
ARGUMENTS = {
    **LOGIN_ARGUMENTS,
    "tenants": {"type": "list", "elements": "dict", "required": True, "options": TENANT},
    "allow_removal": {"type": "bool", "default": False},
}


def as_tenant(item):
    settings = item["settings"]
    return Tenant(
        database=item["database"],
        owner=item["owner"] or item["database"],
        password=item["password"],
        connection_limit=item["connection_limit"],
        extensions=tuple(item["extensions"]),
        settings=None if settings is None else _texts(settings),
        roles=tuple(_as_role(role) for role in item["roles"]),
        final_backup=item["final_backup"],
        lc_collate=item["lc_collate"],
        lc_ctype=item["lc_ctype"],
        present=item["state"] == "present",
        login=item["login"],
    )


def _as_role(item):
    return TenantRole(
        name=item["name"],
        access=item["access"],
        password=item["password"],
        connection_limit=item["connection_limit"],
        settings=_texts(item["settings"]),
        present=item["state"] == "present",
        login=item["login"],
    )


def _texts(settings):
    return {key: setting_text(value) for key, value in settings.items()}


def run(store, tenants, check_mode):
    store.lock()
    seen = store.read(
        [name for tenant in tenants for name in tenant.role_names],
        [tenant.database for tenant in tenants],
        {tenant.database: (tenant.owner, tenant.present_roles(REPORTING)) for tenant in tenants if tenant.present},
    )
    changes = plan_tenants(seen, tenants)
    if not check_mode:
        store.apply(changes)
    return {"changed": bool(changes), "diff": as_diff(changes), "changes": [str(change) for change in changes]}


def main():
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    if PSYCOPG2_IMPORT_ERROR:
        module.fail_json(msg=missing_required_lib("psycopg2"), exception=PSYCOPG2_IMPORT_ERROR)
    try:
        tenants = [as_tenant(item) for item in module.params["tenants"]]
        validate_tenants(tenants, module.params["allow_removal"])
        with closing(Store(**login(module.params))) as store:
            result = run(store, tenants, module.check_mode)
    except PostgresError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
