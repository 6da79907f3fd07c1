#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: postgres_copies
version_added: 0.1.0
short_description: Copy databases that are in use, and let roles make copies themselves
description:
  - Makes a fresh copy of each given database, as it was at one moment, while everybody goes on working with it. The copy belongs
    to the given role, and nobody else may connect to it.
  - A database that is no copy made by this module is never replaced.
  - Lets roles create databases, which copying and exchanging their own ones takes, or takes that right away again.
    M(tierline.erp.postgres_tenants) takes it away, too.
  - Runs on the primary, as its superuser.
extends_documentation_fragment:
  - tierline.erp.attributes
  - tierline.erp.postgres
author: The tierline.erp contributors (@tierline)
attributes:
  idempotent:
    support: partial
    details:
      - A copy is made anew with each call.
options:
  copies:
    description: The copies.
    type: list
    elements: dict
    default: []
    suboptions:
      source:
        description: Name of the database that is copied.
        type: str
        required: true
      target:
        description: Name of the copy. A copy of that name that this module made before is replaced.
        type: str
        required: true
      owner:
        description: Role that the copy and all in it belong to.
        type: str
        required: true
  rehearsals:
    description:
      - Databases that C(<database>_rehearsal) is a copy of, each with the role that it belongs to.
    type: dict
    default: {}
  creators:
    description: Roles whose right to create databases O(creators_state) says. Superusers are refused.
    type: list
    elements: str
    default: []
  creators_state:
    description: Whether the roles may create databases.
    type: str
    choices: [present, absent]
    default: present
requirements:
  - pg_dump and psql of the server's release on the host that runs the module
seealso:
  - module: tierline.erp.odoo_release
"""

EXAMPLES = r"""
- name: An update is rehearsed on a copy
  tierline.erp.postgres_copies:
    rehearsals: {acme_prod: acme_prod}
    creators: [acme_prod]

- name: The release is over
  tierline.erp.postgres_copies:
    creators: [acme_prod]
    creators_state: absent
"""

RETURN = r"""
copied:
  description: Seconds that each copy took, by its name.
  returned: success
  type: dict
  sample: {acme_prod_rehearsal: 14.2}
"""

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.tierline.erp.plugins.module_utils.postgres import duplicate
from ansible_collections.tierline.erp.plugins.module_utils.postgres.errors import PostgresError
from ansible_collections.tierline.erp.plugins.module_utils.postgres.login import LOGIN_ARGUMENTS, login
from ansible_collections.tierline.erp.plugins.module_utils.postgres.store import PSYCOPG2_IMPORT_ERROR

COPY = {name: {"type": "str", "required": True} for name in ("source", "target", "owner")}
ARGUMENTS = {
    **LOGIN_ARGUMENTS,
    "copies": {"type": "list", "elements": "dict", "default": [], "options": COPY},
    "rehearsals": {"type": "dict", "default": {}},
    "creators": {"type": "list", "elements": "str", "default": []},
    "creators_state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def run(server, params, check_mode):
    copies = [duplicate.Copy(**item) for item in params["copies"]]
    copies += [duplicate.rehearsal(source, owner) for source, owner in sorted(params["rehearsals"].items())]
    rights = dict.fromkeys(params["creators"], params["creators_state"] == "present")
    seen = server.see(copies, rights)
    problems = duplicate.refusals(copies, rights, seen)
    if problems:
        raise PostgresError("; ".join(problems))
    changed = duplicate.changed_rights(rights, seen)
    copied = {}
    if not check_mode:
        server.let(changed)
        copied = {copy.target: server.copy(copy) for copy in copies}
    before = {"may create databases": sorted(name for name in changed if seen.roles[name])}
    after = {
        "may create databases": sorted(name for name, wanted in changed.items() if wanted),
        "copies": [f"{copy.target} of {copy.source}" for copy in copies],
    }
    return {"changed": bool(changed or copies), "copied": copied, "diff": {"before": before, "after": after}}


def main():
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    if PSYCOPG2_IMPORT_ERROR:
        module.fail_json(msg=missing_required_lib("psycopg2"), exception=PSYCOPG2_IMPORT_ERROR)
    try:
        result = run(duplicate.Duplicator(**login(module.params)), module.params, module.check_mode)
    except PostgresError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
