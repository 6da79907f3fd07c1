#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: people
short_description: Who logs in to a machine, with which keys, and for which duties
version_added: 0.1.0
author:
  - The tierline.erp contributors (@tierline)
description:
  - Reads and makes accounts of people, their keys, passwords and duties, in one call. A duty is a group, C(duty-) and its name,
    to which something else, such as a file of sudo, gives rights.
  - After the run nobody has a duty but those who were named with it. Who isn't named loses it, and O(login_group), and keeps
    the account.
  - Who left keeps the name, since records speak of it, and can't come in - no key, no group, an account that has expired and
    whose password is locked; sessions end.
options:
  people:
    description: Who.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the account.
        type: str
        required: true
      duties:
        description: Which of O(duties).
        type: list
        elements: str
        default: []
      keys:
        description: Public keys, one or more; no others let this person in.
        type: list
        elements: str
        default: []
      password_hash:
        description:
          - Hash of the password for which sudo asks, as C(mkpasswd) makes it. It is in no argument list and in no report.
          - Without one, a password is left as it is; who never had one has none.
        type: str
      state:
        description: V(left) for those who do no longer work here.
        type: str
        choices: [present, left]
        default: present
  duties:
    description: All that there are. Groups that are missing are made.
    type: list
    elements: str
    required: true
  duties_with_password:
    description: Those for which sudo asks for a password, so that everybody who has them needs one.
    type: list
    elements: str
    default: []
  login_group:
    description: A group of all who are named and didn't leave, by which an SSH server can tell them.
    type: str
    default: people
extends_documentation_fragment:
  - tierline.erp.attributes
"""

EXAMPLES = r"""
- name: Ann looks after databases
  tierline.erp.people:
    duties: [dba, auditor]
    duties_with_password: [dba]
    people:
      - name: ann
        duties: [dba]
        keys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0 ann]
        password_hash: "{{ ann_password_hash }}"
      - name: bob
        state: left
"""

RETURN = r"""
changes:
  description: What was changed, or would be.
  returned: success
  type: list
  elements: str
  sample: [create ann, password ann, join ann duty-dba, keys ann 1]
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.accounts.errors import AccountsError
from ..module_utils.accounts.plan import group_of, parse, plan
from ..module_utils.accounts.store import AccountStore

PERSON: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "duties": {"type": "list", "elements": "str", "default": []},
    "keys": {"type": "list", "elements": "str", "default": [], "no_log": False},
    "password_hash": {"type": "str", "no_log": True},
    "state": {"type": "str", "choices": ["present", "left"], "default": "present"},
}


def run(params: dict[str, Any], store: AccountStore, check_mode: bool) -> dict[str, Any]:
    people = parse(params["people"], params["duties"], params["duties_with_password"], params["login_group"])
    groups = [*map(group_of, params["duties"]), params["login_group"]]
    steps = plan(people, groups, store.groups(), store.accounts([person.name for person in people], groups))
    if not check_mode:
        store.apply(steps)
    changes = [str(step) for step in steps]
    return {"changed": bool(steps), "changes": changes, "diff": {"before": "", "after": "".join(f"{line}\n" for line in changes)}}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "people": {"type": "list", "elements": "dict", "required": True, "options": PERSON},
            "duties": {"type": "list", "elements": "str", "required": True},
            "duties_with_password": {"type": "list", "elements": "str", "default": [], "no_log": False},
            "login_group": {"type": "str", "default": "people"},
        },
        supports_check_mode=True,
    )
    try:
        result = run(module.params, AccountStore(), module.check_mode)
    except AccountsError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
