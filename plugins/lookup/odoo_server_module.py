# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: odoo_server_module
short_description: The files of the Odoo module that the collection runs in every Odoo server
version_added: 0.1.0
author:
  - The tierline.erp contributors (@tierline)
description:
  - Reads the Odoo module C(tierline_server) from the collection on the controller, for the option
    O(tierline.erp.odoo_containers#module:server_module).
options: {}
seealso:
  - module: tierline.erp.odoo_containers
"""

EXAMPLES = r"""
- name: Show which files every Odoo server loads
  ansible.builtin.debug:
    msg: "{{ lookup('tierline.erp.odoo_server_module') | sort }}"
"""

RETURN = r"""
_raw:
  description: Text of each file by its name.
  type: list
  elements: dict
  sample:
    - {__init__.py: "...", __manifest__.py: "..."}
"""

from pathlib import Path
from typing import Any

from ansible.plugins.lookup import LookupBase

_DIRECTORY = Path(__file__).parents[2] / "roles" / "odoo_container" / "files" / "addons" / "tierline_server"


class LookupModule(LookupBase):
    def run(self, terms: Any, variables: Any = None, **kwargs: Any) -> list[dict[str, str]]:  # noqa: ARG002
        return [{path.name: path.read_text(encoding="utf-8") for path in sorted(_DIRECTORY.glob("*.py"))}]
