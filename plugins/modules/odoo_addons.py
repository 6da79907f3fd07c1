#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: odoo_addons
version_added: 0.1.0
short_description: Archives of custom Odoo modules on a machine, each under its hash
description:
  - Unpacks tar archives that lie on the machine, each into a directory that is named by the archive's SHA-256. Containers read
    it.
  - An archive whose content has another hash than was declared is refused, and so is one that holds no Odoo module, or a path
    that leads out of it.
  - A directory is there as a whole or not at all, and never changes. Those that no environment names any more stay.
extends_documentation_fragment: tierline.erp.attributes
author: The tierline.erp contributors (@tierline)
options:
  hashes:
    description: SHA-256 of each archive.
    type: list
    elements: str
    required: true
  archive_dir:
    description: Directory of the machine where the archives lie. Each has its SHA-256 as its name.
    type: path
    default: /var/cache/tierline/addons
  custom_dir:
    description: Directory for the unpacked archives.
    type: path
    default: /usr/local/share/tierline/addons
seealso:
  - module: tierline.erp.odoo_release
"""

EXAMPLES = r"""
- name: The custom modules of all environments are on the machine
  tierline.erp.odoo_addons:
    hashes: [4f0c6b1e9d2a7853c4b0f1e2d3a495867788990011223344556677889900aabb]
"""

RETURN = r"""
unpacked:
  description: Hashes of archives that were, or in check mode would be, unpacked.
  returned: success
  type: list
  elements: str
  sample: []
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tierline.erp.plugins.module_utils.odoo import archives
from ansible_collections.tierline.erp.plugins.module_utils.odoo.errors import OdooError, refuse


def run(params, check_mode):
    wanted = {sha256: f"{params['archive_dir']}/{sha256}" for sha256 in params["hashes"]}
    missing = sorted(sha256 for sha256 in wanted if not archives.present(params["custom_dir"], sha256))
    if not check_mode:
        refuse([problem for sha256 in missing if (problem := archives.problem(wanted[sha256], sha256))])
        for sha256 in missing:
            archives.unpack(wanted[sha256], sha256, params["custom_dir"])
    diff = {"before": "", "after": "".join(f"{sha256}\n" for sha256 in missing)}
    return {"changed": bool(missing), "unpacked": missing, "diff": diff}


def main():
    module = AnsibleModule(
        argument_spec={
            "hashes": {"type": "list", "elements": "str", "required": True},
            "archive_dir": {"type": "path", "default": "/var/cache/tierline/addons"},
            "custom_dir": {"type": "path", "default": "/usr/local/share/tierline/addons"},
        },
        supports_check_mode=True,
    )
    try:
        result = run(module.params, module.check_mode)
    except OdooError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
