#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: odoo_firewall
short_description: Let only edges reach the published ports of Odoo containers
version_added: 0.1.0
author:
  - The tierline.erp contributors (@tierline)
description:
  - Holds the nftables table C(inet tierline_odoo), in a file and in the kernel. It is replaced in one transaction.
  - Containers of environments don't reach the metadata service of a cloud.
  - A packet to a published port passes when it comes from an edge or from the machine itself. Other machines, and containers of
    other environments on the same machine, are dropped before Docker redirects the packet.
  - Nobody reaches a container by routing to its own address.
  - The file loads those of closed environments (C(egress.d/*.nft) beside it), too, so that they are closed from boot.
  - Names of edges are resolved on the machine, so a changed address is noticed by the next run.
requirements:
  - nftables 1.0 or later on the machine
extends_documentation_fragment:
  - tierline.erp.attributes
options:
  edge_addresses:
    description:
      - Names or addresses of those who may reach the published ports. With none, only the machine itself may.
    type: list
    elements: str
    required: true
  ports:
    description:
      - Range of the published ports. It must lie below the machine's ephemeral ports.
    type: str
    default: 10000-32767
  path:
    description:
      - File for the ruleset. Its directory must exist.
    type: path
    default: /etc/tierline/odoo/firewall.nft
"""

EXAMPLES = r"""
- name: Only the edges reach Odoo
  tierline.erp.odoo_firewall:
    edge_addresses: [edge1.example.com, 192.0.2.17]
"""

RETURN = r"""
addresses:
  description: The addresses that may reach the published ports, as resolved on the machine.
  returned: always
  type: list
  elements: str
  sample: [192.0.2.16, 192.0.2.17]
"""

import os

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tierline.erp.plugins.module_utils.odoo import egress, files, firewall, nft, reconcile
from ansible_collections.tierline.erp.plugins.module_utils.odoo.errors import OdooError


def run(params, check_mode):
    addresses = sorted({address for name in params["edge_addresses"] for address in files.addresses(name)})
    closed = egress.pattern(os.path.dirname(params["path"]))
    text = firewall.render(addresses, firewall.parse_ports(params["ports"]), closed)
    have = files.read([params["path"]]).get(params["path"])
    steps = firewall.plan(params["path"], have.content if have else None, nft.loaded(), text)
    if not check_mode:
        nft.apply(steps, params["path"])
    return {"changed": bool(steps), "addresses": addresses, "diff": reconcile.as_diff(steps)}


def main():
    module = AnsibleModule(
        argument_spec={
            "edge_addresses": {"type": "list", "elements": "str", "required": True},
            "ports": {"type": "str", "default": "10000-32767"},
            "path": {"type": "path", "default": "/etc/tierline/odoo/firewall.nft"},
        },
        supports_check_mode=True,
    )
    try:
        module.exit_json(**run(module.params, module.check_mode))
    except OdooError as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
