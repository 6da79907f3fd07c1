# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Somebody who takes more than his share, and neighbours who must not notice."""

import contextlib
import os
import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.probe import exhaustion, inside_load
from ansible_collections.tierline.erp.plugins.module_utils.probe.errors import ProbeError
from ansible_collections.tierline.erp.plugins.module_utils.probe.isolation import Place
from ansible_collections.tierline.erp.plugins.modules import tenant_exhaustion_probe

HELD = {"Memory": 2**30, "NanoCpus": 10**9, "PidsLimit": 512}
BOUND = exhaustion.Bound(3.0, 0.5)


def item(name: str) -> dict[str, Any]:
    return {
        "environment": name,
        "domains": [f"{name}.example.com"],
        "database": {"name": name, "host": "db1,db2", "port": 6432},
        "ports": {"http": 10000, "green_http": 10002},
    }


class Engine:
    def __init__(self, outcome: str = "refused", slots: str = "blue") -> None:
        self.outcome, self.slots, self.siblings = outcome, slots, []  # type: ignore[var-annotated]

    def place(self, environment: str) -> Place | None:
        return Place(f"{environment}-{self.slots}", held=HELD) if self.slots else None

    @contextlib.contextmanager
    def sibling(self, place: Place) -> Iterator[Place]:
        self.siblings.append(place.container)
        yield Place(f"{place.container}-probe")

    def attempt(self, place: Place, attempts: list[dict[str, Any]]) -> list[dict[str, Any]]:
        assert place.container.endswith("-probe"), "nobody's service is harmed"
        return [{"id": attempt["id"], "outcome": self.outcome, "detail": ""} for attempt in attempts]


def examine(engine: Engine, answers: float | None = 0.1, **changes: Any) -> list[Any]:
    defaults = {name: option.get("default") for name, option in tenant_exhaustion_probe.argument_spec().items()}
    params = defaults | {"environments": [item("acme"), item("beta")]} | changes
    return list(tenant_exhaustion_probe.examine(params, engine, lambda _port, _domain: answers))


def test_limits_hold_and_neighbours_go_on() -> None:
    engine = Engine()
    found = examine(engine)
    assert all(check.ok for check in found)
    assert engine.siblings == ["acme-blue"]
    assert [check.name for check in found][:2] == ["acme takes processors", "acme takes processors: beta goes on"]
    assert {check.detail for check in found if check.status == "skipped"} == set(exhaustion.UNLIMITED.values())


def test_a_limit_that_does_not_hold_is_seen() -> None:
    assert next(check.name for check in examine(Engine("reached"), environments=[item("acme")]) if not check.ok) == (
        "acme takes processors"
    )


def test_a_neighbour_that_does_not_answer_is_seen() -> None:
    assert {check.name for check in examine(Engine(), answers=None) if not check.ok} >= {"acme takes memory: beta goes on"}


def test_neighbours_are_asked_in_the_slot_that_serves() -> None:
    asked = set()
    params = {name: option.get("default") for name, option in tenant_exhaustion_probe.argument_spec().items()}
    params["environments"] = [item("acme"), item("beta")]

    def question(port: int, domain: str) -> float:
        asked.add((port, domain))
        return 0.1

    list(tenant_exhaustion_probe.examine(params, Engine(slots="green"), question))
    assert asked == {(10002, "beta.example.com")}


def test_who_is_not_there_cannot_attack() -> None:
    with pytest.raises(ProbeError, match="attacker is gamma"):
        examine(Engine(), attacker="gamma")
    assert [check.ok for check in examine(Engine(slots=""))] == [False, False]
    assert [check.status for check in examine(Engine(), environments=[])] == ["skipped"]


@pytest.mark.parametrize(
    ("during", "ok"),
    [([0.1, 0.2], True), ([0.81, 0.81], False), ([0.1, None], False), ([], False)],
)
def test_the_bound(during: list[float | None], ok: bool) -> None:
    assert exhaustion.neighbour("x", [0.1, None, 0.1], during, BOUND).ok is ok


def test_without_times_of_before_nothing_is_proven() -> None:
    assert not exhaustion.neighbour("x", [None], [0.1], BOUND).ok


def test_more_is_asked_for_than_the_limit_and_not_without_end() -> None:
    by_id = {attack["id"]: attack for attack in exhaustion.attacks(HELD, item("acme")["database"], 6, 520)}
    assert by_id["memory"]["mebibytes"] == 1024 + 128
    assert by_id["processes"]["processes"] == 512 + 64
    assert by_id["connections to the pooler at db1"]["host"] == "db1"
    unlimited = {attack["id"]: attack for attack in exhaustion.attacks({}, item("acme")["database"], 6, 520)}
    assert unlimited["memory"]["mebibytes"] <= 4096
    assert unlimited["processors"]["limit"] == 0


def test_processors_are_counted() -> None:
    attack = {"processes": 1, "seconds": 0.2, "limit": 2.0}
    assert inside_load.try_processors(attack, {})[0] == "refused"
    assert inside_load.try_processors({**attack, "limit": 0.0}, {})[0] == "reached"


def test_memory_ends_where_it_is_limited() -> None:
    assert inside_load.try_memory({"mebibytes": 32}, {})[0] == "reached"
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (used + 200 * 2**20, hard))
    try:
        assert inside_load.try_memory({"mebibytes": 512}, {})[0] == "refused"
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def test_processes_end_where_they_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    assert inside_load.try_processes({"processes": 2}, {}) == ("reached", "2 processes were started")

    def refuse() -> int:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(inside_load.os, "fork", refuse)
    assert inside_load.try_processes({"processes": 2}, {})[0] == "refused"


def test_space(tmp_path: Path) -> None:
    assert inside_load.try_space({"path": str(tmp_path), "mebibytes": 1}, {})[0] == "reached"
    assert list(tmp_path.iterdir()) == []
    assert inside_load.try_space({"path": str(tmp_path / "no"), "mebibytes": 1}, {})[0] == "refused"


@pytest.mark.parametrize(("limit", "outcome"), [(3, "refused"), (99, "reached")])
def test_connections_are_counted_and_closed(monkeypatch: pytest.MonkeyPatch, limit: int, outcome: str) -> None:
    opened: list[Any] = []

    class Connection:
        closed = False

        def close(self) -> None:
            self.closed = True

    def connect(**_options: Any) -> Connection:
        if len(opened) >= limit:
            raise ValueError("FATAL: too many\nx")
        opened.append(Connection())
        return opened[-1]

    monkeypatch.setitem(sys.modules, "psycopg2", SimpleNamespace(connect=connect, Error=ValueError))
    attack = {"host": "db1", "port": 6432, "database": "acme", "connections": 5}
    found, detail = inside_load.try_connections(attack, {"db_user": "acme", "db_password": "p"})
    assert (found, "too many" in detail) == (outcome, outcome == "refused")
    assert all(connection.closed for connection in opened)
