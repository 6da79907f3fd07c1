#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: database_swap
short_description: Let one database take another one's name
version_added: 0.1.0
description:
  - Renames a database away and another one into its place, in one transaction. Before that it ends the sessions of the first and
    lets nobody in. Its neighbours in the cluster notice nothing.
  - What was there stays under another name and lets nobody in. So swapping back is the same with the names exchanged, after
    C(ALTER DATABASE ... ALLOW_CONNECTIONS true).
  - Without a database to be put in place nothing is changed. One whose name is free is only renamed.
  - Runs on the primary, as root or as PostgreSQL's own user.
author:
  - The tierline.erp contributors (@tierline)
options:
  database:
    description: The name that is wanted.
    type: str
    required: true
  replacement:
    description: The database that gets it.
    type: str
    required: true
  previous:
    description: The name that the one which has it now gets.
    type: str
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
  - tierline.erp.attributes
"""

EXAMPLES = r"""
- name: Serve acme_prod as it was restored
  tierline.erp.database_swap:
    database: acme_prod
    replacement: acme_prod_restored
    previous: acme_prod_before_restore
"""

RETURN = r"""
statements:
  description: What was done, or would be.
  returned: success
  type: list
  elements: str
  sample: ['ALTER DATABASE "acme_prod_restored" RENAME TO "acme_prod"']
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.backup.errors import BackupError
from ..module_utils.backup.host import run as run_as_postgres
from ..module_utils.backup.swap import NAMES, Swap
from ..module_utils.proof.cluster import ProofCluster
from ..module_utils.proof.errors import ProofError

ARGUMENTS: dict[str, Any] = {
    "database": {"type": "str", "required": True},
    "replacement": {"type": "str", "required": True},
    "previous": {"type": "str", "required": True},
    "socket_dir": {"type": "path", "default": "/var/run/postgresql"},
    "port": {"type": "int", "default": 5432},
}


def run(cluster: ProofCluster, swap: Swap, check_mode: bool) -> dict[str, Any]:
    before = sorted(cluster.lines(NAMES))
    steps = swap.steps(before)
    if not check_mode:
        _apply(cluster, swap, steps)
    return {"changed": bool(steps), "statements": steps, "diff": {"before": "", "after": "".join(f"{step};\n" for step in steps)}}


def _apply(cluster: ProofCluster, swap: Swap, steps: list[str]) -> None:
    try:
        for step in steps:
            cluster.ask(step)
    except ProofError:
        if len(steps) > 1:
            cluster.ask(swap.undo())
        raise


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    params = module.params
    try:
        cluster = ProofCluster(params["socket_dir"], params["port"], run_as_postgres)
        swap = Swap(params["database"], params["replacement"], params["previous"])
        result = run(cluster, swap, module.check_mode)
    except (ProofError, BackupError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
