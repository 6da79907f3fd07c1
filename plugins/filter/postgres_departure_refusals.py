# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: postgres_departure_refusals
short_description: Judge whether a member may leave its cluster
version_added: 0.1.0
author: The tierline.erp contributors (@tierline)
description:
  - Says what stands against stopping a member for good - what was seen, what is needed, and how to mend it.
  - An empty list means that nothing does.
positional: host
options:
  _input:
    description:
      - C(member), the name of the one that leaves, and C(members), those that stay.
    type: dict
    required: true
  host:
    description: What M(tierline.erp.postgres_host_info) found on its host.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: The member may leave
  ansible.builtin.assert:
    that: "{'member': 'db4', 'members': staying} | tierline.erp.postgres_departure_refusals(found) | length == 0"
"""

RETURN = r"""
_value:
  description: The refusals, all of them.
  type: list
  elements: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.tierline.erp.plugins.module_utils.postgres.preflight.cluster import departure
from ansible_collections.tierline.erp.plugins.plugin_utils.host_info import judging


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"postgres_departure_refusals": judging("postgres_departure_refusals", departure)}
