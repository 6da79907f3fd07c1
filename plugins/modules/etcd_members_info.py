#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: etcd_members_info
short_description: Read the members of an etcd cluster
version_added: 0.1.0
description:
  - Says who is a member of an etcd cluster, who leads, and who answers.
  - It needs one member that runs, and no quorum.
author:
  - The tierline.erp contributors (@tierline)
extends_documentation_fragment:
  - tierline.erp.attributes.info
  - tierline.erp.etcd
seealso:
  - module: tierline.erp.etcd_members
"""

EXAMPLES = r"""
- name: Read who is a member of etcd
  tierline.erp.etcd_members_info:
    members:
      - {name: db1, address: db1.example.net}
      - {name: db2, address: db2.example.net}
      - {name: db3, address: db3.example.net}
    ca_cert: /etc/tierline/pki/ca.crt
    client_cert: /etc/tierline/pki/etcd/tls.crt
    client_key: /etc/tierline/pki/etcd/tls.key
  register: etcd
"""

RETURN = r"""
cluster_id:
  description: Identity of the cluster, hexadecimal.
  returned: success
  type: str
  sample: cdf818194e3a8c32
quorum:
  description: Whether enough voting members answer.
  returned: success
  type: bool
members:
  description: The members, sorted by name.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Identity of the member, hexadecimal.
      type: str
      sample: 8e9e05c52164694d
    name:
      description: Its name; empty where it has never been started.
      type: str
      sample: db1
    peer_urls:
      description: Where the other members reach it.
      type: list
      elements: str
      sample: ["https://db1.example.net:2380"]
    client_urls:
      description: Where clients reach it; empty where it has never been started.
      type: list
      elements: str
      sample: ["https://db1.example.net:2379"]
    learner:
      description: Whether it only listens, and doesn't count for the quorum.
      type: bool
    leader:
      description: Whether it leads.
      type: bool
    healthy:
      description: Whether it answers and knows a leader.
      type: bool
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.etcd.arguments import CONNECTION, open_client
from ..module_utils.etcd.client import EtcdClient
from ..module_utils.etcd.errors import EtcdError
from ..module_utils.etcd.models import quorum
from ..module_utils.etcd.report import as_rows

ARGUMENTS: dict[str, Any] = {**CONNECTION}


def run(client: EtcdClient) -> dict[str, Any]:
    cluster = client.cluster()
    return {
        "changed": False,
        "cluster_id": f"{cluster.id:x}",
        "quorum": cluster.healthy_voters() >= quorum(len(cluster.voters)),
        "members": as_rows(cluster),
    }


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        result = run(open_client(module.params))
    except EtcdError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
