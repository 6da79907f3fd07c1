# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: postgres_refusals
short_description: Judge hosts and settings before a cluster is touched
version_added: 0.1.0
author: The tierline.erp contributors (@tierline)
description:
  - Says what stands against making the hosts the cluster that is wanted - what was seen, what is needed, and how to mend it.
  - An empty list means that nothing does.
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
- name: Nothing stands against the cluster
  ansible.builtin.assert:
    that: wanted | tierline.erp.postgres_refusals([hostvars.db1.found]) | length == 0
"""

RETURN = r"""
_value:
  description: The refusals, all of them.
  type: list
  elements: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.tierline.erp.plugins.module_utils.postgres.preflight.refusals import refusals
from ansible_collections.tierline.erp.plugins.plugin_utils.host_info import judging


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"postgres_refusals": judging("postgres_refusals", refusals)}
