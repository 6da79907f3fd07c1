#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: postgres_tenants_info
version_added: 0.1.0
short_description: Read roles and databases of tenants from a PostgreSQL server
description:
  - Reads what the server really has, for verification and evidence. Also works on a replica.
extends_documentation_fragment:
  - tierline.erp.attributes.info
  - tierline.erp.postgres
author: The tierline.erp contributors (@tierline)
options:
  databases:
    description:
      - Names of databases. Without them, all databases except templates and V(postgres). A name that doesn't exist is left out.
    type: list
    elements: str
"""

EXAMPLES = r"""
- name: Know all tenants' databases
  tierline.erp.postgres_tenants_info:
  register: tenants
"""

RETURN = r"""
tenants:
  description: One entry for each database, sorted by name.
  returned: success
  type: list
  elements: dict
  sample:
    - database: acme_prod
      owner: acme_prod
      encoding: UTF8
      lc_collate: C
      lc_ctype: C.UTF-8
      public_privileges: []
      connect_granted_to: [acme_prod]
      extensions: [pg_trgm, plpgsql, unaccent]
      size_bytes: 31457280
      connections: 4
      role:
        login: true
        privileged: []
        connection_limit: 40
        member_of: []
        password: scram-sha-256
        settings: {statement_timeout: 15min}
      roles:
        - name: acme_prod_report
          access: reporting
          login: true
          privileged: []
          connection_limit: 5
          member_of: []
          password: scram-sha-256
          settings: {default_transaction_read_only: "on"}
removals:
  description: The tenants that M(tierline.erp.postgres_tenants) has removed from this cluster, the oldest first.
  returned: success
  type: list
  elements: dict
  sample:
    - database: acme_staging
      owner: acme_staging
      final_backup: acme_staging-20260301T020000Z
      size_bytes: 31457280
      removed_at: "2026-03-01T02:11:42Z"
"""

from contextlib import closing

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.tierline.erp.plugins.module_utils.postgres.errors import PostgresError
from ansible_collections.tierline.erp.plugins.module_utils.postgres.login import LOGIN_ARGUMENTS, login
from ansible_collections.tierline.erp.plugins.module_utils.postgres.report import describe_tenant
from ansible_collections.tierline.erp.plugins.module_utils.postgres.store import PSYCOPG2_IMPORT_ERROR, Store

ARGUMENTS = {**LOGIN_ARGUMENTS, "databases": {"type": "list", "elements": "str"}}


def run(store, databases):
    names = store.database_names() if databases is None else databases
    owners = store.owners(names)
    others = store.connectors(list(owners))
    asked = {name: (owners[name], others[name]) for name in owners}
    cluster = store.read([*owners.values(), *{role for roles in others.values() for role in roles}], list(owners), asked)
    sizes = store.sizes(list(owners))
    tenants = [describe_tenant(cluster, name, *sizes[name]) for name in sorted(owners)]
    return {"changed": False, "tenants": tenants, "removals": store.evidence()}


def main():
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    if PSYCOPG2_IMPORT_ERROR:
        module.fail_json(msg=missing_required_lib("psycopg2"), exception=PSYCOPG2_IMPORT_ERROR)
    try:
        with closing(Store(**login(module.params))) as store:
            result = run(store, module.params["databases"])
    except PostgresError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
