# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must hold for an estate that stands on the lab named by LAB, of the topology named by TOPOLOGY. Run by tools/test.sh.

The tests look at the running hosts with `docker exec`, past everything that Ansible says of itself. Which hosts and environments
there are is read from the inventory: the tests hold for any topology.
"""

import json
import re

import yaml
from lab_estate import (
    FOLDER,
    LAB,
    PLAYBOOK,
    ROOT,
    SITE,
    TOPOLOGY,
    app_machine,
    hosts_of,
    inside,
    machines,
    run,
    running,
    subject_and_neighbour,
    values,
    variables,
)


def one_environment_of_each_cell() -> list[str]:
    cells = {variables(name)["estate_environment"]["cell"]: name for name in hosts_of("environments")}
    return sorted(cells.values())


def test_limit_does_what_one_environment_needs_and_nothing_else():
    subject, neighbour = subject_and_neighbour()
    for name in (subject, neighbour):
        inside(app_machine(name), "docker", "stop", "--time", "5", f"{name}-blue")
    try:
        run(*SITE, "--limit", subject)
        assert f"{subject}-blue" in running(app_machine(subject))
        assert f"{neighbour}-blue" not in running(app_machine(neighbour))
    finally:
        inside(app_machine(neighbour), "docker", "start", f"{neighbour}-blue")


def test_limit_to_an_environment_takes_the_machines_of_its_cell_and_no_others():
    for name in one_environment_of_each_cell():
        output = run(*SITE, "--limit", name, "--list-hosts")
        taken = {machine for machine in machines() if re.search(rf"^ +{re.escape(machine)}$", output, re.MULTILINE)}
        assert taken == cell_and_store_of(name)


def cell_and_store_of(environment: str) -> set[str]:
    """The machines of its cell, and the one that keeps the cell's backups, which may be another cell's."""
    cell = {machine for machine in machines() if variables(machine)["estate_cell"] == cell_of(environment)}
    stores = {variables(machine).get("backup_agent_store_host") for machine in cell} - {None}
    return cell | {machine for machine in machines() if variables(machine).get("object_store_address") in stores}


def cell_of(environment: str) -> str:
    return variables(environment)["estate_environment"]["cell"]


def test_a_broken_estate_is_refused_before_any_host_is_touched(tmp_path):
    run("cp", "-r", f"inventories/{TOPOLOGY}", str(tmp_path / "estate"))
    name = hosts_of("environments")[0]
    tier = variables(name)["estate_environment"]["tier"]
    typo = tier[:-2] + tier[-1] + tier[-2]
    intent = tmp_path / f"estate/host_vars/{name}.yml"
    intent.write_text(re.sub(r"^service_tier: \w+", f"service_tier: {typo}", intent.read_text(), flags=re.MULTILINE))
    estate = ["-i", str(tmp_path / "estate"), "-i", "inventories/lab"]
    output = run("tools/run.sh", "ansible-playbook", *estate, "playbooks/site.yml", check=False)
    assert f"environment {name}: service_tier: unknown tier" in output
    assert f"write service_tier: {tier}" in output
    assert "PLAY [" not in output


def test_no_secret_shows_in_logs_processes_containers_or_git():
    secrets = values(yaml.safe_load((FOLDER / "secrets.yml").read_text()))
    assert len(secrets) >= 4 * len(hosts_of("environments"))
    places = {f"log {path.name}": path.read_text(errors="replace") for path in (ROOT / ".cache/logs").rglob("*.log")}
    places["git"] = run("git", "log", "-p", "--all")
    for host in machines():
        # A process that ends while it is looked at is no reason to fail.
        places[f"processes of {host}"] = inside(host, "sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '", check=False)
        places[f"journal of {host}"] = inside(host, "journalctl", "--no-pager", "--quiet")
    for host in hosts_of("role_app"):
        for name in running(host):
            places[f"inspection of {name}"] = inside(host, "docker", "inspect", name)
    found = sorted({place for place, text in places.items() for secret in secrets if secret in text})
    assert found == []


def test_a_cluster_of_several_is_backed_up_from_a_replica():
    for host in hosts_of("role_postgres"):
        members = [member["name"] for member in variables(host).get("backup_agent_members", [])]
        if len(members) < 2 or host != members[0]:
            continue
        stanza = f"--stanza={variables(host)['backup_agent_stanza']}"
        found = inside(host, "runuser", "-u", "postgres", "--", "pgbackrest", stanza, "--output=json", "info")
        first = json.loads(found)[0]["backup"][0]["annotation"]
        assert first["tierline-role"] == "replica"
        assert first["tierline-member"] in members


def test_odoo_was_booted_on_what_came_back():
    for name in hosts_of("environments"):
        newest = max((FOLDER / "certificates").glob(f"{name}-*.json"))
        said = json.loads(newest.read_text())["predicate"]
        seen = {check["name"]: check for check in said["checks"]}
        assert said["passed"], newest
        assert said["source"]["RTO until"] == "a user is logged in", newest
        # The invoice of playbooks/lab_books.yml, by its amount.
        invoice = seen["a posted invoice can be read in Odoo"]
        assert invoice["passed"] is True, newest
        assert "1320.40" in invoice["detail"], newest
        left = inside(app_machine(name), "docker", "ps", "--all", "--filter", f"name={name}-restored", "--format", "{{.Names}}")
        assert left.strip() == "", name


def test_the_moments_to_which_environments_can_be_brought_back_are_listed():
    output = run(*PLAYBOOK, "playbooks/recovery_points.yml")
    assert "Any moment since 20" in output
    for name in hosts_of("environments"):
        # The proof of the suite has named one.
        assert re.search(rf"{name} +verify-[0-9-]+ +20\S+Z +[0-9.]+ s +as it was written", output), output


def test_secrets_and_keys_are_readable_by_their_owner_alone():
    assert (FOLDER / "secrets.yml").stat().st_mode & 0o777 == 0o600
    for path in [*FOLDER.rglob("*.key"), *FOLDER.rglob("*-key.pem")]:
        assert path.stat().st_mode & 0o077 == 0, path
    for host in machines():
        keys = inside(host, "find", "/etc", "-name", "*.key").split()
        held = {f"/etc/tierline/pki/{certificate['name']}/tls.key" for certificate in variables(host)["estate_certificates"]}
        assert held <= set(keys), f"{host}: keys lie elsewhere, so look there"
        open_keys = inside(host, "find", "/etc", "-name", "*.key", "-perm", "/o+rwx")
        assert open_keys.strip() == "", host


def test_only_the_edge_is_reached_from_this_machine():
    published = run("docker", "ps", "--filter", f"label=tierline.lab={LAB}", "--format", "{{.Names}} {{.Ports}}").splitlines()
    # The registry is the lab's own: from there the app machines have their image.
    reached = {f"{LAB}-{host}" for host in [*hosts_of("role_edge"), "registry"]}
    for line in published:
        name, _space, ports = line.partition(" ")
        bindings = re.findall(r"(\S+):\d+->", ports)
        assert set(bindings) <= {"127.0.0.1"}, line
        assert not bindings or name in reached, line
    assert reached <= {line.partition(" ")[0] for line in published}
