#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: lab_invoice
short_description: Put one posted invoice into the books of a lab's environment
version_added: 0.1.0
description:
  - Logs in as a user does, over HTTPS, and posts one customer invoice, so that backups of a lab hold books and restores have
    something to bring back.
  - It is known by its reference. One that is there is left as it is, one that was begun is posted. Without accounting nothing is
    done.
  - For environments that nobody works in. It uses a number of the journal of sales.
author:
  - The tierline.erp contributors (@tierline)
options:
  domain:
    description: Host name under which users reach the environment.
    type: str
    required: true
  address:
    description: Address to connect to where it is not that of the domain. Defaults to O(domain).
    type: str
  port:
    description: Port of HTTPS at O(address).
    type: int
    default: 443
  ca_path:
    description: File with the certificate authority that users trust. Defaults to the controller's own trusted authorities.
    type: path
  database:
    description: Name of the environment's database.
    type: str
    required: true
  login:
    description: Login of a user that may post invoices.
    type: str
    default: admin
  password:
    description: Password of O(login).
    type: str
    required: true
extends_documentation_fragment:
  - tierline.erp.attributes
seealso:
  - module: tierline.erp.odoo_probe
"""

EXAMPLES = r"""
- name: Have something in the books
  tierline.erp.lab_invoice:
    domain: acme.localhost
    address: 127.0.0.1
    port: 8444
    ca_path: .cache/lab/demo/pki/ca.crt
    database: acme_prod
    password: "{{ estate_secrets.environments.acme_prod.admin }}"
"""

RETURN = r"""
invoice:
  description: Number of the invoice; empty where there is no accounting, or in check mode none yet.
  returned: success
  type: str
  sample: INV/2026/00001
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tierline.erp.plugins.module_utils.lab import books
from ansible_collections.tierline.erp.plugins.module_utils.lab.errors import LabError
from ansible_collections.tierline.erp.plugins.module_utils.probe.client import Client
from ansible_collections.tierline.erp.plugins.module_utils.probe.errors import Fault
from ansible_collections.tierline.erp.plugins.module_utils.probe.models import Target
from ansible_collections.tierline.erp.plugins.module_utils.probe.runner import Context


def run(context, check_mode):
    if not context.log_in():
        raise LabError(f"Odoo refuses the credentials of {context.login!r}")
    if not context.installed("account"):
        return {"changed": False, "invoice": "", "diff": _diff("", "")}
    seen = books.found(context.call)
    have = seen["name"] if seen and seen["state"] == "posted" else ""
    if have or check_mode:
        return {"changed": not have, "invoice": have, "diff": _diff(have, have or books.REFERENCE)}
    posted = books.post(context.call, seen)["name"]
    return {"changed": True, "invoice": posted, "diff": _diff("", books.REFERENCE)}


def _diff(before, after):
    return {"before": f"{before}\n" if before else "", "after": f"{after}\n" if after else ""}


def main():
    module = AnsibleModule(
        argument_spec={
            "domain": {"type": "str", "required": True},
            "address": {"type": "str"},
            "port": {"type": "int", "default": 443},
            "ca_path": {"type": "path"},
            "database": {"type": "str", "required": True},
            "login": {"type": "str", "default": "admin"},
            "password": {"type": "str", "required": True, "no_log": True},
        },
        supports_check_mode=True,
    )
    params = module.params
    target = Target(params["domain"], params["address"] or params["domain"], params["port"], None, params["ca_path"], 120)
    context = Context(Client(target), params["database"], params["login"], params["password"])
    try:
        result = run(context, module.check_mode)
    except (Fault, LabError, KeyError, TypeError, ValueError) as error:
        module.fail_json(msg=f"{params['domain']}: {context.hide(str(error))}")
    module.exit_json(**result)


if __name__ == "__main__":
    main()
