# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: hardening_table
short_description: Say how a host stands, for people
version_added: 0.1.0
author: The tierline.erp contributors (@tierline)
description:
  - One line of counts, then each control that isn't met, and each exception with its reason and date.
options:
  _input:
    description: C(controls), as M(tierline.erp.hardening) or M(tierline.erp.hardening_info) returns them.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Say how the host stands
  ansible.builtin.debug:
    msg: "{{ seen.controls | tierline.erp.hardening_table }}"
"""

RETURN = r"""
_value:
  description: Lines of text.
  type: list
  elements: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.tierline.erp.plugins.module_utils.hardening.reconcile import table


def hardening_table(controls: Any) -> list[str]:
    return table(controls)


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"hardening_table": hardening_table}
