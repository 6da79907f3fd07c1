# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: redis_users
short_description: Reconcile Redis users
version_added: 0.1.0
description:
  - Makes a list of Redis users what it should be, over one connection and with one plan, however many they are.
  - Each user reaches the keys and channels that begin with its own prefix,
    and commands that harm neither the server nor its neighbours.
    Commands that would tell the names of other users' keys (SCAN, RANDOMKEY) are refused, and so are scripts and functions.
  - Users that are not listed are left alone. Nobody is removed unless O(users[].state=absent).
  - Users are saved to the server's ACL file. One that an earlier run created and could not save is saved by the next.
  - Passwords are compared by the SHA-256 digest that Redis keeps, and are never shown.
author:
  - The tierline.erp contributors (@tierline)
options:
  users:
    description: The users to reconcile.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the user. V(default), V(admin), V(replica) and V(sentinel) belong to the server.
        type: str
        required: true
      key_prefix:
        description:
          - Keys and channels that begin with it are the user's own. Required unless O(users[].state=absent).
          - No prefix may begin with another user's prefix.
        type: str
      password:
        description:
          - Password, at least 12 characters. Required unless O(users[].state=absent).
          - Connections that were made with a password that isn't valid any more are closed.
        type: str
      other_passwords:
        description: Passwords that are valid besides, while applications move from one to the other.
        type: list
        elements: str
        default: []
      state:
        description: Whether the user shall exist.
        type: str
        choices: [present, absent]
        default: present
      environment:
        description: Environment that the user belongs to. Not used by the module; callers select by it.
        type: str
  sentinel_acl_file:
    description:
      - Given where the server is a Sentinel, which can't be asked for the path of its ACL file.
      - Users may ask a Sentinel for the primary, and nothing else.
    type: path
extends_documentation_fragment:
  - tierline.erp.attributes
  - tierline.erp.redis
seealso:
  - module: tierline.erp.redis_users_info
"""

EXAMPLES = r"""
- name: Give each environment its own part of the server
  tierline.erp.redis_users:
    unix_socket: /run/redis/redis-server.sock
    login_password: "{{ redis_admin_password }}"
    users:
      - name: acme_prod
        key_prefix: "acme_prod:"
        password: "{{ acme_prod_redis_password }}"

- name: Take an environment away
  tierline.erp.redis_users:
    host: redis.example.net
    ca_path: /etc/tierline/pki/ca.crt
    login_password: "{{ redis_admin_password }}"
    users:
      - name: old_staging
        state: absent
"""

RETURN = r"""
users_changed:
  description: What was done to which user. V(save) means that it existed and was only saved to the ACL file.
  returned: success
  type: dict
  sample: {acme_prod: set, old_staging: delete}
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ..module_utils.redis.arguments import CONNECTION, open_store
from ..module_utils.redis.errors import RedisError, RedisUnreachableError
from ..module_utils.redis.models import AclUser, WantedUser, as_acl_user, as_sentinel_user, parse_users
from ..module_utils.redis.plan import Change, as_diff, plan
from ..module_utils.redis.store import REDIS_IMPORT_ERROR, RedisStore

ARGUMENTS: dict[str, Any] = {
    **CONNECTION,
    "sentinel_acl_file": {"type": "path"},
    "users": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "name": {"type": "str", "required": True},
            "key_prefix": {"type": "str", "no_log": False},
            "password": {"type": "str", "no_log": True},
            "other_passwords": {"type": "list", "elements": "str", "default": [], "no_log": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "environment": {"type": "str"},
        },
    },
}


def run(store: RedisStore, wanted: list[WantedUser], check_mode: bool, sentinel_acl_file: str | None = None) -> dict[str, Any]:
    granted = as_sentinel_user if sentinel_acl_file else as_acl_user
    changes = plan(wanted, *_read(store, check_mode, sentinel_acl_file), granted)
    if changes and not check_mode:
        for change in changes:
            store.apply(change)
        store.save()
    return _report(changes)


def _read(
    store: RedisStore, check_mode: bool, sentinel_acl_file: str | None
) -> tuple[dict[str, AclUser], dict[str, AclUser] | None]:
    try:
        return store.users(), store.users_in(sentinel_acl_file) if sentinel_acl_file else store.saved_users()
    except RedisUnreachableError:
        if check_mode:  # The run that would start the server would find it without users.
            return {}, None
        raise


def _report(changes: list[Change]) -> dict[str, Any]:
    return {
        "changed": bool(changes),
        "users_changed": {change.name: change.action for change in changes},
        "diff": as_diff(changes),
    }


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        wanted = parse_users(module.params["users"])
        if REDIS_IMPORT_ERROR and module.check_mode:
            module.exit_json(**_report(plan(wanted, {}, None)))
        if REDIS_IMPORT_ERROR:
            module.fail_json(msg=missing_required_lib("redis"), exception=REDIS_IMPORT_ERROR)
        result = run(open_store(module.params), wanted, module.check_mode, module.params["sentinel_acl_file"])
    except RedisError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
