#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: database_figures_info
short_description: Read the figures by which a restored database is recognised
version_added: 0.1.0
description:
  - Counts the rows of every table, and adds up the posted lines of the ledger, by journal and by account (the trial
    balance), where the database is one of Odoo.
  - Runs on the host of the cluster, as root or as PostgreSQL's own user. Reads every table once, which takes its time.
author:
  - The tierline.erp contributors (@tierline)
options:
  databases:
    description: The databases.
    type: list
    elements: str
    required: true
  socket_dir:
    description: Directory of PostgreSQL's socket.
    type: path
    default: /var/run/postgresql
  port:
    description: Port of PostgreSQL.
    type: int
    default: 5432
extends_documentation_fragment:
  - tierline.erp.attributes.info
"""

EXAMPLES = r"""
- name: Read what was restored
  tierline.erp.database_figures_info:
    socket_dir: /var/lib/tierline/restore/proof
    port: 5499
    databases: [acme_prod]
  register: restored
"""

RETURN = r"""
databases:
  description: Figures by database. C(balanced) says whether debit and credit are the same.
  returned: success
  type: dict
  sample:
    acme_prod:
      tables: {public.res_partner: 42}
      books:
        lines: 12
        debit: "1000.00"
        credit: "1000.00"
        journals: {"1": 12 1000.00 1000.00}
        accounts: {"6": 6 1000.00 0.00, "26": 6 0.00 1000.00}
      balanced: true
      sha256: 5d41402abc4b2a76b9719d911017c592
postgres_version:
  description: Version of the running server.
  returned: success
  type: str
  sample: "17.6"
"""

from dataclasses import asdict
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.backup.errors import BackupError
from ..module_utils.backup.host import run as run_as_postgres
from ..module_utils.proof.cluster import ProofCluster
from ..module_utils.proof.errors import ProofError

ARGUMENTS: dict[str, Any] = {
    "databases": {"type": "list", "elements": "str", "required": True},
    "socket_dir": {"type": "path", "default": "/var/run/postgresql"},
    "port": {"type": "int", "default": 5432},
}


def run(cluster: ProofCluster, databases: list[str]) -> dict[str, Any]:
    seen = {name: cluster.figures(name) for name in databases}
    return {
        "changed": False,
        "databases": {
            name: {**asdict(figures), "balanced": figures.balanced, "sha256": figures.digest} for name, figures in seen.items()
        },
        "postgres_version": cluster.state()["postgres_version"],
    }


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    params = module.params
    try:
        result = run(ProofCluster(params["socket_dir"], params["port"], run_as_postgres), params["databases"])
    except (ProofError, BackupError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
