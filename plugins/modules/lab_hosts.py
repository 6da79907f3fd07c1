#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: lab_hosts
short_description: Create, complete or remove the hosts of a lab
version_added: 0.1.0
description:
  - A lab is a set of containers on one machine that behave like real hosts. Each runs systemd and can run a container
    engine of its own.
  - One call reconciles the whole lab. Hosts that are missing are created, stopped ones are started, those whose image
    changed are made anew,
    and those no longer listed are removed with their volumes.
  - A host keeps its address (in C(198.19.0.0/16), which RFC 2544 sets aside for tests) and its published ports as long
    as the lab lives.
  - An interrupted run is completed by the next one.
extends_documentation_fragment: [tierline.erp.attributes]
options:
  name:
    description: Name of the lab. Two labs with different names don't touch each other.
    type: str
    required: true
  hosts:
    description: The hosts that the lab shall consist of.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Host name inside the lab; the container is called C(<lab>-<host>).
        type: str
        required: true
      image:
        description: Reference of an image in the local engine whose command starts systemd.
        type: str
        required: true
      publish:
        description:
          - Ports of the host that are published on the machine's loopback address, as a map from port to first candidate.
          - The first free port from the candidate upwards is taken, and kept from then on.
        type: dict
        default: {}
      shared:
        description:
          - Volumes that all labs share, as a map from name to the directory where they are mounted.
          - They outlive the lab. M(tierline.erp.lab_images) with C(state=absent) removes them.
        type: dict
        default: {}
  state:
    description: Whether the lab exists. V(absent) removes everything that carries the lab's label, and nothing else.
    type: str
    choices: [present, absent]
    default: present
  timeout:
    description: Seconds that all hosts together may take to boot.
    type: int
    default: 120
seealso:
  - module: tierline.erp.lab_images
author:
  - The tierline.erp contributors (@tierline)
"""

EXAMPLES = r"""
- name: Two hosts exist, one of them reachable from a browser
  tierline.erp.lab_hosts:
    name: demo
    hosts:
      - name: db1
        image: tierline-lab/golden:trixie
      - name: edge1
        image: tierline-lab/golden:trixie
        publish: {443: 8443, 80: 8080}

- name: Nothing of the lab is left
  tierline.erp.lab_hosts:
    name: demo
    state: absent
"""

RETURN = r"""
hosts:
  description: The lab's hosts by name.
  type: dict
  returned: when O(state=present)
  sample: {edge1: {container: demo-edge1, address: 198.18.7.11, ports: {'443': 8443}}}
network:
  description: The lab's container network.
  type: str
  returned: always
  sample: tierline-demo
controller:
  description: Address of this machine on the lab's network.
  type: str
  returned: when O(state=present)
  sample: 198.19.7.1
actions:
  description: What was done, or would be done in check mode.
  type: list
  elements: str
  returned: always
  sample: [create edge1]
"""

import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tierline.erp.plugins.module_utils.lab import plan as lab_plan
from ansible_collections.tierline.erp.plugins.module_utils.lab.errors import LabError
from ansible_collections.tierline.erp.plugins.module_utils.lab.lock import exclusive
from ansible_collections.tierline.erp.plugins.module_utils.lab.store import Store, bound_ports, connect


def present(store, lab, wanted, timeout, check_mode):
    current = store.read_hosts()
    known_subnet = store.read_subnet()
    subnet = known_subnet or lab_plan.choose_subnet(lab, store.read_taken())
    candidates = {port for host in wanted for port in host.ports.values()}
    desired = lab_plan.complete(wanted, current, subnet, bound_ports(candidates))
    changes = lab_plan.plan(desired, current)
    if not check_mode:
        if not known_subnet:
            store.create_network(subnet)
        for change in changes:
            store.apply(change)
        store.wait_ready([host.name for host in desired], time.monotonic() + timeout)
    actions = [] if known_subnet else [f"create network {store.network_name}"]
    actions += [change.text for change in changes]
    return {
        "changed": bool(actions),
        "actions": actions,
        "network": store.network_name,
        "controller": lab_plan.controller(subnet),
        "hosts": {
            host.name: {"container": store.container_name(host.name), "address": host.address, "ports": host.ports}
            for host in desired
        },
        "diff": {"before": "\n".join(sorted(current)) + "\n", "after": "\n".join(host.name for host in desired) + "\n"},
    }


def absent(store, check_mode):
    names = sorted(thing.name for thing in store.list_all())
    if not check_mode:
        store.remove_all()
    return {
        "changed": bool(names),
        "actions": [f"remove {name}" for name in names],
        "network": store.network_name,
        "diff": {"before": "".join(f"{name}\n" for name in names), "after": ""},
    }


def desired_hosts(store, items):
    try:
        return [
            lab_plan.Host(
                item["name"],
                store.image_id(item["image"]),
                {int(inside): int(outside) for inside, outside in item["publish"].items()},
                shared=item["shared"],
            )
            for item in items
        ]
    except ValueError as error:
        raise LabError(f"publish maps port numbers to port numbers, for example {{443: 8443}}: {error}") from error


def main():
    host_spec = {
        "name": {"type": "str", "required": True},
        "image": {"type": "str", "required": True},
        "publish": {"type": "dict", "default": {}},
        "shared": {"type": "dict", "default": {}},
    }
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "hosts": {"type": "list", "elements": "dict", "default": [], "options": host_spec},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "timeout": {"type": "int", "default": 120},
        },
        supports_check_mode=True,
    )
    params = module.params
    try:
        with exclusive():
            store = Store(connect(), params["name"])
            if params["state"] == "absent":
                result = absent(store, module.check_mode)
            else:
                hosts = desired_hosts(store, params["hosts"])
                result = present(store, params["name"], hosts, params["timeout"], module.check_mode)
    except LabError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
