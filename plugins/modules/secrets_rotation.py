#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: secrets_rotation
short_description: Replace secrets in the lab's secrets file, a step at a time
version_added: 0.1.0
description:
  - Takes the steps of a rotation in a file that M(tierline.erp.secrets_file) made. Between two steps servers and applications are
    brought to what the file then says; the playbook C(rotate.yml) does that.
  - Beside the secrets of one owner, the mappings C(next), C(previous) and C(retired) hold values that are not in use. Those
    in C(next) and C(previous) are valid besides the one in use.
  - Estates that keep their secrets elsewhere take the same steps there.
  - No secret is returned, logged or shown in a diff. The file is replaced in one step with mode 0600.
extends_documentation_fragment: [tierline.erp.attributes]
options:
  path:
    description: The file.
    type: path
    required: true
  names:
    description: Names of the secrets. A slash descends, as in V(environments/acme_prod/database).
    type: list
    elements: str
    required: true
  action:
    description:
      - V(begin) generates a value for each name, which becomes valid. It does nothing if the rotation of any of the names
        has begun before, which is to be finished first.
      - V(promote) puts it into use; the old value stays valid.
      - V(retire) makes the old value invalid.
      - V(forget) removes it.
      - V(look) only says which step comes next.
    type: str
    choices: [begin, promote, retire, forget, look]
    required: true
  users:
    description:
      - For the name of a secret, the two users who take turns in having it. The one in use is kept beside the secret, under its
        name with C(_user) behind it.
      - Only V(begin) needs it.
    type: dict
    default: {}
  length:
    description: Characters of a generated secret.
    type: int
    default: 32
seealso:
  - module: tierline.erp.secrets_file
author:
  - The tierline.erp contributors (@tierline)
"""

EXAMPLES = r"""
- name: The environment's next database password is valid
  tierline.erp.secrets_rotation:
    path: .cache/lab/demo/secrets.yml
    names: [environments/acme_prod/database]
    users:
      environments/acme_prod/database: [acme_prod, acme_prod_second]
    action: begin
"""

RETURN = r"""
moved:
  description: Names of the secrets whose step was taken. Never their values.
  type: list
  elements: str
  returned: always
  sample: [environments/acme_prod/database]
stages:
  description: The stage of each of the secrets whose rotation is under way.
  type: dict
  returned: always
  sample: {environments/acme_prod/database: next}
"""

import pathlib

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tierline.erp.plugins.module_utils.secrets import generated, rotation


def run(params, check_mode):
    path, names = pathlib.Path(params["path"]), sorted(set(params["names"]))
    tree = generated.read(path)
    result, moved = _step(tree, names, params)
    if moved and not check_mode:
        generated.write(path, result)
    return {
        "changed": bool(moved),
        "moved": moved,
        "stages": rotation.under_way(result, names),
        "diff": {"before": "", "after": "".join(f"{params['action']} {name}\n" for name in moved)},
    }


def _step(tree, names, params):
    if params["action"] == "look":
        return tree, []
    if params["action"] == "begin":
        return rotation.begin(tree, names, params["users"], params["length"])
    return {"promote": rotation.promote, "retire": rotation.retire, "forget": rotation.forget}[params["action"]](tree, names)


def main():
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "names": {"type": "list", "elements": "str", "required": True, "no_log": False},
            "action": {"type": "str", "choices": ["begin", "promote", "retire", "forget", "look"], "required": True},
            "users": {"type": "dict", "default": {}},
            "length": {"type": "int", "default": 32},
        },
        supports_check_mode=True,
    )
    if module.params["length"] < 16:
        module.fail_json(msg=f"length is {module.params['length']}: a generated secret needs 16 characters or more")
    for name, users in module.params["users"].items():
        if not isinstance(users, list) or len(set(users)) != 2:
            module.fail_json(msg=f"users: {name} needs two different users who take turns")
    try:
        result = run(module.params, module.check_mode)
    except generated.SecretsError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
