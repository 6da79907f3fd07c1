# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: retired_secrets
short_description: List the secrets that must be refused
version_added: 0.1.0
author:
  - The tierline.erp contributors (@tierline)
description:
  - At the end of a rotation the old value of a secret lies in the mapping C(retired) beside it, until it has been proven
    to be dead.
  - This filter lists these for M(tierline.erp.credentials_info).
options:
  _input:
    description: The variable C(estate_secrets).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Prove that what was retired is dead
  tierline.erp.credentials_info:
    environments: "{{ estate_odoo_environments | tierline.erp.with_secrets(estate_secrets) }}"
    retired: "{{ estate_secrets | tierline.erp.retired_secrets }}"
"""

RETURN = r"""
_value:
  description: One item for each environment that has retired secrets. Never print it.
  type: list
  elements: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.tierline.erp.plugins.module_utils.secrets.rotation import RETIRED


def retired_secrets(secrets: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Join what was retired with the name of its environment."""
    environments = secrets.get("environments") or {}
    return [{"environment": name, **own[RETIRED]} for name, own in sorted(environments.items()) if own.get(RETIRED)]


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"retired_secrets": retired_secrets}
