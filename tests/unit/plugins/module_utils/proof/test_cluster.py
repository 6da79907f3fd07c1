# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cluster that answers as PostgreSQL does, and the recovery point that is made of it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.object_store.client import Client, Version
from ansible_collections.tierline.erp.plugins.module_utils.object_store.errors import Refused
from ansible_collections.tierline.erp.plugins.module_utils.proof import cluster as cluster_module
from ansible_collections.tierline.erp.plugins.module_utils.proof.cluster import ProofCluster
from ansible_collections.tierline.erp.plugins.module_utils.proof.errors import ProofError
from ansible_collections.tierline.erp.plugins.modules import database_figures_info, recovery_point, recovery_point_info

SEGMENT = "000000010000000000000005"


class Server:
    def __init__(self, snapshots: Sequence[str] = ("9:9:", "9:9:"), archived: Sequence[str] = (SEGMENT,)) -> None:
        self.snapshots, self.archived = list(snapshots), list(archived)
        self.marked = 0

    def __call__(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        answer = self._answer(command[-1])
        return subprocess.CompletedProcess(command, 0 if answer else 1, f"{answer}\n", "" if answer else "ERROR: no\n")

    def _answer(self, question: str) -> str:
        if "pg_create_restore_point" in question:
            self.marked += 1
            return "0/5000090\t2026-11-22T08:00:00.000000Z"
        if "pg_stat_archiver" in question:
            return self.archived.pop(0) if len(self.archived) > 1 else self.archived[0]
        if "pg_current_snapshot" in question:
            return self.snapshots.pop(0)
        answers = {
            "server_version": "17.6\t1\t74",
            "pg_walfile_name": SEGMENT,
            "pg_switch_wal": "0/5000100",
            "query_to_xml": json.dumps({"tables": {"public.a": 1}, "books": None}),
        }
        return next((answer for word, answer in answers.items() if word in question), "")


class Store:
    def __init__(self) -> None:
        self.objects: dict[str, list[bytes]] = {}

    def put(self, _bucket: str, key: str, body: bytes) -> None:
        self.objects.setdefault(key, []).append(body)

    def get(self, _bucket: str, key: str, version: str = "") -> bytes:
        if key not in self.objects:
            raise Refused("GET", 404, "NoSuchKey", "")
        return self.objects[key][int(version) if version else -1]

    find = Client.find

    def versions(self, _bucket: str, prefix: str) -> list[Version]:
        found = [
            Version(key, str(number), body == b"", number == len(bodies) - 1, f"2026-11-22T08:00:0{number}Z")
            for key, bodies in self.objects.items()
            for number, body in enumerate(bodies)
            if key.startswith(prefix)
        ]
        return found[::-1]


def params(*environments: str, name: str = "p1") -> dict:
    items = [{"environment": e, "database": e, "facts": {}} for e in environments]
    return {"name": name, "stanza": "main", "bucket": "b", "environments": items, "archive_timeout": 0}


def make(server: Server, store: Store, *environments: str, check_mode: bool = False, name: str = "p1") -> dict:
    return recovery_point.run(store, ProofCluster("/s", 1, server), params(*environments, name=name), check_mode)


def test_a_point_is_made_once_for_all_environments() -> None:
    server, store = Server(), Store()
    made = make(server, store, "acme", "globex")
    assert made["changed"]
    assert [point["environment"] for point in made["points"]] == ["acme", "globex"]
    assert all(point["exact"] and point["lsn"] == "0/5000090" for point in made["points"])
    again = make(server, store, "acme", "globex")
    assert not again["changed"]
    assert again["points"] == made["points"]
    assert server.marked == 1


def test_check_mode_makes_nothing() -> None:
    server, store = Server(), Store()
    assert make(server, store, "acme", check_mode=True) == {"changed": True, "points": []}
    assert (server.marked, store.objects) == (0, {})


def test_a_point_of_some_environments_is_not_one_of_all() -> None:
    server, store = Server(), Store()
    make(server, store, "acme")
    with pytest.raises(ProofError, match="of acme only"):
        make(server, store, "acme", "globex")


@pytest.mark.parametrize("snapshots", [("9:9:", "10:10:"), ("9:11:9", "9:11:9")])
def test_work_in_between_makes_figures_inexact(snapshots: tuple[str, str]) -> None:
    assert not make(Server(snapshots), Store(), "acme")["points"][0]["exact"]


def test_a_moment_that_does_not_arrive_is_no_point(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_module.time, "sleep", lambda _seconds: None)
    store = Store()
    with pytest.raises(ProofError, match="has not been archived"):
        make(Server(archived=["000000010000000000000004"]), store, "acme")
    assert not store.objects
    ProofCluster("/s", 1, Server(archived=["000000010000000000000004", SEGMENT])).await_archived(SEGMENT, 60)


def test_names_are_refused_before_anything_happens() -> None:
    server = Server()
    with pytest.raises(ProofError, match="can't name"):
        make(server, Store(), "acme", name="a'; DROP")
    assert server.marked == 0


def test_other_refusals_of_the_store_are_told() -> None:
    store = Store()
    store.get = lambda *_: (_ for _ in ()).throw(Refused("GET", 403, "AccessDenied", ""))  # type: ignore[method-assign]
    with pytest.raises(Refused):
        make(Server(), store, "acme")


def test_a_record_that_was_overwritten_and_deleted_still_says_the_truth() -> None:
    store = Store()
    make(Server(), store, "acme")
    (key,) = store.objects
    honest = recovery_point_info.run(store, "b", "acme", None)["points"][0]
    store.objects[key] += [b"forged", b""]
    (seen,) = recovery_point_info.run(store, "b", "acme", "p1")["points"]
    assert seen["tampered"]
    assert not honest["tampered"]
    assert seen["delay"] == 0.0
    assert (seen["sha256"], seen["lsn"]) == (honest["sha256"], "0/5000090")


def test_figures_of_databases() -> None:
    seen = database_figures_info.run(ProofCluster("/s", 1, Server()), ["acme"])
    assert seen["databases"]["acme"]["tables"] == {"public.a": 1}
    assert seen["databases"]["acme"]["balanced"]
    assert seen["postgres_version"] == "17.6"


def test_a_refusal_of_postgresql_is_told() -> None:
    with pytest.raises(ProofError, match="refused a question about postgres: ERROR: no"):
        ProofCluster("/s", 1, Server()).ask("SELECT nonsense")
