# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The estate that stands on the lab named by LAB, of the topology named by TOPOLOGY, past everything that Ansible says of itself.

Which hosts and environments there are is read from the inventory, so that tests hold for any topology.
"""

import functools
import json
import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).parents[3]
LAB = os.environ.get("LAB", "demo")
TOPOLOGY = os.environ.get("TOPOLOGY", "hybrid")
FOLDER = ROOT / ".cache/lab" / LAB
INVENTORY = ["-i", f"inventories/{TOPOLOGY}", "-i", "inventories/lab"]
PLAYBOOK = ["tools/run.sh", "ansible-playbook", *INVENTORY]
SITE = [*PLAYBOOK, "playbooks/site.yml"]


def run(*command: str, check: bool = True) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert not check or done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-4000:]}{done.stderr[-2000:]}"
    return done.stdout + done.stderr


def inside(host: str, *command: str, check: bool = True) -> str:
    return run("docker", "exec", f"{LAB}-{host}", *command, check=check)


def running(host: str) -> set[str]:
    return set(inside(host, "docker", "ps", "--format", "{{.Names}}").split())


def values(tree) -> list[str]:
    return [tree] if isinstance(tree, str) else [value for branch in tree.values() for value in values(branch)]


@functools.cache
def listed() -> dict:
    # Without the lab's overlay: which hosts there are is the estate's own word.
    return json.loads(run("tools/run.sh", "ansible-inventory", "-i", f"inventories/{TOPOLOGY}", "--list"))


def hosts_of(group: str) -> list[str]:
    return sorted(listed()[group]["hosts"])


def variables(host: str) -> dict:
    return listed()["_meta"]["hostvars"][host]


def machines() -> list[str]:
    return sorted(host for host, known in listed()["_meta"]["hostvars"].items() if "estate_cell" in known)


def app_machine(environment: str) -> str:
    return variables(environment)["estate_environment"]["app_machine"]


def edge_machine(environment: str) -> str:
    (edge,) = set(variables(environment)["estate_machines"]) & set(hosts_of("role_edge"))
    return edge


def subject_and_neighbour() -> tuple[str, str]:
    """Two environments, on one app machine where there is such a pair: there a mix-up would come easiest."""
    environments = hosts_of("environments")
    pairs = [(one, other) for one in environments for other in environments if one != other]
    if not pairs:
        pytest.skip(f"{environments} is the only environment of this topology")
    return min(pairs, key=lambda pair: app_machine(pair[0]) != app_machine(pair[1]))
