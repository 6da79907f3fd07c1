#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: postgres_cluster_info
version_added: 0.1.0
short_description: How the members of a Patroni cluster are
description:
  - Asks every member for itself and says every reason why the cluster isn't healthy. Healthy means exactly one primary, all
    members running, all replicas streaming on the primary's timeline with little lag, a synchronous replica where the cluster
    wants one, and no maintenance mode.
  - Members that don't answer are a reason, not an error of this module.
extends_documentation_fragment:
  - tierline.erp.attributes.info
  - tierline.erp.patroni
  - tierline.erp.patroni.members
  - tierline.erp.patroni.poolers
  - tierline.erp.patroni.health
author: The tierline.erp contributors (@tierline)
options:
  allow_paused:
    description: Whether a cluster in maintenance mode may count as healthy.
    type: bool
    default: false
  wait:
    description: How many seconds to wait for the cluster to become healthy. Zero looks once.
    type: int
    default: 0
"""

EXAMPLES = r"""
- name: The cluster is known
  tierline.erp.postgres_cluster_info:
    members:
      - {name: db1, address: db1.example.org}
      - {name: db2, address: db2.example.org}
      - {name: db3, address: db3.example.org}
    api_password: "{{ patroni_password }}"
  run_once: true
  register: cluster

- name: Nothing goes on with an unhealthy cluster
  ansible.builtin.assert:
    that: cluster.healthy
    fail_msg: "{{ cluster.reasons | join('; ') }}"
  run_once: true
"""

RETURN = r"""
healthy:
  description: Whether there is no reason against it.
  returned: success
  type: bool
  sample: false
reasons:
  description: Every reason why the cluster isn't healthy.
  returned: success
  type: list
  elements: str
  sample: [db3 doesn't stream from the primary]
primary:
  description: Name of the primary; null when there isn't exactly one.
  returned: success
  type: str
  sample: db1
paused:
  description: Whether the cluster is in maintenance mode.
  returned: success
  type: bool
  sample: false
synchronous_mode:
  description: V(off), V(on) or V(quorum).
  returned: success
  type: str
  sample: quorum
members:
  description:
    - Each member. C(state) is C(streaming), another word of Patroni, or why the member doesn't answer. C(lag) is in bytes.
      C(pending_reasons) names the settings that wait for a restart, where Patroni says so (version 4).
  returned: success
  type: list
  elements: dict
  sample:
    - name: db1
      role: primary
      state: running
      timeline: 3
      lag: 0
      synchronous: false
      pending_restart: true
      pending_reasons: {max_connections: {old_value: "200", new_value: "300"}}
      started: "2026-01-31 09:12:44.482133+00:00"
      server_version: 170006
      patroni_version: 4.0.7
pgbouncers:
  description: >-
    The state of each member's PgBouncer, V(active), V(paused) or why it doesn't say. Empty without O(pgbouncer_password).
  returned: success
  type: dict
  sample: {db1: active, db2: active, db3: active}
"""

import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tierline.erp.plugins.module_utils.postgres.api_arguments import (
    API_ARGUMENTS,
    HEALTH_ARGUMENTS,
    POOLER_ARGUMENTS,
    open_api,
    open_poolers,
)
from ansible_collections.tierline.erp.plugins.module_utils.postgres.errors import PostgresError
from ansible_collections.tierline.erp.plugins.module_utils.postgres.health import Rules, ailments, describe

ARGUMENTS = {
    **API_ARGUMENTS,
    **POOLER_ARGUMENTS,
    **HEALTH_ARGUMENTS,
    "allow_paused": {"type": "bool", "default": False},
    "wait": {"type": "int", "default": 0},
}


def run(api, poolers, rules, wait, clock=time):
    end = clock.monotonic() + wait
    cluster = api.observe()
    while ailments(cluster, rules) and clock.monotonic() < end:
        clock.sleep(1)
        cluster = api.observe()
    return {"changed": False, **describe(cluster, rules), "pgbouncers": poolers.states() if poolers else {}}


def main():
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    params = module.params
    try:
        rules = Rules(params["maximum_lag"], params["allow_paused"])
        result = run(open_api(params), open_poolers(params), rules, params["wait"])
    except PostgresError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
