# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: redis_restart
short_description: Restart a member of replicated Redis that is older than its configuration
version_added: 0.1.0
description:
  - Restarts the member on this machine where files are newer than its process, and waits until it has its data again.
  - A replica restarts when Sentinel sees all other members well.
  - A primary hands over first. Writes are held back, so that clients wait rather than fail, until its replicas have everything;
    then Sentinel makes one of them the primary.
  - Run it on one member at a time (C(throttle=1)), first with O(primary=leave), then with O(primary=hand_over).
author:
  - The tierline.erp contributors (@tierline)
options:
  name:
    description: Name under which Sentinels know the primary.
    type: str
    required: true
  address:
    description: Address of this member, under which Sentinels know it. All other members must be well before it restarts.
    type: str
    required: true
  sentinel_socket:
    description: Unix socket of the Sentinel on this machine.
    type: path
    required: true
  service:
    description: The systemd unit of Redis.
    type: str
    default: redis-server.service
  files:
    description: The files that the process must not be older than.
    type: list
    elements: path
    required: true
  primary:
    description: What to do where this member is the primary.
    type: str
    choices: [leave, hand_over]
    default: hand_over
  wait:
    description: Seconds to wait for other members, for the new primary, and for the data.
    type: int
    default: 60
extends_documentation_fragment:
  - tierline.erp.attributes
  - tierline.erp.redis
seealso:
  - module: tierline.erp.redis_members_info
"""

EXAMPLES = r"""
- name: Restart members that are older than their configuration
  tierline.erp.redis_restart:
    name: shared
    address: store1.example.net
    unix_socket: /run/redis/redis-server.sock
    sentinel_socket: /run/redis-sentinel/sentinel.sock
    login_user: sentinel
    login_password: "{{ redis_replication_password }}"
    files: [/etc/redis/redis.conf]
    primary: "{{ item }}"
  loop: [leave, hand_over]
  throttle: 1
"""

RETURN = r"""
newer:
  description: The files that are newer than the running process.
  returned: success
  type: list
  elements: str
  sample: [/etc/redis/redis.conf]
handed_over:
  description: Whether the member was the primary and another has its place now.
  returned: success
  type: bool
"""

import os
from collections.abc import Callable
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ..module_utils.redis import rolling
from ..module_utils.redis.arguments import CONNECTION, open_store
from ..module_utils.redis.errors import RedisError, RedisUnreachableError
from ..module_utils.redis.store import REDIS_IMPORT_ERROR, RedisStore, Server

ARGUMENTS: dict[str, Any] = {
    **CONNECTION,
    "name": {"type": "str", "required": True},
    "address": {"type": "str", "required": True},
    "sentinel_socket": {"type": "path", "required": True},
    "service": {"type": "str", "default": "redis-server.service"},
    "files": {"type": "list", "elements": "path", "required": True},
    "primary": {"type": "str", "choices": ["leave", "hand_over"], "default": "hand_over"},
    "wait": {"type": "int", "default": 60},
}


def newer_files(socket: str, files: list[str]) -> list[str]:
    """The socket dates from the process's start; one without a socket never read these files."""
    started = os.stat(socket).st_mtime if os.path.exists(socket) else 0.0
    return [file for file in files if os.path.exists(file) and os.stat(file).st_mtime > started]


def run(
    asked: dict[str, Any],
    store: rolling.Store,
    sentinel: rolling.Store,
    restart: Callable[[], None],
    check_mode: bool,
    patience: rolling.Patience,
) -> dict[str, Any]:
    newer = newer_files(asked["unix_socket"], asked["files"])
    if not newer:
        return _report([], False)
    primary = _is_primary(store, check_mode)
    if primary and asked["primary"] == "leave":
        return _report([], False)
    if not check_mode:
        rolling.wait_for_others(sentinel, asked["name"], asked["address"], asked["wait"], patience)
        if primary:
            rolling.hand_over(store, sentinel, asked["name"], asked["address"], asked["wait"], patience)
        restart()
        rolling.wait_until_well(store, asked["wait"], patience)
    return _report(newer, primary)


def _is_primary(store: rolling.Store, check_mode: bool) -> bool:
    try:
        return rolling.is_primary(store)
    except RedisUnreachableError:
        return False  # It is down, and needs nobody's place to be taken.
    except RedisError:
        if check_mode:  # The run that would come first would make the user.
            return False
        raise


def _report(newer: list[str], handed_over: bool) -> dict[str, Any]:
    diff = {"before": {"newer": newer}, "after": {"newer": []}}
    return {"changed": bool(newer), "newer": newer, "handed_over": handed_over, "diff": diff}


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    if REDIS_IMPORT_ERROR:
        module.fail_json(msg=missing_required_lib("redis"), exception=REDIS_IMPORT_ERROR)
    asked = module.params
    watcher = Server(asked["sentinel_socket"], "", 0, None)
    sentinel = RedisStore(watcher, asked["login_user"], asked["login_password"], asked["timeout"])

    def restart() -> None:
        code, _out, problem = module.run_command(["systemctl", "restart", asked["service"]])
        if code:
            module.fail_json(msg=f"{asked['service']} doesn't start: {problem.strip()}; see journalctl -u {asked['service']}")

    try:
        result = run(asked, open_store(asked), sentinel, restart, module.check_mode, rolling.Patience())
    except RedisError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
