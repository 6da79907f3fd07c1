# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection's own operations on the cluster, run as an operator would: by Ansible, on one of the members."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .lab import Lab, LabError

SECONDS = 300


@dataclass(frozen=True)
class Operator:
    """Whoever knows the passwords of Patroni's API and of PgBouncer's console."""

    lab: Lab
    members: list[str]
    cluster: str
    data_directory: str
    api_password: str
    pgbouncer_password: str

    def switch_over(self, primary: str, candidate: str) -> None:
        wanted = {
            "members": [{"name": name, "address": name} for name in self.members],
            "api_password": self.api_password,
            "pgbouncer_password": self.pgbouncer_password,
            "data_directory": self.data_directory,
            "etcd_prefix": f"/tierline/{self.cluster}/",
            # As the role has them.
            "resigned_delay": 0.7,
            "endpoints_delay": 0.4,
            **({"candidate": candidate} if candidate else {}),
        }
        self.play(primary, {"name": "Hand over the primary's role", "tierline.erp.postgres_switchover": wanted})

    def play(self, host: str, task: dict) -> None:
        """One task on one host. Passwords are in a file that nobody else can read, not in an argument."""
        reached = {
            "ansible_connection": "community.docker.docker",
            "ansible_host": f"{self.lab.name}-{host}",
            "ansible_python_interpreter": "/usr/bin/python3",
        }
        with tempfile.TemporaryDirectory() as folder:
            inventory, playbook = Path(folder, "hosts.json"), Path(folder, "play.json")
            inventory.write_text(json.dumps({"all": {"hosts": {host: reached}}}))
            playbook.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": [task]}]))
            command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(inventory), str(playbook)]
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=SECONDS)
        if done.returncode:
            raise LabError(f"{task['name']}: {done.stdout[-1500:]}{done.stderr[-300:]}")
