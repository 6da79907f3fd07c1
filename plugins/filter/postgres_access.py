# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: postgres_access
short_description: How the services of a PostgreSQL cluster come in
version_added: 0.1.0
author:
  - The tierline.erp contributors (@tierline)
description:
  - Turns the services of a cluster (C(postgres_ha_services)) into lines of C(pg_hba.conf) and C(pg_ident.conf), and into the
    roles that M(tierline.erp.postgres_services) makes.
  - Fails for a service that has no way in, or that comes over the network without a password.
options:
  _input:
    description: >-
      Services, each with C(service) (V(rewind), V(monitoring), V(backup) or V(administration)) and, as needed, C(name),
      C(password), C(networks), C(system_user), C(connection_limit) and C(state).
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Show how a monitoring agent comes in
  ansible.builtin.debug:
    msg: "{{ [{'service': 'monitoring', 'system_user': 'prometheus'}] | tierline.erp.postgres_access }}"
"""

RETURN = r"""
_value:
  description: Lists of lines, of roles and of their names; and the login of C(rewind), if that is a service of its own.
  type: dict
  sample:
    local: [local postgres monitoring peer map=monitoring]
    network: []
    ident: [monitoring prometheus monitoring]
    roles: [{service: monitoring, name: monitoring}]
    names: [monitoring]
    rewind: {}
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.tierline.erp.plugins.module_utils.postgres.access import plan_access
from ansible_collections.tierline.erp.plugins.module_utils.postgres.errors import PostgresError


def postgres_access(services: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    try:
        return plan_access(services)
    except PostgresError as error:
        raise AnsibleFilterError(f"postgres_ha_services: {error}.") from error


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"postgres_access": postgres_access}
