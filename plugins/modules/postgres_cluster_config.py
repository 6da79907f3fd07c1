#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: postgres_cluster_config
version_added: 0.1.0
short_description: Configuration and maintenance mode of a Patroni cluster
description:
  - Reconciles the configuration that all members of a Patroni cluster share, through its API.
  - Keys that aren't given stay as they are. A key whose value is null is removed.
  - Members apply it by themselves within C(loop_wait) seconds. Settings that need a restart of PostgreSQL wait for
    M(tierline.erp.postgres_cluster_restart); such a change is refused while the cluster isn't healthy, because the
    restart that has to follow would be.
extends_documentation_fragment:
  - tierline.erp.attributes
  - tierline.erp.patroni
  - tierline.erp.patroni.members
  - tierline.erp.patroni.health
author: The tierline.erp contributors (@tierline)
options:
  config:
    description: The wished configuration, see U(https://patroni.readthedocs.io/en/latest/dynamic_configuration.html).
    type: dict
    default: {}
  paused:
    description:
      - Maintenance mode. While it is on Patroni neither fails over nor starts or stops PostgreSQL. Left as it is when not given.
      - The module returns when every member that answers has taken notice.
    type: bool
  timeout:
    description: How many seconds the members may take to notice a change of O(paused).
    type: int
    default: 60
"""

EXAMPLES = r"""
- name: The cluster commits on any one replica
  tierline.erp.postgres_cluster_config:
    members:
      - {name: db1, address: db1.example.org}
      - {name: db2, address: db2.example.org}
      - {name: db3, address: db3.example.org}
    api_password: "{{ patroni_password }}"
    config:
      synchronous_mode: quorum
  run_once: true

- name: The cluster is in maintenance mode
  tierline.erp.postgres_cluster_config:
    members:
      - {name: db1, address: db1.example.org}
    api_password: "{{ patroni_password }}"
    paused: true
  run_once: true
"""

RETURN = r"""
patch:
  description: What was (or, in check mode, would be) sent.
  returned: success
  type: dict
  sample: {synchronous_mode: quorum}
restart_needed:
  description: Settings in the patch that take effect only after a restart of PostgreSQL.
  returned: success
  type: list
  elements: str
  sample: [max_connections]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tierline.erp.plugins.module_utils.postgres.api_arguments import (
    API_ARGUMENTS,
    HEALTH_ARGUMENTS,
    Monotonic,
    open_api,
)
from ansible_collections.tierline.erp.plugins.module_utils.postgres.cluster_config import needs_restart, plan_config, restrict
from ansible_collections.tierline.erp.plugins.module_utils.postgres.errors import PostgresError
from ansible_collections.tierline.erp.plugins.module_utils.postgres.health import Rules
from ansible_collections.tierline.erp.plugins.module_utils.postgres.operations import Limits, Operator

ARGUMENTS = {
    **API_ARGUMENTS,
    **HEALTH_ARGUMENTS,
    "config": {"type": "dict", "default": {}},
    "paused": {"type": "bool"},
    "timeout": {"type": "int", "default": 60},
}


def run(operator, config, paused, check_mode):
    api = operator.api
    # Patroni takes a missing key for false; so does the planner.
    wanted = dict(config) if paused is None else {**config, "pause": paused or None}
    current = api.read_config()
    patch = plan_config(current, wanted)
    restart = needs_restart(patch)
    if restart:
        operator.look()
    if patch and not check_mode:
        api.patch_config(patch)
        if "pause" in patch:
            operator.wait_until_noticed(bool(paused))
    return {
        "changed": bool(patch),
        "diff": {"before": restrict(current, patch), "after": patch},
        "patch": patch,
        "restart_needed": restart,
    }


def main():
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    params = module.params
    try:
        # A change may be what maintenance mode is for.
        rules = Rules(params["maximum_lag"], allow_paused=True)
        operator = Operator(open_api(params), None, Monotonic(), rules, Limits(healthy=params["timeout"]))
        result = run(operator, params["config"], params["paused"], module.check_mode)
    except PostgresError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
