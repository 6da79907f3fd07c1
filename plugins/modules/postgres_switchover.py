#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: postgres_switchover
version_added: 0.1.0
short_description: Hand the primary's role to a replica
description:
  - Hands the role of the primary over while applications that connect through PgBouncer wait. New transactions are held on
    the PgBouncers of all members (PAUSE), those in progress end, Patroni switches over, and applications go on (RESUME) on the
    new primary. Sessions of a database that is pooled by session, such as Odoo's bus, reconnect.
  - Refuses an unhealthy cluster, and a candidate that couldn't take over without loss. Returns when the cluster is healthy again.
  - Applications always go on, also when the switchover fails or this module is killed. A guard process sees to that on the host
    that runs the module. Should that whole host die in the second between PAUSE and RESUME, the next run of this module, or of
    M(tierline.erp.postgres_cluster_restart), resumes what it finds paused.
  - Where the host is the primary, a checkpoint is made first, which makes the switchover itself short.
  - Patroni's own switchover holds commits up for three seconds and more, because it pauses for fixed times.
    With O(data_directory), where commits are synchronous and no O(candidate) is asked for, the primary resigns instead.
    Its PostgreSQL is stopped cleanly, with all WAL on the replicas, then its leader key in etcd is released, and the replicas
    elect one of them.
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
      - With O(candidate) the second run finds it to be the primary and changes nothing. Without, each run switches over.
options:
  candidate:
    description:
      - Name of the member that is to be the primary.
      - By default the synchronous replica that lags least, or whom the replicas elect where O(data_directory) is given.
    type: str
  data_directory:
    description:
      - Directory of this host's PostgreSQL, which lets the primary resign.
      - It needs O(etcd_prefix), and the module must run on the primary, as root or as PostgreSQL's user.
    type: path
  etcd_prefix:
    description: Where Patroni keeps the cluster in etcd, that is namespace, scope and a slash.
    type: str
  etcd_port:
    description: Port for clients of the members' etcd. The certificates are those for Patroni's API.
    type: int
    default: 2379
  etcd_addresses:
    description: Addresses of etcd's members where they are others than O(members).
    type: list
    elements: str
    default: []
  login_unix_socket:
    description: Directory of the socket of this host's PostgreSQL, for the checkpoint as the superuser. Empty for none.
    type: str
    default: /var/run/postgresql
  login_port:
    description: Port of this host's PostgreSQL.
    type: int
    default: 5432
"""

EXAMPLES = r"""
- name: The primary is db2
  tierline.erp.postgres_switchover:
    members:
      - {name: db1, address: db1.example.org}
      - {name: db2, address: db2.example.org}
      - {name: db3, address: db3.example.org}
    api_password: "{{ patroni_password }}"
    pgbouncer_password: "{{ pgbouncer_admin_password }}"
    candidate: db2
  run_once: true
"""

RETURN = r"""
actions:
  description: What was (or, in check mode, would be) done, in order.
  returned: success
  type: list
  elements: str
  sample: [switchover from db1 to db2]
stall:
  description: How many seconds new transactions were held back.
  returned: success
  type: float
  sample: 0.8
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
    OPERATION_ARGUMENTS,
    POOLER_ARGUMENTS,
    RESIGNATION_ARGUMENTS,
    open_operator,
)
from ansible_collections.tierline.erp.plugins.module_utils.postgres.checkpoint import checkpoint
from ansible_collections.tierline.erp.plugins.module_utils.postgres.errors import PostgresError
from ansible_collections.tierline.erp.plugins.module_utils.postgres.health import describe
from ansible_collections.tierline.erp.plugins.module_utils.postgres.rolling import Switchover, candidate

ARGUMENTS = {
    **API_ARGUMENTS,
    **POOLER_ARGUMENTS,
    **HEALTH_ARGUMENTS,
    **OPERATION_ARGUMENTS,
    **RESIGNATION_ARGUMENTS,
    "candidate": {"type": "str"},
    "login_unix_socket": {"type": "str", "default": "/var/run/postgresql"},
    "login_port": {"type": "int", "default": 5432},
}


def run(operator, wanted, prepare, check_mode):
    if check_mode:
        planned = operator.leftovers()
    else:
        operator.resume_leftovers()
    cluster = operator.look()
    before = cluster.primary.name
    if wanted != before:
        step = Switchover(before, candidate(cluster, wanted).name)
        if check_mode:
            planned.append(str(step))
        else:
            prepare()
            cluster = operator.switch_over(cluster, wanted)
    done = planned if check_mode else operator.done
    # Who is elected isn't known before.
    after = wanted or (step.candidate if check_mode else cluster.primary.name)
    return {
        "changed": bool(done),
        "actions": done,
        "stall": round(operator.stall, 3),
        "diff": {"before": {"primary": before}, "after": {"primary": after}},
        "cluster": describe(cluster, operator.rules),
    }


def main():
    module = AnsibleModule(
        argument_spec=ARGUMENTS,
        supports_check_mode=True,
        required_together=[("data_directory", "etcd_prefix")],
    )
    params = module.params
    try:
        result = run(
            open_operator(params),
            params["candidate"],
            lambda: checkpoint(params["login_unix_socket"], params["login_port"]),
            module.check_mode,
        )
    except PostgresError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
