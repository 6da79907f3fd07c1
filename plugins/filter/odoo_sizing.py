# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: odoo_sizing
short_description: Odoo's processes and connections, computed from what an environment may use
version_added: 0.1.0
author:
  - The tierline.erp contributors (@tierline)
description:
  - Computes the number of workers, the memory limits of a process and the number of its connections from processors, memory and
    what PgBouncer has for the environment.
  - Each rule, with its source, is in C(docs/sizing.md).
options:
  _input:
    description:
      - What the environment may use. C(cpus) and C(memory_mb) are needed, the limits of its container.
      - C(cron_threads) is 1 if not given. With C(users), people who work at the same time, no more workers than they need.
    type: dict
    required: true
  pool:
    description: PgBouncer's connections to the server for the environment (C(default_pool_size)).
    type: int
    default: 20
  clients:
    description: Connections that PgBouncer takes from the environment (C(max_user_client_connections)).
    type: int
    default: 500
"""

EXAMPLES = r"""
- name: Show what an environment with 4 cores and 8 GB would get
  ansible.builtin.debug:
    msg: "{{ {'cpus': 4, 'memory_mb': 8192} | tierline.erp.odoo_sizing }}"
"""

RETURN = r"""
_value:
  description:
    - C(workers) and C(cron_threads) for the environment, C(options) for its C(odoo.conf), how many C(users) at a time that serves
      by Odoo's estimate, and in C(bound) what allows no more workers.
    - No workers means one process with threads, where there is no room for two workers.
  type: dict
  sample:
    workers: 8
    cron_threads: 1
    users: 48
    bound: cpus
    options: {db_maxconn: 16, db_maxconn_gevent: 32}
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.tierline.erp.plugins.module_utils.odoo.errors import OdooError
from ansible_collections.tierline.erp.plugins.module_utils.odoo.sizing import Limits, as_options, size


def odoo_sizing(limits: Mapping[str, Any], pool: int = 20, clients: int = 500) -> dict[str, Any]:
    try:
        sizes = size(
            Limits(
                cpus=float(limits["cpus"]),
                memory_mb=int(limits["memory_mb"]),
                cron_threads=int(limits.get("cron_threads", 1)),
                users=int(limits.get("users", 0)),
                pool=int(pool),
                clients=int(clients),
            )
        )
    except KeyError as error:
        raise AnsibleFilterError(f"odoo_sizing: {error.args[0]} is missing; needed are cpus and memory_mb.") from error
    except (OdooError, TypeError, ValueError) as error:
        raise AnsibleFilterError(f"odoo_sizing: {error}.") from error
    told = {name: getattr(sizes, name) for name in ("workers", "cron_threads", "users", "bound")}
    return {**told, "options": as_options(sizes)}


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"odoo_sizing": odoo_sizing}
