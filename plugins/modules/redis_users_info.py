# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: redis_users_info
short_description: Read Redis users and the state of their server
version_added: 0.1.0
description:
  - Reads all users of a Redis server, and what its memory, persistence and listeners look like.
  - Never returns passwords or their digests.
author:
  - The tierline.erp contributors (@tierline)
extends_documentation_fragment:
  - tierline.erp.attributes.info
  - tierline.erp.redis
seealso:
  - module: tierline.erp.redis_users
"""

EXAMPLES = r"""
- name: Read the users of the server
  tierline.erp.redis_users_info:
    unix_socket: /run/redis/redis-server.sock
    login_password: "{{ redis_admin_password }}"
  register: redis
"""

RETURN = r"""
users:
  description: All users, sorted by name.
  returned: success
  type: list
  elements: dict
  sample:
    - name: acme_prod
      enabled: true
      keys: ["acme_prod:*"]
      channels: ["acme_prod:*"]
      commands: "-@all +@read +@write"
      passwords: 1
server:
  description: What the running server says of itself.
  returned: success
  type: dict
  sample:
    version: 8.0.2
    role: master
    uptime_seconds: 3600
    plain_port: 0
    tls_port: 6379
    maxmemory_bytes: 268435456
    maxmemory_policy: volatile-lru
    used_memory_bytes: 1048576
    evicted_keys: 0
    append_only: true
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ..module_utils.redis.arguments import CONNECTION, open_store
from ..module_utils.redis.errors import RedisError
from ..module_utils.redis.store import REDIS_IMPORT_ERROR, RedisStore


def run(store: RedisStore) -> dict[str, Any]:
    return {
        "changed": False,
        "users": [
            {
                "name": user.name,
                "enabled": user.enabled,
                "keys": sorted(user.keys),
                "channels": sorted(user.channels),
                "commands": " ".join(user.commands),
                "passwords": len(user.password_hashes),
            }
            for _name, user in sorted(store.users().items())
        ],
        "server": _server(store.information(), store.settings("port", "tls-port", "maxmemory", "maxmemory-policy", "appendonly")),
    }


def _server(information: dict[str, Any], settings: dict[str, str]) -> dict[str, Any]:
    return {
        "version": str(information["redis_version"]),
        "role": information["role"],
        "uptime_seconds": int(information["uptime_in_seconds"]),
        "plain_port": int(settings["port"]),
        "tls_port": int(settings["tls-port"]),
        "maxmemory_bytes": int(settings["maxmemory"]),
        "maxmemory_policy": settings["maxmemory-policy"],
        "used_memory_bytes": int(information["used_memory"]),
        "evicted_keys": int(information["evicted_keys"]),
        "append_only": settings["appendonly"] == "yes",
    }


def main() -> None:
    module = AnsibleModule(argument_spec=CONNECTION, supports_check_mode=True)
    if REDIS_IMPORT_ERROR:
        module.fail_json(msg=missing_required_lib("redis"), exception=REDIS_IMPORT_ERROR)
    try:
        result = run(open_store(module.params))
    except RedisError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
