# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: postgres_logins
short_description: Read the logins of a cell's cluster from its secrets
version_added: 0.1.0
author:
  - The tierline.erp contributors (@tierline)
description:
  - Replication, PgBouncer's lookup and PgBouncer's admin console have two names each that take turns while their password is
    replaced. Whose turn it is stands beside the secret.
positional: which
options:
  _input:
    description: The secrets of one cell, C(estate_secrets.cells.<cell>).
    type: dict
    required: true
  which:
    description:
      - V(all) gives the logins of kinds that were ever rotated, for C(postgres_ha_logins). The one in use comes first; one
        without a password may not come in.
      - V(retired) gives those that must be refused, V(in_use) those that must be accepted, both with V(patroni_api).
    type: str
    choices: [all, retired, in_use]
    default: all
"""

EXAMPLES = r"""
- name: Bring the cluster to what is valid
  ansible.builtin.import_role:
    name: tierline.erp.postgres_ha
  vars:
    postgres_ha_logins: "{{ estate_secrets.cells[estate_cell] | tierline.erp.postgres_logins }}"
"""

RETURN = r"""
_value:
  description:
    - Of V(all), by kind of login, a list of C(name) and C(password). Else a list of C(kind), C(name) and C(password).
    - Never print it.
  type: raw
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.tierline.erp.plugins.module_utils.secrets import cells

_WHICH: dict[str, Callable[[Mapping[str, Any]], Any]] = {"all": cells.logins, "retired": cells.retired, "in_use": cells.in_use}


def postgres_logins(own: Mapping[str, Any], which: str = "all") -> dict[str, Any] | list[dict[str, Any]]:
    """Read one cell's logins."""
    if not isinstance(own, Mapping):
        raise AnsibleFilterError(f"postgres_logins takes the secrets of one cell, not {type(own).__name__}.")
    if which not in _WHICH:
        raise AnsibleFilterError(f"postgres_logins: {which!r} is none of {', '.join(_WHICH)}.")
    return _WHICH[which](own)


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"postgres_logins": postgres_logins}
