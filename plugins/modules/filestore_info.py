#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: filestore_info
short_description: Say what a filestore of Odoo holds, and whether it is whole
version_added: 0.1.0
description:
  - Counts files, and compares content with names, which in a filestore are the SHA-1 of the content.
author:
  - The tierline.erp contributors (@tierline)
options:
  path:
    description: The filestore of one database.
    type: path
    required: true
  wanted:
    description: Files that must be there, as C(ir_attachment.store_fname) has them. Without it, whatever is there is looked at.
    type: list
    elements: str
    default: []
  sample:
    description: How many files are read, evenly spread. V(0) means all.
    type: int
    default: 0
extends_documentation_fragment:
  - tierline.erp.attributes.info
"""

EXAMPLES = r"""
- name: See that every attachment is there as it was stored
  tierline.erp.filestore_info:
    path: /var/lib/tierline/odoo/acme_prod/filestore/acme_prod
    wanted: "{{ attachments }}"
"""

RETURN = r"""
files:
  description: How many files there are.
  returned: success
  type: int
  sample: 1200
bytes:
  description: Their size.
  returned: success
  type: int
  sample: 52428800
missing:
  description: Wanted files that aren't there.
  returned: success
  type: list
  elements: str
  sample: []
damaged:
  description: Files whose content isn't what their name says.
  returned: success
  type: list
  elements: str
  sample: [3b/3b8c1f0d1c5a6e7f8091a2b3c4d5e6f708192a3b]
"""

from dataclasses import asdict
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.backup.errors import BackupError
from ..module_utils.backup.filestore import Seen, look

ARGUMENTS: dict[str, Any] = {
    "path": {"type": "path", "required": True},
    "wanted": {"type": "list", "elements": "str", "default": []},
    "sample": {"type": "int", "default": 0},
}


def result(seen: Seen) -> dict[str, Any]:
    return {"changed": False, **asdict(seen)}


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    params = module.params
    try:
        seen = look(params["path"], params["wanted"], params["sample"])
    except (BackupError, OSError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result(seen))


if __name__ == "__main__":
    main()
