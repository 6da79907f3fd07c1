#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: tenant_isolation_info
version_added: 0.1.0
short_description: Try to get from one tenant to another
description:
  - Runs on an app machine. From inside the container of each environment, with that environment's own credentials, it tries
    to reach the other environments, and reports each attempt with its outcome.
  - The attempts are on the other's database through the pooler and directly, with the own user and with the other's; on the
    other's keys in Redis, reading and writing; on its container; on its published ports at the gateway and at the machine's
    addresses; and whether two containers write to one directory.
  - As somebody who can run code there would, it also tries what is around every container, which is files, sockets and rights of
    the machine, the metadata service of a cloud, the container engine, the consoles of the database's services, and what Redis
    and the database let no tenant do. And it looks how the engine limits the container.
  - Where Redis has several members each is tried, and so are their Sentinels, which keep users of their own.
  - An attempt must be refused or get no answer. One that succeeds, and one that ends in an error that proves nothing, is a failed
    check. Before it tries others, an environment must reach its own database and Redis, or the refusals would prove nothing.
  - Where there is no other environment to try, one skipped check says so, and the rest is tried.
  - Nothing is changed. Where a Redis is not isolated, one key below the other's prefix is written that expires after a second.
extends_documentation_fragment: tierline.erp.attributes.info
author: The tierline.erp contributors (@tierline)
options:
  environments:
    description:
      - "The environments of this machine: C(environment), the name after which its containers are named, C(<name>-blue) or
        C(<name>-green); C(database) with C(name), C(user), C(host) and C(port); C(redis) with C(host), or
        C(sentinels), C(sentinel_port) and C(primary), with C(port), C(user) and C(key_prefix); C(ports), a mapping of names to
        published ports."
      - The two last ones may be missing. Other keys are ignored.
    type: list
    elements: dict
    required: true
  subjects:
    description: Try only pairs in which one of these environments takes part. All pairs when not given.
    type: list
    elements: str
  redis_passwords:
    description: Password in Redis of each environment, by its name. Without one its attempts on Redis are skipped.
    type: dict
    default: {}
  addresses:
    description: Names or addresses of this machine at which published ports are tried, besides the container's gateway.
    type: list
    elements: str
    default: []
  direct_port:
    description: Port of PostgreSQL itself, behind the pooler.
    type: int
    default: 5432
  api_port:
    description: Port of Patroni's API on the hosts of the database.
    type: int
    default: 8008
  etcd_port:
    description: Port of etcd on the hosts of the database.
    type: int
    default: 2379
  timeout:
    description: Seconds that all attempts of one environment may take.
    type: int
    default: 300
requirements:
  - docker (Python library)
seealso:
  - module: tierline.erp.odoo_probe
"""

EXAMPLES = r"""
- name: Try to get from one tenant to another
  tierline.erp.tenant_isolation_info:
    environments:
      - environment: acme_prod
        database: {name: acme_prod, user: acme_prod, host: db1.example.com, port: 6432}
        ports: {http: 10008, websocket: 10009}
      - environment: beta_prod
        database: {name: beta_prod, user: beta_prod, host: db1.example.com, port: 6432}
        ports: {http: 10012, websocket: 10013}
    addresses: [app1.example.com]
  register: isolation
"""

RETURN = r"""
ok:
  description: Whether no attempt succeeded and each was conclusive.
  returned: success
  type: bool
  sample: true
checks:
  description: Every attempt with its outcome.
  returned: success
  type: list
  elements: dict
  sample:
    - name: "acme_prod -> beta_prod database at db1.example.com:6432"
      layer: database
      status: passed
      ok: true
      detail: 'refused: FATAL: permission denied for database "beta_prod"'
      seconds: 0.0
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Protocol

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tierline.erp.plugins.module_utils.probe import hostile, isolation
from ansible_collections.tierline.erp.plugins.module_utils.probe.engine import Engine, addresses_of
from ansible_collections.tierline.erp.plugins.module_utils.probe.errors import ProbeError
from ansible_collections.tierline.erp.plugins.module_utils.probe.isolation import Place, Tenant
from ansible_collections.tierline.erp.plugins.module_utils.probe.models import Check


class EngineLike(Protocol):
    def place(self, environment: str) -> Place | None: ...
    def last_words(self, environment: str) -> str: ...
    def attempt(self, place: Place, attempts: list[dict[str, Any]]) -> list[dict[str, Any]]: ...


def argument_spec() -> dict[str, Any]:
    return {
        # Items come from the estate with more keys than matter here, so they are checked by tenants_from.
        "environments": {"type": "list", "elements": "dict", "required": True},
        "subjects": {"type": "list", "elements": "str"},
        "redis_passwords": {"type": "dict", "default": {}, "no_log": True},
        "addresses": {"type": "list", "elements": "str", "default": []},
        "direct_port": {"type": "int", "default": 5432},
        "api_port": {"type": "int", "default": 8008},
        "etcd_port": {"type": "int", "default": 2379},
        "timeout": {"type": "int", "default": 300},
    }


def tenants_from(params: dict[str, Any]) -> list[Tenant]:
    try:
        return [
            Tenant(
                environment=item["environment"],
                database={key: item["database"][key] for key in ("name", "user", "host", "port")},
                redis=item.get("redis") or {},
                ports=item.get("ports") or {},
                redis_password=(params["redis_passwords"] or {}).get(item["environment"]) or "",
            )
            for item in params["environments"]
        ]
    except (KeyError, TypeError) as error:
        raise ProbeError(
            f"environments: each item needs environment and database with name, user, host and port; {error} is missing"
        ) from error


def examine(params: dict[str, Any], engine: EngineLike) -> Iterator[Check]:
    tenants = [replace(tenant, place=engine.place(tenant.environment)) for tenant in tenants_from(params)]
    pairs = list(isolation.pairs(tenants, params["subjects"]))
    if not pairs:
        yield isolation.nobody(tenants)
    for attacker in tenants:
        victims = [victim for other, victim in pairs if other is attacker]
        if not victims and params["subjects"] is not None and attacker.environment not in params["subjects"]:
            continue
        if attacker.place is None:
            yield isolation.not_running(attacker, engine.last_words(attacker.environment))
        else:
            yield from _examine_one(params, engine, attacker, attacker.place, victims)


def _examine_one(
    params: dict[str, Any], engine: EngineLike, attacker: Tenant, place: Place, victims: list[Tenant]
) -> Iterator[Check]:
    own = isolation.control(attacker)
    others = [
        attempt
        for victim in victims
        for attempt in isolation.attacks(attacker, victim, params["direct_port"], params["addresses"])
    ]
    others += hostile.attempts(attacker, victims, params["api_port"], params["etcd_port"])
    outcomes = engine.attempt(place, own + others)
    yield from isolation.judge(attacker, own, outcomes, wanted=True)
    yield from isolation.judge(attacker, others, outcomes, wanted=False)
    yield from (isolation.storage(attacker, victim) for victim in victims)
    yield from hostile.limits(attacker)
    if not attacker.redis_password:
        yield isolation.without_redis(attacker)


def main() -> None:
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    try:
        module.params["addresses"] = sorted({found for name in module.params["addresses"] for found in addresses_of(name)})
        checks = list(examine(module.params, Engine(module.params["timeout"])))
    except ProbeError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, ok=all(check.ok for check in checks), checks=[check.to_dict() for check in checks])


if __name__ == "__main__":
    main()
