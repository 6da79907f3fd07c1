# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must hold for an estate that stands on the lab named by LAB, of the topology named by TOPOLOGY. Run by tools/test.sh.

The tests look at the running hosts with `docker exec`, past everything that Ansible says of itself.
"""

import os
import pathlib
import re
import subprocess

import pytest
import yaml

ROOT = pathlib.Path(__file__).parents[3]
LAB = os.environ.get("LAB", "demo")
TOPOLOGY = os.environ.get("TOPOLOGY", "hybrid")
FOLDER = ROOT / ".cache/lab" / LAB
INVENTORY = ["-i", f"inventories/{TOPOLOGY}", "-i", "inventories/lab"]

pytestmark = pytest.mark.skipif(TOPOLOGY != "hybrid", reason="the names below are those of the hybrid estate")


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


def test_limit_does_what_one_environment_needs_and_nothing_else():
    inside("shared-app1", "docker", "stop", "--time", "5", "acme_prod-blue", "globex_prod-blue")
    run("tools/run.sh", "ansible-playbook", *INVENTORY, "playbooks/site.yml", "--limit", "acme_prod")
    assert "acme_prod-blue" in running("shared-app1")
    assert "globex_prod-blue" not in running("shared-app1")
    inside("shared-app1", "docker", "start", "globex_prod-blue")


def test_limit_to_a_dedicated_environment_leaves_other_cells_alone():
    output = run("tools/run.sh", "ansible-playbook", *INVENTORY, "playbooks/site.yml", "--limit", "initech_prod", "--list-hosts")
    assert "dedicated-db1" in output
    assert "shared-" not in output


def test_a_broken_estate_is_refused_before_any_host_is_touched(tmp_path):
    run("cp", "-r", f"inventories/{TOPOLOGY}", str(tmp_path / "estate"))
    intent = tmp_path / "estate/host_vars/acme_prod.yml"
    intent.write_text(intent.read_text().replace("service_tier: standard", "service_tier: standrad"))
    output = run(
        "tools/run.sh",
        "ansible-playbook",
        "-i",
        str(tmp_path / "estate"),
        "-i",
        "inventories/lab",
        "playbooks/site.yml",
        check=False,
    )
    assert "standrad" in output
    assert "standard" in output
    assert "PLAY [" not in output


def test_no_secret_shows_in_logs_processes_containers_or_git():
    secrets = values(yaml.safe_load((FOLDER / "secrets.yml").read_text()))
    assert len(secrets) > 20
    places = {f"log {path.name}": path.read_text(errors="replace") for path in (ROOT / ".cache/logs").rglob("*.log")}
    places["git"] = run("git", "log", "-p", "--all")
    for host in ("shared-app1", "shared-db1", "dedicated-app1", "dedicated-db1"):
        places[f"processes of {host}"] = inside(
            host, "sh", "-c", "tr '\\0' ' ' < /dev/null; cat /proc/[0-9]*/cmdline | tr '\\0' ' '", check=False
        )
        places[f"journal of {host}"] = inside(host, "journalctl", "--no-pager", "--quiet")
    for host in ("shared-app1", "dedicated-app1"):
        for name in running(host):
            places[f"inspection of {name}"] = inside(host, "docker", "inspect", name)
    found = sorted({place for place, text in places.items() for secret in secrets if secret in text})
    assert found == []


def test_secrets_and_keys_are_readable_by_their_owner_alone():
    assert (FOLDER / "secrets.yml").stat().st_mode & 0o777 == 0o600
    for path in [*FOLDER.rglob("*.key"), *FOLDER.rglob("*-key.pem")]:
        assert path.stat().st_mode & 0o077 == 0, path
    world = inside(
        "shared-db1", "find", "/etc/tierline", "/etc/patroni", "/etc/pgbouncer", "/etc/redis", "-name", "*.key", "-perm", "/o+rwx"
    )
    assert world.strip() == ""


def test_only_the_edge_is_reached_from_this_machine():
    published = run("docker", "ps", "--filter", f"label=tierline.lab={LAB}", "--format", "{{.Names}} {{.Ports}}")
    for line in published.splitlines():
        for binding in re.findall(r"(\S+):\d+->", line):
            assert binding == "127.0.0.1", line
