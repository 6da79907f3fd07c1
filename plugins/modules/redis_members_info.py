# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: redis_members_info
short_description: Read who is the primary of replicated Redis, and how its members are
version_added: 0.1.0
description:
  - Asks every member and its Sentinel, over TLS, for its role, how far it is behind, and whom it takes for the primary.
  - A member that doesn't answer is no failure of the module; it is told among RV(problems).
author:
  - The tierline.erp contributors (@tierline)
options:
  name:
    description: Name under which Sentinels know the primary.
    type: str
    required: true
  members:
    description: The members.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the machine.
        type: str
        required: true
      address:
        description: Name or address in its certificate.
        type: str
        required: true
  port:
    description: TLS port of Redis.
    type: int
    default: 6379
  sentinel_port:
    description: TLS port of Sentinel.
    type: int
    default: 26379
  ca_path:
    description: Certificate authority to trust; the system's by default.
    type: path
  login_user:
    description: User at Redis and at Sentinel.
    type: str
    default: sentinel
  login_password:
    description: Its password. Sent over the connection only.
    type: str
    required: true
  timeout:
    description: Seconds to wait for each.
    type: int
    default: 3
extends_documentation_fragment:
  - tierline.erp.attributes.info
requirements:
  - redis >= 4.3 (Python)
seealso:
  - module: tierline.erp.redis_restart
"""

EXAMPLES = r"""
- name: Read who is the primary
  tierline.erp.redis_members_info:
    name: shared
    members:
      - {name: store1, address: store1.example.net}
      - {name: store2, address: store2.example.net}
      - {name: store3, address: store3.example.net}
    ca_path: /etc/tierline/pki/ca.crt
    login_password: "{{ redis_replication_password }}"
  register: redis
"""

RETURN = r"""
primary:
  description: Address of the primary, as most Sentinels see it. Empty where none answers.
  returned: success
  type: str
  sample: store2.example.net
quorum:
  description: How many Sentinels must miss the primary for another to be chosen.
  returned: success
  type: int
  sample: 2
members:
  description: The members. C(lag_bytes) is how far a replica is behind the primary.
  returned: success
  type: list
  elements: dict
  sample:
    - {name: store1, address: store1.example.net, reachable: true, role: replica, follows: store2.example.net, link_up: true,
       offset: 41200, replicas: 0, lag_bytes: 0, error: ""}
sentinels:
  description: The Sentinels, and where each sees the primary.
  returned: success
  type: list
  elements: dict
  sample:
    - {name: store1, address: store1.example.net, reachable: true, primary: store2.example.net, quorum: 2, others: 2, replicas: 2,
       error: ""}
problems:
  description: What keeps a failover from going well, in words. Empty where all is well.
  returned: success
  type: list
  elements: str
  sample: []
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ..module_utils.redis import members as facts
from ..module_utils.redis.errors import RedisError
from ..module_utils.redis.store import REDIS_IMPORT_ERROR, RedisStore, Server

ARGUMENTS: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "members": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {"name": {"type": "str", "required": True}, "address": {"type": "str", "required": True}},
    },
    "port": {"type": "int", "default": 6379},
    "sentinel_port": {"type": "int", "default": 26379},
    "ca_path": {"type": "path"},
    "login_user": {"type": "str", "default": "sentinel"},
    "login_password": {"type": "str", "required": True, "no_log": True},
    "timeout": {"type": "int", "default": 3},
}

Connect = Callable[[str, int], RedisStore]


def run(connect: Connect, asked: dict[str, Any]) -> dict[str, Any]:
    listed = asked["members"]
    with ThreadPoolExecutor(max_workers=2 * len(listed)) as pool:
        servers = pool.map(lambda one: _member(connect, one, asked["port"]), listed)
        watchers = pool.map(lambda one: _sentinel(connect, one, asked["sentinel_port"], asked["name"]), listed)
        found, sentinels = list(servers), list(watchers)
    primary = facts.agreed_primary(sentinels)
    members = facts.with_lag(found, primary)
    return {
        "changed": False,
        "primary": primary,
        "quorum": max((one.quorum for one in sentinels), default=0),
        "members": [asdict(one) for one in members],
        "sentinels": [asdict(one) for one in sentinels],
        "problems": facts.problems(members, sentinels, primary),
    }


def _member(connect: Connect, one: dict[str, str], port: int) -> facts.Member:
    try:
        return facts.member(one["name"], one["address"], connect(one["address"], port).information())
    except RedisError as error:
        return facts.Member(one["name"], one["address"], error=str(error))


def _sentinel(connect: Connect, one: dict[str, str], port: int, name: str) -> facts.Sentinel:
    try:
        return facts.sentinel(one["name"], one["address"], connect(one["address"], port).watched(name))
    except RedisError as error:
        return facts.Sentinel(one["name"], one["address"], error=str(error))


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    if REDIS_IMPORT_ERROR:
        module.fail_json(msg=missing_required_lib("redis"), exception=REDIS_IMPORT_ERROR)
    asked = module.params

    def connect(address: str, port: int) -> RedisStore:
        server = Server(None, address, port, asked["ca_path"])
        return RedisStore(server, asked["login_user"], asked["login_password"], asked["timeout"])

    module.exit_json(**run(connect, asked))


if __name__ == "__main__":
    main()
