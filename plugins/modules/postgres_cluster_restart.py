#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: postgres_cluster_restart
version_added: 0.1.0
short_description: Restart the members of a Patroni cluster, one at a time
description:
  - Restarts PostgreSQL on the members whose settings wait for it, or on all. Replicas first, then the primary hands its
    role over, which restarts it as a replica. Between two members the cluster has to be healthy again.
  - Refuses a cluster that isn't healthy. A run that was cut off is finished by the next one, which finds only the members that
    still wait.
  - Settings that a replica may not have lower than its primary, such as C(max_connections), can be lowered on the primary only.
    It is then restarted first and in place, while applications wait on PgBouncer. So is the only member of a cluster of one.
extends_documentation_fragment:
  - tierline.erp.attributes
  - tierline.erp.patroni
  - tierline.erp.patroni.members
  - tierline.erp.patroni.poolers
  - tierline.erp.patroni.health
  - tierline.erp.patroni.operation
author: The tierline.erp contributors (@tierline)
attributes:
  idempotent:
    support: partial
    details:
      - With O(which=pending) a second run finds nobody waiting. With O(which=all) it restarts all again, unless
        O(started_before) is given.
options:
  which:
    description: V(pending) are the members that Patroni says wait for a restart, V(all) are all.
    type: str
    choices: [pending, all]
    default: pending
  started_before:
    description:
      - With O(which=all), leave out members whose PostgreSQL started at or after this time, as C(started) of
        M(tierline.erp.postgres_cluster_info) tells it. So a run that was cut off can be finished without restarting a member
        twice.
    type: str
  restart_timeout:
    description: How many seconds PostgreSQL may take to restart on one member.
    type: int
    default: 120
"""

EXAMPLES = r"""
- name: Settings that wait for a restart are in effect
  tierline.erp.postgres_cluster_restart:
    members:
      - {name: db1, address: db1.example.org}
      - {name: db2, address: db2.example.org}
      - {name: db3, address: db3.example.org}
    api_password: "{{ patroni_password }}"
    pgbouncer_password: "{{ pgbouncer_admin_password }}"
  run_once: true
"""

RETURN = r"""
actions:
  description: What was (or, in check mode, would be) done, in order.
  returned: success
  type: list
  elements: str
  sample: [restart db2, restart db3, switchover from db1 to db2]
cluster:
  description: The cluster as it was found in the end, in the words of M(tierline.erp.postgres_cluster_info).
  returned: success
  type: dict
  sample: {healthy: true, primary: db2}
"""

from datetime import datetime

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tierline.erp.plugins.module_utils.postgres.api_arguments import (
    API_ARGUMENTS,
    HEALTH_ARGUMENTS,
    OPERATION_ARGUMENTS,
    POOLER_ARGUMENTS,
    open_operator,
)
from ansible_collections.tierline.erp.plugins.module_utils.postgres.errors import PostgresError
from ansible_collections.tierline.erp.plugins.module_utils.postgres.health import describe
from ansible_collections.tierline.erp.plugins.module_utils.postgres.rolling import (
    is_pending,
    not_restarted_since,
    plan,
    started_before,
)

ARGUMENTS = {
    **API_ARGUMENTS,
    **POOLER_ARGUMENTS,
    **HEALTH_ARGUMENTS,
    **OPERATION_ARGUMENTS,
    "which": {"type": "str", "choices": ["pending", "all"], "default": "pending"},
    "started_before": {"type": "str"},
    "restart_timeout": {"type": "int", "default": 120},
}


def run(operator, which, limit, check_mode):
    if check_mode:
        planned = operator.leftovers()
    else:
        operator.resume_leftovers()
    cluster = operator.api.observe()
    every = started_before(limit) if limit else not_restarted_since(cluster)
    due = is_pending if which == "pending" else every
    # An unhealthy cluster that waits for nothing is somebody else's business.
    if any(due(member) for member in cluster.members if not member.error):
        # Planned in either case: what would stop half way is refused before the first restart.
        steps = plan(operator.look(), due)
        if check_mode:
            planned += steps
        else:
            cluster = operator.roll(due)
    done = planned if check_mode else operator.done
    return {
        "changed": bool(done),
        "actions": done,
        "diff": {"before": "", "after": "".join(f"{action}\n" for action in done)},
        "cluster": describe(cluster, operator.rules),
    }


def main():
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    params = module.params
    try:
        limit = datetime.fromisoformat(params["started_before"]) if params["started_before"] else None
        result = run(open_operator(params), params["which"], limit, module.check_mode)
    except ValueError:
        module.fail_json(
            msg=f"started_before is {params['started_before']!r}, which is no time such as 2026-01-31 09:12:44+00:00"
        )
    except PostgresError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
