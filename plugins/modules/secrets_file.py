#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: secrets_file
short_description: Keep generated secrets in a file that only its owner can read
version_added: 0.1.0
description:
  - Makes sure that a YAML file holds a secret under each of the names given. Missing ones are generated; existing ones
    are never changed.
  - This is the secret backend of the lab. Real estates fill the variable C(estate_secrets) from ansible-vault, SOPS or
    a vault instead.
  - No secret is returned, logged or shown in a diff. The file is replaced in one step with mode 0600.
extends_documentation_fragment: [tierline.erp.attributes]
options:
  path:
    description: The file. Its folder is made with mode 0700.
    type: path
    required: true
  names:
    description: Names of the secrets. A slash descends, so V(environments/acme_prod/admin) is the key C(admin) two levels down.
    type: list
    elements: str
    required: true
  length:
    description: Characters of a generated secret.
    type: int
    default: 32
author:
  - The tierline.erp contributors (@tierline)
"""

EXAMPLES = r"""
- name: The environment's secrets exist
  tierline.erp.secrets_file:
    path: .cache/lab/demo/secrets.yml
    names:
      - environments/acme_prod/admin
      - environments/acme_prod/database
"""

RETURN = r"""
generated:
  description: Names of the secrets that were added. Never their values.
  type: list
  elements: str
  returned: always
  sample: [environments/acme_prod/admin]
"""

import pathlib

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tierline.erp.plugins.module_utils.secrets import generated


def run(path, names, length, check_mode):
    tree = generated.read(path)
    wanted = generated.missing(tree, sorted(set(names)))
    if wanted and not check_mode:
        generated.write(path, generated.add(tree, wanted, length))
    return {
        "changed": bool(wanted),
        "generated": wanted,
        "diff": {"before": "", "after": "".join(f"generate {name}\n" for name in wanted)},
    }


def main():
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "names": {"type": "list", "elements": "str", "required": True, "no_log": False},
            "length": {"type": "int", "default": 32},
        },
        supports_check_mode=True,
    )
    if module.params["length"] < 16:
        module.fail_json(msg=f"length is {module.params['length']}: a generated secret needs 16 characters or more")
    try:
        result = run(pathlib.Path(module.params["path"]), module.params["names"], module.params["length"], module.check_mode)
    except generated.SecretsError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
