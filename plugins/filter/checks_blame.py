# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: checks_blame
short_description: Say which layer a failed verification blames
version_added: 0.1.0
author: The tierline.erp contributors (@tierline)
description:
  - Says in one line which layers are at fault and how it shows. Empty when every check is well.
options:
  _input:
    description: Checks as P(tierline.erp.odoo_probe#module) and P(tierline.erp.tenant_isolation_info#module) return them.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Fail when something is wrong
  ansible.builtin.assert:
    that: probe.ok
    fail_msg: "{{ probe.checks | tierline.erp.checks_blame }}"
"""

RETURN = r"""
_value:
  description: The line, or an empty string.
  type: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.tierline.erp.plugins.module_utils.probe.table import blame
from ansible_collections.tierline.erp.plugins.plugin_utils.checks import filter_of_checks


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return filter_of_checks("checks_blame", blame)
