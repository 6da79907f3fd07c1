# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: postgres_etcd_start
short_description: Tell how etcd comes to run on the hosts of a cluster
version_added: 0.1.0
author: The tierline.erp contributors (@tierline)
description:
  - Tells hosts that found an etcd cluster together from those that join one that exists.
positional: hosts
options:
  _input:
    description:
      - What the cluster shall be, as the role postgres_ha puts it together in its variable C(__postgres_ha_wanted).
    type: dict
    required: true
  hosts:
    description: What M(tierline.erp.postgres_host_info) found on each of the cluster's hosts.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Members that join
  ansible.builtin.debug:
    msg: "{{ (wanted | tierline.erp.postgres_etcd_start([hostvars.db1.found])).newcomers }}"
"""

RETURN = r"""
_value:
  description: How it comes to run.
  type: dict
  contains:
    founding:
      description: Whether there is no cluster yet, so that all hosts start one together.
      type: bool
    newcomers:
      description: Members that join what exists, in the order of the members.
      type: list
      elements: str
    lost:
      description: Newcomers that the cluster knows already, because their host has lost its data.
      type: list
      elements: str
  sample: {founding: false, newcomers: [db2, db3], lost: []}
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.tierline.erp.plugins.module_utils.postgres.preflight.cluster import start
from ansible_collections.tierline.erp.plugins.plugin_utils.host_info import judging


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"postgres_etcd_start": judging("postgres_etcd_start", start)}
