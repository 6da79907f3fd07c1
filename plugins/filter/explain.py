# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: explain
short_description: Print where each setting of an environment came from
version_added: 0.1.0
author:
  - The tierline.erp contributors (@tierline)
description:
  - Lays the settings of an environment, their values and their sources out as a table for people.
positional: explanation
options:
  _input:
    description: The variable C(estate_environment).
    type: dict
    required: true
  explanation:
    description: The variable C(estate_explanation).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Print where each setting came from
  ansible.builtin.debug:
    msg: "{{ estate_environment | tierline.erp.explain(estate_explanation) }}"
"""

RETURN = r"""
_value:
  description: The table, one line for each setting.
  type: str
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.tierline.erp.plugins.module_utils.estate.explain import table


def explain(environment: Mapping[str, Any], explanation: Mapping[str, str]) -> str:
    """A table of settings, values and sources."""
    if not isinstance(environment, Mapping) or "promises" not in environment:
        raise AnsibleFilterError("explain takes estate_environment, which the estate sets on environments only.")
    return table(environment, explanation)


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"explain": explain}
