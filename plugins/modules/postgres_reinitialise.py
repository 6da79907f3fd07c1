#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: postgres_reinitialise
version_added: 0.1.0
short_description: Copy a replica from its primary again
description:
  - Throws away the data of one replica and copies it from the primary. Returns when it streams and the cluster is healthy.
  - Refuses the primary, maintenance mode, and a cluster whose other members aren't healthy. The replica itself needn't be,
    but its Patroni has to answer.
extends_documentation_fragment:
  - tierline.erp.attributes
  - tierline.erp.patroni
  - tierline.erp.patroni.members
  - tierline.erp.patroni.health
author: The tierline.erp contributors (@tierline)
attributes:
  idempotent:
    support: none
    details:
      - Each run copies the replica again.
options:
  member:
    description: Name of the replica.
    type: str
    required: true
  force:
    description: Whether to break off what Patroni is doing there, such as a copy that hangs.
    type: bool
    default: false
  timeout:
    description: How many seconds the copy may take.
    type: int
    default: 3600
"""

EXAMPLES = r"""
- name: The data of db3 is a fresh copy
  tierline.erp.postgres_reinitialise:
    members:
      - {name: db1, address: db1.example.org}
      - {name: db2, address: db2.example.org}
      - {name: db3, address: db3.example.org}
    api_password: "{{ patroni_password }}"
    member: db3
  run_once: true
"""

RETURN = r"""
actions:
  description: What was (or, in check mode, would be) done.
  returned: success
  type: list
  elements: str
  sample: [reinitialise db3]
cluster:
  description: The cluster as it was found in the end, in the words of M(tierline.erp.postgres_cluster_info).
  returned: success
  type: dict
  sample: {healthy: true, primary: db2}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tierline.erp.plugins.module_utils.postgres.api_arguments import (
    API_ARGUMENTS,
    HEALTH_ARGUMENTS,
    Monotonic,
    open_api,
)
from ansible_collections.tierline.erp.plugins.module_utils.postgres.errors import PostgresError
from ansible_collections.tierline.erp.plugins.module_utils.postgres.health import Rules, describe
from ansible_collections.tierline.erp.plugins.module_utils.postgres.operations import Limits, Operator, refuse_reinitialise

ARGUMENTS = {
    **API_ARGUMENTS,
    **HEALTH_ARGUMENTS,
    "member": {"type": "str", "required": True},
    "force": {"type": "bool", "default": False},
    "timeout": {"type": "int", "default": 3600},
}


def run(operator, member, force, check_mode):
    if check_mode:
        cluster = operator.api.observe()
        refuse_reinitialise(cluster, member, operator.rules)
    else:
        cluster = operator.reinitialise(member, force)
    done = [f"reinitialise {member}"]
    return {
        "changed": True,
        "actions": done,
        "diff": {"before": "", "after": f"{done[0]}\n"},
        "cluster": describe(cluster, operator.rules),
    }


def main():
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    params = module.params
    try:
        operator = Operator(open_api(params), None, Monotonic(), Rules(params["maximum_lag"]), Limits(healthy=params["timeout"]))
        result = run(operator, params["member"], params["force"], module.check_mode)
    except PostgresError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
