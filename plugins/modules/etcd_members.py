#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: etcd_members
short_description: Members of an etcd cluster
version_added: 0.1.0
description:
  - Brings the members of an etcd cluster to a list, one safe step at a time, through etcd's own API.
  - A newcomer is added as a learner, which doesn't count for the quorum, and promoted when it runs and has caught up.
    At most one member is on its way in.
  - A module can't start etcd on another host. Where that is the next step, it stops and returns RV(waits_for);
    start the service there and call the module again.
  - Every call looks at the present state only, so a run that was cut off is finished by the next one.
  - Nobody is removed unless named in O(remove) or O(lost), except a learner that never started and that nobody wishes for.
    A member whose removal would cost the quorum is never removed.
author:
  - The tierline.erp contributors (@tierline)
options:
  peer_port:
    description: Port on which members talk to each other.
    type: int
    default: 2380
  remove:
    description: Names of members that shall go. Those that are no members any more are no error.
    type: list
    elements: str
    default: []
  lost:
    description:
      - Names from O(members) whose host has no data of etcd any more, because it was replaced or wiped.
      - What the cluster remembers of them is removed if it doesn't answer, and the member is added anew.
    type: list
    elements: str
    default: []
  timeout:
    description: How long one step may take in seconds, above all how long a learner may take to catch up.
    type: int
    default: 60
extends_documentation_fragment:
  - tierline.erp.attributes
  - tierline.erp.etcd
seealso:
  - module: tierline.erp.etcd_members_info
"""

EXAMPLES = r"""
- name: Grow etcd to three members as far as it goes without starting one
  tierline.erp.etcd_members:
    ca_cert: /etc/tierline/pki/ca.crt
    client_cert: /etc/tierline/pki/etcd/tls.crt
    client_key: /etc/tierline/pki/etcd/tls.key
    members:
      - {name: db1, address: db1.example.net}
      - {name: db2, address: db2.example.net}
      - {name: db3, address: db3.example.net}
  register: growth

- name: Take a dead member away
  tierline.erp.etcd_members:
    ca_cert: /etc/tierline/pki/ca.crt
    client_cert: /etc/tierline/pki/etcd/tls.crt
    client_key: /etc/tierline/pki/etcd/tls.key
    members:
      - {name: db1, address: db1.example.net}
      - {name: db2, address: db2.example.net}
      - {name: db4, address: db4.example.net}
    remove: [db3]
"""

RETURN = r"""
steps:
  description: What was done, in that order. In check mode, all that would have to be done, including starts.
  returned: success
  type: list
  elements: str
  sample: [remove db3, add db4]
waits_for:
  description: The member that has to be started before the next step; empty where there is none.
  returned: success
  type: str
  sample: db4
initial_cluster:
  description: C(ETCD_INITIAL_CLUSTER) for that start, with C(ETCD_INITIAL_CLUSTER_STATE=existing); empty where there is none.
  returned: success
  type: str
  sample: db1=https://db1.example.net:2380,db2=https://db2.example.net:2380,db4=https://db4.example.net:2380
"""

import time
from collections.abc import Callable
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.etcd.arguments import CONNECTION, open_client
from ..module_utils.etcd.arguments import wanted as wanted_members
from ..module_utils.etcd.client import EtcdClient
from ..module_utils.etcd.errors import EtcdError
from ..module_utils.etcd.models import Cluster, Step, Wanted
from ..module_utils.etcd.patience import patiently
from ..module_utils.etcd.plan import after, initial_cluster, next_step, plan
from ..module_utils.etcd.report import as_lines

ARGUMENTS: dict[str, Any] = {
    **CONNECTION,
    "peer_port": {"type": "int", "default": 2380},
    "remove": {"type": "list", "elements": "str", "default": []},
    "lost": {"type": "list", "elements": "str", "default": []},
    "timeout": {"type": "int", "default": 60},
}


def run(
    client: EtcdClient,
    wanted: list[Wanted],
    remove: list[str],
    lost: list[str],
    timeout: int,
    check_mode: bool,
    pause: Callable[[float], None] = time.sleep,
) -> dict[str, Any]:
    before = patiently(client.cluster, 0 if check_mode else timeout, pause)
    if check_mode:
        steps = plan(before, wanted, remove, lost)
        now = before
        for step in steps:
            now = after(now, step)
    else:
        steps, now = _carry_out(client, wanted, remove, lost, timeout, pause)
    return {
        "changed": bool(steps),
        "steps": [f"{step.action} {step.name}" for step in steps],
        **_start(before if check_mode else now, wanted, remove, lost),
        "diff": {"before": as_lines(before), "after": as_lines(now)},
    }


def _carry_out(
    client: EtcdClient, wanted: list[Wanted], remove: list[str], lost: list[str], timeout: int, pause: Callable[[float], None]
) -> tuple[list[Step], Cluster]:
    def advance() -> tuple[Step | None, Cluster]:
        # A request that wasn't answered may have been carried out all the same: each attempt looks at the cluster first.
        cluster = client.cluster()
        step = next_step(cluster, wanted, remove, lost)
        if step and step.action != "start":
            client.apply(step, next((m.client_urls[0] for m in cluster.members if m.id == cluster.leader and m.started), ""))
        return step, cluster

    done: list[Step] = []
    while True:
        step, cluster = patiently(advance, timeout, pause)
        if step is None or step.action == "start":
            return done, cluster
        done.append(step)


def _start(cluster: Cluster, wanted: list[Wanted], remove: list[str], lost: list[str]) -> dict[str, str]:
    """Who has to be started: now, or, in a dry run, first of all."""
    for step in plan(cluster, wanted, remove, lost):
        if step.action == "start":
            return {"waits_for": step.name, "initial_cluster": initial_cluster(cluster, wanted)}
        cluster = after(cluster, step)
    return {"waits_for": "", "initial_cluster": ""}


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    asked = module.params
    try:
        result = run(
            open_client(asked), wanted_members(asked), asked["remove"], asked["lost"], asked["timeout"], module.check_mode
        )
    except EtcdError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
