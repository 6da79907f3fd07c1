#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: odoo_boot_probe
short_description: Boot Odoo on a restored database that nobody else sees, log in, and read an invoice
version_added: 0.1.0
description:
  - Runs a container of the image that the environment ran, on a machine with a Docker engine. It has no network at all; its
    database is a socket behind which this module passes on what is about that database, over TLS that it verifies.
  - In there the database's administrator gets a password that only that container knows, and no second factor. So the database
    has to be one that is thrown away. Scheduled actions don't run, and nothing is left of the container, its files and the
    password.
  - Logs in with that password and reads a posted customer invoice and its lines, as JSON-RPC gives them to a user.
  - Attachments aren't there. A restore proof compares them with the store.
  - What fails, be it the engine, is told as a check that failed, so that it stands on a certificate.
author:
  - The tierline.erp contributors (@tierline)
requirements:
  - Python library C(docker) 5.0.3 or later, and a Docker engine, on the machine
options:
  environment:
    description: Name of the environment.
    type: str
    required: true
  image:
    description: The image that it ran, by digest. Pulled where the machine has none.
    type: str
    required: true
  addons:
    description: SHA-256 of the archives of custom modules that it ran with. They have to be unpacked on the machine.
    type: list
    elements: str
    default: []
  database:
    description: Name of the restored database.
    type: str
    required: true
  host:
    description: Server of the restored database, as its certificate names it.
    type: str
    required: true
  port:
    description: Port of that server.
    type: int
    required: true
  user:
    description: A login that may do what the database's owner may.
    type: str
    required: true
  password:
    description: Password of O(user).
    type: str
    required: true
  ca_file:
    description: Certificate authority of the server.
    type: path
    default: /etc/tierline/pki/ca.crt
  timeout:
    description: Seconds that Odoo may take until it answers.
    type: int
    default: 180
extends_documentation_fragment:
  - tierline.erp.attributes.info
seealso:
  - module: tierline.erp.restore_certificate
  - module: tierline.erp.odoo_probe
"""

EXAMPLES = r"""
- name: Boot what was restored
  tierline.erp.odoo_boot_probe:
    environment: acme_prod
    image: registry.example.com/odoo@sha256:5b1c2e0f4a3d69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0
    database: acme_prod
    host: db1.example.com
    port: 5499
    user: tierline_proof
    password: "{{ throw_away_password }}"
  delegate_to: app1.example.com
  register: booted
"""

RETURN = r"""
checks:
  description: What was tried, as M(tierline.erp.restore_certificate) takes it. C(passed) is null where there was nothing to try.
  returned: success
  type: list
  elements: dict
  sample:
    - {name: Odoo boots from the recorded image and lets a user in, passed: true, detail: Odoo 19.0 let admin in after 7.4 s}
    - name: a posted invoice can be read in Odoo
      passed: true
      detail: "INV/2026/00001 of 2026-11-22, 12.50 USD, 2 lines that balance"
seconds:
  description: Seconds from the container's start until somebody was logged in; 0 where nobody was.
  returned: success
  type: float
  sample: 7.4
version:
  description: Odoo's version, where it said so.
  returned: success
  type: str
  sample: "19.0"
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tierline.erp.plugins.module_utils.odoo.boot import Booter, secrets_of
from ansible_collections.tierline.erp.plugins.module_utils.odoo.engine import Engine
from ansible_collections.tierline.erp.plugins.module_utils.odoo.models import Database, Environment, Settings, derived_uid


def environment(params):
    return Environment(
        name=params["environment"],
        image=params["image"],
        addons=tuple(params["addons"]),
        database=Database(params["database"], params["user"], params["host"], params["port"]),
        secrets=secrets_of(params["password"]),
        uid=derived_uid(params["environment"]),
    )


def run(params, connect=Engine):
    booter = Booter(connect, Settings(ca_file=params["ca_file"]), params["timeout"])
    return {"changed": False, **booter.boot(environment(params))}


def main():
    module = AnsibleModule(
        argument_spec={
            "environment": {"type": "str", "required": True},
            "image": {"type": "str", "required": True},
            "addons": {"type": "list", "elements": "str", "default": []},
            "database": {"type": "str", "required": True},
            "host": {"type": "str", "required": True},
            "port": {"type": "int", "required": True},
            "user": {"type": "str", "required": True},
            "password": {"type": "str", "required": True, "no_log": True},
            "ca_file": {"type": "path", "default": "/etc/tierline/pki/ca.crt"},
            "timeout": {"type": "int", "default": 180},
        },
        supports_check_mode=True,
    )
    module.exit_json(**run(module.params))


if __name__ == "__main__":
    main()
