# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: checks_table
short_description: Print the checks of a verification as a table
version_added: 0.1.0
author: The tierline.erp contributors (@tierline)
description:
  - Lays out checks as lines of a table, for M(ansible.builtin.debug).
options:
  _input:
    description: Checks as P(tierline.erp.odoo_probe#module) and P(tierline.erp.tenant_isolation_info#module) return them.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what was seen
  ansible.builtin.debug:
    msg: "{{ probe.checks | tierline.erp.checks_table }}"
"""

RETURN = r"""
_value:
  description: Lines of text, the head first.
  type: list
  elements: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.tierline.erp.plugins.module_utils.probe.table import as_lines
from ansible_collections.tierline.erp.plugins.plugin_utils.checks import filter_of_checks


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return filter_of_checks("checks_table", as_lines)
