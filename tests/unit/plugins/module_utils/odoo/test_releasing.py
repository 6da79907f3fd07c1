# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Releases that meet each other, that are killed, and that end their leases: files, locks and second processes are real."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.odoo import config, files, records, release
from ansible_collections.tierline.erp.plugins.module_utils.odoo.errors import OdooError
from ansible_collections.tierline.erp.plugins.module_utils.odoo.models import Settings
from ansible_collections.tierline.erp.plugins.module_utils.odoo.release import PROVEN, STARTED, SWITCHED, Operation, Record
from ansible_collections.tierline.erp.tests.unit.plugins.module_utils.forked import forked, inside
from hypothesis import given
from hypothesis import strategies as st

from .helpers import other
from .test_release import BLUE, GREEN, Site, declared, killed_after

NEW = {"memory_mb": 2048}
PORTS = {"http": 10012, "websocket": 10013, "green_http": 10014, "green_websocket": 10015}


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    (tmp_path / "ca.crt").write_text("authority\n")
    # Files get owners that only root could give them, and slow hashes are not the matter here.
    monkeypatch.setattr(files.os, "chown", lambda *_: None)
    monkeypatch.setattr(files.os, "fchown", lambda *_: None)
    monkeypatch.setattr(config, "_ROUNDS", 1)
    places = {name: str(tmp_path / name) for name in ("config_dir", "data_dir", "runtime_dir", "record_dir", "addons_dir")}
    found = Site(Settings(**places, ca_file=str(tmp_path / "ca.crt"), server_module={"__manifest__.py": "{}"}))  # type: ignore[arg-type]
    found.whole("release")
    return found


@pytest.mark.parametrize("changes", range(3))
def test_a_rollback_that_was_killed_before_it_was_proven_can_be_made_again(
    machine: Site, monkeypatch: pytest.MonkeyPatch, changes: int
) -> None:
    """Who rolls back has a release that doesn't work: the one before must not be lost by an attempt."""
    machine.whole("release", declared(**NEW))
    assert killed_after(monkeypatch, machine, changes, lambda: machine.whole("rollback", declared(**NEW), run="one"))
    machine.whole("rollback", declared(**NEW), run="two")
    assert machine.running() == [BLUE]
    assert (machine.edge, machine.record.active, machine.record.operation) == ("blue", "blue", None)


def test_a_rollback_that_was_killed_leaves_the_slot_before_stopped(machine: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two slots at once is what the machine's memory is not for."""
    machine.whole("release", declared(**NEW))
    killed_after(monkeypatch, machine, 2, lambda: machine.whole("rollback", declared(**NEW), run="one"))
    assert machine.running() == [BLUE, GREEN]
    machine.act("recover", declared(**NEW), run="two")
    assert machine.running() == [GREEN]
    assert BLUE in machine.engine.running


def test_what_a_killed_release_had_begun_is_removed(machine: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.whole("release", declared(**NEW))
    begun = declared(memory_mb=3072)
    killed_after(monkeypatch, machine, 4, lambda: machine.whole("release", begun, run="one"))
    assert machine.record.operation is not None
    assert machine.record.operation.phase == STARTED
    machine.act("recover", begun, run="two")
    assert (machine.running(), BLUE in machine.engine.running) == ([GREEN], False)
    with pytest.raises(OdooError, match="no previous release"):
        machine.act("rollback", begun, run="two")


def test_a_release_in_another_process_is_not_disturbed(machine: Site) -> None:
    before = (list(machine.engine.calls), machine.record)
    with inside(lambda: records.locked(machine.settings, "acme_prod")):
        for action in ("recover", "release", "rollback", "finish"):
            with pytest.raises(OdooError, match=r"^acme_prod: another run works on it at this moment"):
                machine.act(action, declared(**NEW))
        assert (machine.engine.calls, machine.record) == before
    machine.whole("release", declared(**NEW))
    assert machine.running() == [GREEN]


def test_a_dry_run_neither_waits_for_a_release_nor_is_in_its_way(machine: Site) -> None:
    with inside(lambda: records.locked(machine.settings, "acme_prod")):
        _found, steps = machine.act("release", declared(**NEW), check_mode=True)
    assert [step.action for step in steps if step.subject == GREEN] == ["release", "create"]


def test_who_is_refused_one_environment_keeps_no_other(machine: Site) -> None:
    """A wave that meets another one must not block what it doesn't touch; all that is in the way is told."""
    wave = (declared(**NEW), other(ports=PORTS))
    with inside(lambda: records.locked(machine.settings, "globex")):
        with pytest.raises(OdooError, match=r"^globex: another run works on it"):
            machine.act("release", *wave)

        def work() -> None:
            with records.locked(machine.settings, "acme_prod"):
                os._exit(7)

        with forked(work) as somebody:
            assert somebody.wait() == 7
        with records.locked(machine.settings, "acme_prod"), pytest.raises(OdooError, match=r"acme_prod: .*\nglobex: "):
            machine.act("release", *wave)


def test_locks_end_with_the_call_and_leases_stay(machine: Site) -> None:
    machine.act("release", declared(**NEW), run="one", lease=300)
    with records.locked(machine.settings, "acme_prod"):
        pass
    assert machine.record.operation == Operation("one", "blue", "green", PROVEN, 1000, 1300)


@pytest.mark.parametrize("action", ["release", "rollback"])
def test_the_run_that_holds_the_lease_goes_on_and_ends_it(machine: Site, action: str) -> None:
    machine.whole("release", declared(**NEW))
    again = declared(memory_mb=3072) if action == "release" else declared(**NEW)
    machine.act(action, again, run="one", lease=300)
    machine.switch()
    machine.act("finish", again, run="one")
    assert machine.record.operation is None
    machine.act("recover", again, run="two")
    assert (machine.running(), machine.edge) == ([BLUE], "blue")


def test_the_old_slot_runs_for_as_long_as_edges_may_lead_to_it(machine: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the proof and the switch users are on the old slot, and after the switch until it has answered."""
    machine.act("release", declared(**NEW))
    assert machine.running() == [BLUE, GREEN]
    machine.switch()
    seen = []
    machine.engine.requests = [1, 0, 0, 0]
    asked = machine.engine.open_requests

    def open_requests(name: str, port: int) -> int:
        seen.append((name, BLUE in machine.running(), machine.record.active))
        return asked(name, port)

    monkeypatch.setattr(machine.engine, "open_requests", open_requests)
    machine.act("finish", declared(**NEW), drain_seconds=0)
    # Silence counts when it is heard twice; from the first look on the record has named what serves.
    assert seen == [(BLUE, True, "green")] * 3
    assert machine.running() == [GREEN]


OPERATIONS = st.builds(
    Operation,
    st.sampled_from(["one", "two"]),
    st.just("blue"),
    st.just("green"),
    st.sampled_from([STARTED, PROVEN, SWITCHED]),
    st.just(0),
    st.integers(0, 10),
)


@given(OPERATIONS, st.integers(0, 10))
def test_another_run_waits_for_the_lease_and_not_a_second_longer(operation: Operation, now: int) -> None:
    why = release.in_the_way(Record("acme_prod", operation=operation), "one", now)
    assert bool(why) is (operation.id == "two" and now < operation.lease)
    if why:
        assert f"from {operation.lease - now} s on" in why
        assert not release.in_the_way(Record("acme_prod", operation=operation), "one", operation.lease)
        assert not release.in_the_way(Record("acme_prod", operation=operation), "two", now)


@given(st.integers(0, 100), st.integers(1, 100))
def test_a_release_that_was_killed_before_its_proof_is_in_nobodys_way(now: int, lease: int) -> None:
    """No edge leads to it, and who runs holds the lock: only from the proof on there is something to wait for."""
    begun = release.begin(Record("acme_prod"), "one", "green", now)
    assert not release.in_the_way(begun, "two", now)
    assert release.in_the_way(release.proven(begun, now, lease), "two", now + lease - 1)
    assert not release.in_the_way(release.switched(release.proven(begun, now, lease), now), "two", now)
