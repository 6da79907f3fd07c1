# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Somebody who runs code in a container, and what the machine and the platform say to that."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.probe import hostile, inside, inside_host
from ansible_collections.tierline.erp.plugins.module_utils.probe.engine import script_of
from ansible_collections.tierline.erp.plugins.module_utils.probe.isolation import Place, Tenant

HELD: dict[str, Any] = {
    "Memory": 2**30,
    "MemorySwap": 2**30,
    "NanoCpus": 1_500_000_000,
    "PidsLimit": 512,
    "LogConfig": {"Config": {"max-size": "20m", "max-file": "5"}},
    "ReadonlyRootfs": True,
    "NetworkMode": "tierline-acme",
}


def tenant(name: str, **changes: Any) -> Tenant:
    base: dict[str, Any] = {
        "environment": name,
        "database": {"name": name, "user": name, "host": "db1,db2", "port": 6432},
        "redis": {"host": "db1", "port": 6379, "user": name, "key_prefix": f"{name}:"},
        "redis_password": "secret",
        "place": Place(f"{name}-blue", gateways=("192.0.2.1",), held=HELD),
    }
    return Tenant(**(base | changes))


def attempts(attacker: Tenant, *victims: Tenant) -> dict[str, dict[str, Any]]:
    found = hostile.attempts(attacker, victims, 8008, 2379)
    assert len({attempt["id"] for attempt in found}) == len(found)
    return {attempt["id"]: attempt for attempt in found}


def test_the_attempts_cover_machine_network_database_and_redis() -> None:
    found = attempts(tenant("acme"), tenant("beta"))
    assert {
        "capabilities",
        "read /etc/tierline/odoo/beta",
        "write /sys/fs/cgroup/memory.max",
        "socket /var/run/docker.sock",
        "mount a file system",
        "metadata of the cloud",
        "container engine at 192.0.2.1:2375",
        "console of the pooler at db2",
        "etcd at db1",
        "configuration of the cluster at db2",
        "database: execute a program on the server",
        "database: become beta",
        "redis: list keys of all",
        "redis: listen to beta",
    } <= set(found)
    assert {attempt["kind"] for attempt in found.values()} <= {*inside._TRIES, *inside_host.TRIES}
    assert {attempt["right"] for attempt in found.values() if "right" in attempt} == set(inside_host._RIGHTS)


def test_sentinels_are_asked_for_what_would_do_no_harm() -> None:
    redis = {"sentinels": ["r1", "r2"], "primary": "shared", "port": 6379, "user": "acme", "key_prefix": "acme:"}
    names = attempts(tenant("acme", redis=redis), tenant("beta"))
    assert {
        "redis at r1:6379: list users",
        "redis at r2:6379: listen to beta",
        "sentinel at r2:26379: choose another primary",
    } <= set(names)
    assert not [name for name in names if name.startswith("redis:")]


def test_without_redis_it_is_left_out() -> None:
    assert not [name for name in attempts(tenant("acme", redis_password="")) if name.startswith("redis")]


def test_a_container_that_is_held_well() -> None:
    checks = hostile.limits(tenant("acme"))
    assert all(check.ok for check in checks)
    assert [check.detail for check in checks][:4] == ["1024 MiB", "0 MiB of swap", "1.5", "512"]


@pytest.mark.parametrize(
    ("change", "title"),
    [
        ({"Memory": 0}, "memory is limited"),
        ({"MemorySwap": -1}, "no swap besides"),
        ({"NanoCpus": 0}, "processors are limited"),
        ({"PidsLimit": None}, "processes are limited"),
        ({"LogConfig": {"Config": {}}}, "its log is limited"),
        ({"ReadonlyRootfs": False}, "its root is read-only"),
        ({"PidMode": "host"}, "no namespace of the machine"),
        ({"CapAdd": ["SYS_ADMIN"]}, "no privilege is granted"),
        ({"Privileged": True}, "no privilege is granted"),
    ],
)
def test_a_container_that_is_held_badly(change: dict[str, Any], title: str) -> None:
    checks = hostile.limits(tenant("acme", place=Place("acme-blue", held=HELD | change)))
    assert f"acme container: {title}" in [check.name for check in checks if not check.ok]


def test_a_container_that_nobody_sees_is_not_limited() -> None:
    assert not all(check.ok for check in hostile.limits(tenant("acme", place=None)))


def test_what_can_be_read_or_listed_is_reached(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for path in (tmp_path, tmp_path / "file"):
        assert inside_host.try_read({"path": str(path)}, {})[0] == "reached"
    assert inside_host.try_read({"path": str(tmp_path / "none")}, {})[0] == "refused"


def test_what_can_be_written_is_reached_and_left_as_it_was(tmp_path: Path) -> None:
    there, new = tmp_path / "there", tmp_path / "new"
    there.write_text("kept")
    assert [inside_host.try_write({"path": str(path)}, {})[0] for path in (there, new)] == ["reached", "reached"]
    assert there.read_text() == "kept"
    assert not new.exists()
    assert inside_host.try_write({"path": str(tmp_path / "no" / "such")}, {})[0] == "refused"


def test_sockets(tmp_path: Path) -> None:
    path = str(tmp_path / "socket")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        assert inside_host.try_socket({"path": path}, {})[0] == "reached"
    assert inside_host.try_socket({"path": path}, {})[0] == "refused"


@pytest.mark.parametrize(("code", "outcome"), [(None, "reached"), (1, "refused")])
def test_rights_are_tried_in_a_process_of_their_own(monkeypatch: pytest.MonkeyPatch, code: int | None, outcome: str) -> None:
    def right() -> None:
        if code:
            raise OSError(code, "no")

    monkeypatch.setitem(inside_host._RIGHTS, "x", right)
    before = os.getpid()
    assert inside_host.try_right({"right": "x"}, {})[0] == outcome
    assert os.getpid() == before


def test_a_service_that_does_not_answer_is_refused() -> None:
    attempt = {"host": "127.0.0.1", "port": 9, "method": "GET", "path": "/"}
    assert inside_host.try_https(attempt, {})[0] == "refused"


def test_privileges_of_this_process_are_told() -> None:
    outcome, detail = inside_host.try_privileges({}, {})
    assert (outcome == "refused") == detail.startswith("no capability")


def test_all_sources_run_together(tmp_path: Path) -> None:
    (tmp_path / "odoo.conf").write_text("[options]\ndb_user = acme\n")
    script = script_of(
        [{"id": "x", "kind": "read", "path": "/nowhere"}, {"id": "y", "kind": "port", "host": "127.0.0.1", "port": 9}]
    )
    script = script.replace("/etc/tierline/odoo/odoo.conf", str(tmp_path / "odoo.conf"))
    output = subprocess.run([sys.executable, "-"], input=script, capture_output=True, text=True, check=True).stdout
    assert [outcome["outcome"] for outcome in json.loads(output)] == ["refused", "refused"]
