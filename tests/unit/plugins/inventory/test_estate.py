# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""The plugin as people meet it: real ansible-inventory and ansible-playbook, on the shipped inventories and on broken copies."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[4]
REGULATED = "tests/fixtures/estates/regulated"
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run an Ansible command; its temporary files stay with the test."""
    settings = {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_HOME": str(tmp_path / "home"), "NO_COLOR": "1"}
    settings |= {"ANSIBLE_LOCAL_TEMP": str(tmp_path / "local"), "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache" / "collections")}

    def command(name: str, *arguments: object, **extra: str) -> subprocess.CompletedProcess[str]:
        executable = str(Path(sys.executable).with_name(name))
        environment = os.environ | settings | extra
        return subprocess.run(
            [executable, *map(str, arguments)],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return command


@pytest.fixture
def estate(tmp_path: Path) -> Path:
    """A copy of inventories/hybrid to bend."""
    return Path(shutil.copytree(ROOT / "inventories" / "hybrid", tmp_path / "estate"))


def listed(run: Run, inventory: object, *arguments: str) -> dict[str, Any]:
    result = run("ansible-inventory", "-i", inventory, "--list", *arguments)
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    return json.loads(result.stdout)


def append(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    with path.open("a") as stream:
        stream.write(text)


@pytest.mark.parametrize(
    ("inventory", "tiers", "machines"),
    [
        ("inventories/hybrid", {"tier_standard", "tier_sandbox", "tier_regulated"}, 7),
        ("inventories/multi_tenant", {"tier_standard"}, 4),
        ("inventories/dedicated", {"tier_dedicated_single", "tier_regulated"}, 8),
        (REGULATED, {"tier_regulated"}, 6),
    ],
)
def test_shipped_inventories_resolve(run: Run, inventory: str, tiers: set[str], machines: int) -> None:
    found = listed(run, inventory)
    hosts = found["_meta"]["hostvars"]
    environments = found["environments"]["hosts"]
    assert {group for group in found if group.startswith("tier_")} == tiers
    assert all(hosts[name]["estate_environment"]["name"] == name for name in environments)
    assert sum("estate_cell" in variables for variables in hosts.values()) == machines
    assert sum(len(variables.get("estate_odoo_environments", ())) for variables in hosts.values()) == len(environments)


def test_a_regulated_cell_is_asked_for_what_the_tier_promises(run: Run) -> None:
    member = listed(run, REGULATED)["_meta"]["hostvars"]["vault-db2"]
    assert (member["postgres_ha_synchronous_mode"], member["postgres_ha_synchronous_strict"]) == ("quorum", True)
    assert len(member["postgres_ha_members"]) == 3


BROKEN = """\
environment acme_prod: cost_center: unknown key
environment acme_prod: overrides.sizing.workers: wrong value
environment globex_prod: domains: duplicate domain, also claimed by acme_prod
environment globex_prod: service_tier: unknown tier
environment initech_prod: cell: a second environment in dedicated cell dedicated
cell shared: cell_netwrok: unknown key
tier silver: inherits: unknown tier
"""


def bend(estate: Path) -> None:
    hosts = estate / "host_vars"
    append(hosts / "acme_prod.yml", "cost_center: 7\noverrides:\n  sizing.workers: many\n")
    globex = (hosts / "globex_prod.yml").read_text()
    globex = globex.replace("standard", "standrad").replace("globex.localhost", "acme.localhost")
    (hosts / "globex_prod.yml").write_text(globex)
    staging = (hosts / "acme_staging.yml").read_text()
    (hosts / "acme_staging.yml").write_text(staging.replace("cell: shared", "cell: dedicated"))
    append(estate / "group_vars" / "cell_shared.yml", "cell_netwrok: 192.0.2.0/24\n")
    append(estate / "tierline.estate.yml", "tiers:\n  silver:\n    inherits: standart\n")


# Also where ansible.cfg would let a source fail: a refused estate must never look like a small one.
@pytest.mark.parametrize("strict", ["true", "false"])
def test_a_broken_estate_is_refused_with_all_problems(run: Run, estate: Path, strict: str) -> None:
    bend(estate)
    result = run("ansible-inventory", "-i", estate, "--list", ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED=strict)
    assert result.returncode != 0
    assert result.stdout == ""
    assert "The estate is refused: 7 problems. Nothing was touched." in result.stderr
    for headline in BROKEN.splitlines():
        assert headline in result.stderr
    lines = {line.split(": ")[0] for line in result.stderr.splitlines() if "refused" not in line}
    assert f"{os.path.relpath(estate, ROOT)}/host_vars/acme_prod.yml:17" in lines | {
        line.replace(str(estate), os.path.relpath(estate, ROOT)) for line in lines
    }


def test_problems_name_the_line(run: Run, estate: Path) -> None:
    bend(estate)
    (estate / "hosts.yml").write_text(
        (estate / "hosts.yml").read_text().replace("machine_roles: [app, edge]", "machine_roles: [ap, edge]", 1)
    )
    problems = [line for line in run("ansible-inventory", "-i", estate, "--list").stderr.splitlines() if ": " in line]
    places = {line.split(": ", 1)[1].rsplit(": ", 1)[0]: line.split(": ")[0] for line in problems}
    tail = {what: place.rpartition("/")[2] for what, place in places.items()}
    assert tail["environment acme_prod: cost_center"] == "acme_prod.yml:17"
    assert tail["environment acme_prod: overrides.sizing.workers"] == "acme_prod.yml:19"
    assert tail["cell shared: cell_netwrok"].startswith("cell_shared.yml:")
    assert tail["machine shared-app1: machine_roles"] == "hosts.yml"
    assert tail["tier silver: inherits"] == "tierline.estate.yml"


def test_what_people_write_wins(run: Run, estate: Path) -> None:
    append(estate / "group_vars" / "all.yml", "redis_maxmemory_mb: 512\nansible_connection: ssh\n")
    append(estate / "host_vars" / "shared-db1.yml", "postgres_ha_cluster: mine\n")
    append(estate / "host_vars" / "acme_staging.yml", "overrides:\n  sizing.workers: 3\n")
    hosts = listed(run, estate)["_meta"]["hostvars"]
    assert (hosts["shared-db1"]["redis_maxmemory_mb"], hosts["shared-db1"]["postgres_ha_cluster"]) == (512, "mine")
    assert hosts["dedicated-db1"]["postgres_ha_cluster"] == "dedicated"
    assert (hosts["shared-db1"]["ansible_connection"], hosts["acme_prod"]["ansible_connection"]) == ("ssh", "local")
    workers = {item["environment"]: item["workers"] for item in hosts["shared-app1"]["estate_odoo_environments"]}
    assert workers == {"acme_prod": 2, "acme_staging": 3, "globex_prod": 2}


def test_a_catalogue_of_ones_own(run: Run, estate: Path) -> None:
    tiers = (ROOT / "catalogue" / "tiers.yml").read_text().replace("standard", "house")
    append(estate / "catalogue" / "house.yml", tiers)
    source = "plugin: tierline.erp.estate\ncatalogue_mode: replace\ncatalogue: [catalogue/house.yml]\n"
    (estate / "tierline.estate.yml").write_text(source)
    result = run("ansible-inventory", "-i", estate, "--list")
    assert "unknown tier" in result.stderr
    assert "allowed: business, house, regulated, sandbox" in result.stderr
    for path in (estate / "host_vars").iterdir():
        path.write_text(path.read_text().replace("standard", "house"))
    # A directory of an inventory is read as a source; the catalogue is none.
    result = run("ansible-inventory", "-i", estate / "hosts.yml", "-i", estate / "tierline.estate.yml", "--list")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["tier_house"]["hosts"] == ["acme_prod", "globex_prod"]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("catalog_mode: replace\n", "unknown key"),
        ("catalogue: [nowhere.yml]\n", "not a catalogue"),
        ("catalogue_mode: merge\n", "merge"),
    ],
)
def test_a_wrong_source_file_is_refused(run: Run, estate: Path, source: str, message: str) -> None:
    (estate / "tierline.estate.yml").write_text("plugin: tierline.erp.estate\n" + source)
    result = run("ansible-inventory", "-i", estate, "--list")
    assert result.returncode != 0
    assert message in result.stderr


PLAYBOOK = """\
- name: Look at what a play is given
  hosts: all
  gather_facts: false
  tasks:
    - name: Show images
      ansible.builtin.debug:
        msg: "images={{ estate_odoo_environments | map(attribute='image') | join(',') }}"
      when: estate_odoo_environments is defined
    - name: Show the interpreter of environments
      ansible.builtin.debug:
        msg: "same={{ ansible_python_interpreter == ansible_playbook_python }}"
      when: estate_environment is defined
"""


def test_a_play_limited_to_an_environment_has_its_machines_and_its_templates(run: Run, estate: Path, tmp_path: Path) -> None:
    append(estate / "group_vars" / "all.yml", 'odoo_container_image: "registry.example/odoo@sha256:0"\nother: elsewhere\n')
    append(estate / "host_vars" / "acme_staging.yml", 'image: "{{ other }}/odoo@sha256:1"\n')
    playbook = tmp_path / "look.yml"
    playbook.write_text(PLAYBOOK)
    result = run("ansible-playbook", "-i", estate, playbook, "--limit", "acme_prod")
    assert result.returncode == 0, result.stderr
    image = "registry.example/odoo@sha256:0"
    assert f"images={image},elsewhere/odoo@sha256:1,{image}" in result.stdout
    assert "same=True" in result.stdout
    recap = result.stdout.partition("PLAY RECAP")[2]
    machines = ["shared-app1", "shared-db1", "vault1"]
    assert [line.split()[0] for line in recap.splitlines() if " : " in line] == ["acme_prod", *machines]


def test_explain_prints_a_table(run: Run) -> None:
    result = run("ansible-playbook", "-i", "inventories/multi_tenant", "playbooks/explain.yml", "--limit", "umbrella_prod")
    assert result.returncode == 0, result.stderr
    assert "umbrella_prod: tier standard, cell main" in result.stdout
    assert "overrides of the environment, instead of tier standard (built-in catalogue)" in result.stdout
