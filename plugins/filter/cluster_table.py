# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: cluster_table
short_description: Print a PostgreSQL cluster as a table
version_added: 0.1.0
author: The tierline.erp contributors (@tierline)
description:
  - Lays the members of a cluster out as lines of a table, for M(ansible.builtin.debug).
positional: _name
options:
  _input:
    description: A cluster as M(tierline.erp.postgres_cluster_info) returns it.
    type: dict
    required: true
  _name:
    description: What the cluster is called in the first line.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show the cluster
  ansible.builtin.debug:
    msg: "{{ cluster | tierline.erp.cluster_table('shared') }}"
"""

RETURN = r"""
_value:
  description: Lines of text, the verdict first, then the head of the table.
  type: list
  elements: str
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.tierline.erp.plugins.module_utils.postgres.table import as_lines


def cluster_table(cluster: Any, name: str) -> list[str]:
    try:
        return as_lines(cluster, name)
    except (KeyError, TypeError, AttributeError) as error:
        raise AnsibleFilterError(f"cluster_table wants what postgres_cluster_info returns: {error}") from error


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"cluster_table": cluster_table}
