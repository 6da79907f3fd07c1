#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: credentials_info
version_added: 0.1.0
short_description: Prove that retired secrets are dead
description:
  - Runs on an app machine. From inside the container that serves each environment it logs in with the secrets that were retired,
    which must be refused, and with those in their place, which must be accepted - or the refusals would prove nothing.
  - It also looks whether Odoo shows its login page.
  - The logins are to the database through the pooler of every member, to every member of Redis and every Sentinel, and to Odoo as
    its administrator. The database manager's password, which no door takes, is compared with what the server was started with.
  - Nothing is changed.
extends_documentation_fragment: [tierline.erp.attributes.info, tierline.erp.odoo_environments]
author: The tierline.erp contributors (@tierline)
options:
  retired:
    description: Secrets that must be refused. Environments that aren't on this machine are left out.
    type: list
    elements: dict
    required: true
    suboptions:
      environment:
        description: Name of the environment.
        type: str
        required: true
      database:
        description: Password of O(retired[].database_user).
        type: str
      database_user:
        description: Role in the database. O(environments[].database.user) when not given.
        type: str
      redis:
        description: Password of O(environments[].redis.user).
        type: str
      admin:
        description: Password of Odoo's administrator.
        type: str
      master:
        description: Password of Odoo's database manager.
        type: str
  timeout:
    description: Seconds that all logins of one environment may take.
    type: int
    default: 120
requirements:
  - docker (Python library)
seealso:
  - module: tierline.erp.secrets_rotation
"""

EXAMPLES = r"""
- name: Prove that the passwords of before are dead
  tierline.erp.credentials_info:
    environments: "{{ estate_odoo_environments | tierline.erp.with_secrets(estate_secrets) }}"
    retired:
      - environment: acme_prod
        redis: "{{ acme_prod_redis_password_of_before }}"
  register: credentials
"""

RETURN = r"""
ok:
  description: Whether every retired secret was refused, and every one in its place accepted.
  returned: success
  type: bool
  sample: true
checks:
  description: Every login with its outcome.
  returned: success
  type: list
  elements: dict
  sample:
    - name: "acme_prod -> retired redis"
      layer: redis
      status: passed
      ok: true
      detail: "refused: WRONGPASS invalid username-password pair or user is disabled."
      seconds: 0.0
"""

from collections.abc import Iterator
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tierline.erp.plugins.module_utils.odoo import arguments
from ansible_collections.tierline.erp.plugins.module_utils.probe import credentials, isolation
from ansible_collections.tierline.erp.plugins.module_utils.probe.engine import Engine
from ansible_collections.tierline.erp.plugins.module_utils.probe.errors import ProbeError
from ansible_collections.tierline.erp.plugins.module_utils.probe.isolation import Tenant
from ansible_collections.tierline.erp.plugins.module_utils.probe.models import Check


def argument_spec() -> dict[str, Any]:
    secrets = {name: {"type": "str", "no_log": True} for name in ("database", "redis", "admin", "master")}
    options = {"environment": {"type": "str", "required": True}, "database_user": {"type": "str"}, **secrets}
    return {
        "environments": arguments.environments(),
        "retired": {"type": "list", "elements": "dict", "required": True, "no_log": False, "options": options},
        "timeout": {"type": "int", "default": 120},
    }


def examine(params: dict[str, Any], engine: Any) -> Iterator[Check]:
    retired = {item["environment"]: item for item in params["retired"]}
    for item in params["environments"]:
        if item["environment"] in retired:
            yield from _one(item, retired[item["environment"]], engine)


def _one(item: dict[str, Any], old: dict[str, str], engine: Any) -> Iterator[Check]:
    tenant = Tenant(item["environment"], item["database"])
    place = engine.place(tenant.environment)
    if place is None:
        yield isolation.not_running(tenant, engine.last_words(tenant.environment))
        return
    names = [name for name in credentials.KINDS if old.get(name)]
    in_use = [credentials.page(item), *credentials.attempts(item, item["secrets"], "current", names)]
    dead = credentials.attempts(item, old, "retired", names)
    outcomes = engine.attempt(place, in_use + dead)
    yield from isolation.judge(tenant, in_use, outcomes, wanted=True)
    yield from isolation.judge(tenant, dead, outcomes, wanted=False)


def main() -> None:
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    try:
        checks = list(examine(module.params, Engine(module.params["timeout"])))
    except ProbeError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, ok=all(check.ok for check in checks), checks=[check.to_dict() for check in checks])


if __name__ == "__main__":
    main()
