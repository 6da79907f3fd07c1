#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: firewall
short_description: Let only declared flows reach a host and its containers
version_added: 0.1.0
author:
  - The tierline.erp contributors (@tierline)
description:
  - Holds the nftables table C(inet tierline_firewall), made from flows. What no flow allows is dropped on its way to the host,
    and on its way through it to a published port of a container. Containers may reach the outside.
  - Rules of others, Docker's among them, are not touched and still count.
  - With O(state=tried) the rules are loaded into the kernel for O(rollback_seconds) and nothing is written that a reboot would
    load. Unless a task with O(state=kept) confirms them in that time, a timer on the host goes back to the rules of before.
  - Rules that would shut out somebody who is logged in on O(management_port) now, or everybody, are refused.
  - Names of sources are resolved on the host, so a changed address is noticed by the next run.
requirements:
  - nftables 1.0 or later and systemd on the machine
extends_documentation_fragment:
  - tierline.erp.attributes
  - tierline.erp.hardening_trial
options:
  flows:
    description: The flows that are allowed.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: What the flow is for; lower case letters, digits and C(_).
        type: str
        required: true
      protocol:
        description: Its protocol. V(vrrp) is how machines agree on who has an address; it knows no ports.
        type: str
        choices: [tcp, udp, vrrp]
        default: tcp
      ports:
        description: Ports or ranges such as V(10000-32767). Needed for V(tcp) and V(udp).
        type: list
        elements: str
        default: []
      sources:
        description: Addresses, networks or names of those who may use it; V(any) for everybody.
        type: list
        elements: str
        default: []
      containers:
        description: Containers of this host may use it, too.
        type: bool
        default: false
      published:
        description: A container serves it through a published port.
        type: bool
        default: false
  management_port:
    description: Port on which administrators come in.
    type: int
    default: 22
  container_interfaces:
    description: Interfaces of containers' networks on this host; a name may end with C(*).
    type: list
    elements: str
    default: [docker0, "br-*", "tl-*"]
"""

EXAMPLES = r"""
- name: The database serves its applications and nobody else, on trial
  tierline.erp.firewall:
    flows: &flows
      - {name: ssh, ports: ["22"], sources: [192.0.2.0/28]}
      - {name: pgbouncer, ports: ["6432"], sources: [app1.example.com]}

- name: The database serves its applications and nobody else, for good
  tierline.erp.firewall:
    flows: *flows
    state: kept
"""

RETURN = r"""
on_trial:
  description: Whether rules wait for being confirmed after this task.
  returned: always
  type: bool
  sample: true
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tierline.erp.plugins.module_utils.hardening import arguments, firewall
from ansible_collections.tierline.erp.plugins.module_utils.hardening.errors import HardeningError
from ansible_collections.tierline.erp.plugins.module_utils.hardening.firewall_store import FirewallStore, resolve


def run(params, store, check_mode):
    flows = firewall.parse(params["flows"], resolve)
    text = firewall.render(flows, params["container_interfaces"])
    if params["state"] != "tried":
        return _end(params["state"], text, store, check_mode)
    if store.undo.pending and not check_mode:
        # An earlier run was cut off: what it tried was never proven.
        store.undo.restore()
    firewall.refuse_lockout(flows, params["management_port"], store.peers(params["management_port"]))
    # On a machine that is yet to be made, a dry run has no nft to ask.
    if store.has_nft() or not check_mode:
        store.check(text)
    before, loaded = store.read(), store.loaded()
    changed = before != text or firewall.mark(text) != firewall.mark(loaded or "") or not store.enabled()
    if changed and not check_mode:
        store.try_out(text, params["rollback_seconds"])
    diff = {"before": before or "", "after": text if changed else before or ""}
    return {"changed": changed, "on_trial": changed and not check_mode, "diff": diff}


def _end(state, text, store, check_mode):
    pending = store.undo.pending
    if state == "kept" and not pending and not check_mode:
        raise HardeningError(
            "no rules are on trial: they were taken back in the meantime; run it again with a longer rollback_seconds"
        )
    if pending and not check_mode:
        store.keep(text) if state == "kept" else store.undo.restore()
    return {"changed": pending, "on_trial": False, "diff": {"before": "on trial\n" if pending else "", "after": f"{state}\n"}}


def main():
    module = AnsibleModule(
        argument_spec={
            "flows": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "name": {"type": "str", "required": True},
                    "protocol": {"type": "str", "choices": ["tcp", "udp", "vrrp"], "default": "tcp"},
                    "ports": {"type": "list", "elements": "str", "default": []},
                    "sources": {"type": "list", "elements": "str", "default": []},
                    "containers": {"type": "bool", "default": False},
                    "published": {"type": "bool", "default": False},
                },
            },
            "management_port": {"type": "int", "default": 22},
            "container_interfaces": {"type": "list", "elements": "str", "default": ["docker0", "br-*", "tl-*"]},
            **arguments.TRIAL,
        },
        supports_check_mode=True,
    )
    try:
        module.exit_json(**run(module.params, FirewallStore(), module.check_mode))
    except HardeningError as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
