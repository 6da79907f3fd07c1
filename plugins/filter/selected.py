# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: selected
short_description: Keep the items of environments that this run is about
version_added: 0.1.0
author:
  - The tierline.erp contributors (@tierline)
description:
  - The estate gives machines lists with one item for each environment of their cell.
  - This filter keeps the items of environments in the group C(selected_environments), and items of no environment.
  - Where C(--limit) leaves machines but no environment, all items are kept, since the run is about those machines.
  - The groups C(selected_environments) and C(selected_machines) are made by the first play of each playbook, C(_scope.yml),
    of the hosts that C(--limit) leaves. Without either the filter fails, since it can't know what the run is about.
positional: groups
options:
  _input:
    description: Items, each with a key C(environment) that holds the name of an environment or V(null).
    type: list
    elements: dict
    required: true
  groups:
    description: The magic variable C(groups).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Reconcile the databases of the environments this run is about
  ansible.builtin.include_role:
    name: tierline.erp.postgres_ha
    tasks_from: tenants
  vars:
    postgres_ha_tenants: "{{ estate_postgres_tenants | tierline.erp.selected(groups) }}"
"""

RETURN = r"""
_value:
  description: The items that are kept, in their order.
  type: list
  elements: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

ENVIRONMENTS = "selected_environments"
MACHINES = "selected_machines"


def selected(items: Any, groups: Mapping[str, list[str]]) -> list[Any]:
    """Keep the items of selected environments and those of none."""
    if not isinstance(items, (list, tuple)):
        raise AnsibleFilterError(f"selected takes a list of items, not {type(items).__name__}.")
    if ENVIRONMENTS not in groups and MACHINES not in groups:
        raise AnsibleFilterError("selected: nothing says what this run is about; the playbook must begin with _scope.yml.")
    if ENVIRONMENTS not in groups:
        return list(items)
    chosen = set(groups[ENVIRONMENTS])
    return [item for item in items if item.get("environment") is None or item["environment"] in chosen]


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"selected": selected}
