# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: postgres_settings
short_description: PostgreSQL's settings for an ERP, computed from the machine
version_added: 0.1.0
author:
  - The tierline.erp contributors (@tierline)
description:
  - Computes memory, write-ahead log, planner, parallelism and vacuum settings from a machine and what is expected of it.
  - Splits them into what the members of a cluster must agree on (for Patroni's API) and what is a member's own.
  - Each rule, with its source, is in C(docs/postgres-settings.md).
options:
  _input:
    description:
      - The machine - C(memory_mb) and C(cores) are needed, C(storage) is V(ssd), V(network) or V(hdd) and V(ssd) if not given.
    type: dict
    required: true
  connections:
    description: Sessions that applications hold at a time, not counting those of replication and of the superuser.
    type: int
    default: 200
  overrides:
    description: Settings that win over the computed ones.
    type: dict
    default: {}
  fixed:
    description: Settings that win over everything.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Show what a database server of 16 GB would get
  ansible.builtin.debug:
    msg: >-
      {{ {'memory_mb': 16384, 'cores': 8, 'storage': 'ssd'}
         | tierline.erp.postgres_settings(connections=300, overrides={'work_mem': '32MB'}) }}
"""

RETURN = r"""
_value:
  description: Two dictionaries of settings, C(cluster) and C(member).
  type: dict
  sample:
    cluster: {max_connections: 310}
    member: {shared_buffers: 4096MB}
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.tierline.erp.plugins.module_utils.postgres.errors import PostgresError
from ansible_collections.tierline.erp.plugins.module_utils.postgres.tuning import Machine, split, tune


def postgres_settings(
    machine: Mapping[str, Any],
    connections: int = 200,
    overrides: Mapping[str, Any] | None = None,
    fixed: Mapping[str, Any] | None = None,
) -> dict[str, dict[str, Any]]:
    try:
        computed = tune(
            Machine(int(machine["memory_mb"]), int(machine["cores"]), str(machine.get("storage", "ssd"))),
            int(connections),
        )
    except KeyError as error:
        raise AnsibleFilterError(
            f"postgres_settings: the machine lacks {error.args[0]}; needed are memory_mb and cores."
        ) from error
    except PostgresError as error:
        raise AnsibleFilterError(f"postgres_settings: {error}.") from error
    return split({**computed, **(overrides or {}), **(fixed or {})})


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"postgres_settings": postgres_settings}
