# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Releases on an engine in memory: what is proven, switched, stopped, taken back, and what a kill at any moment leaves."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.odoo import config, files, records, release, releasing, sockets
from ansible_collections.tierline.erp.plugins.module_utils.odoo.errors import OdooError
from ansible_collections.tierline.erp.plugins.module_utils.odoo.models import Settings
from ansible_collections.tierline.erp.plugins.module_utils.odoo.modules import Update
from ansible_collections.tierline.erp.plugins.module_utils.odoo.parsing import parse
from ansible_collections.tierline.erp.plugins.module_utils.odoo.release import Operation, Record
from ansible_collections.tierline.erp.plugins.module_utils.odoo.run import Run
from ansible_collections.tierline.erp.plugins.modules import odoo_release, odoo_releases_info

from .helpers import IMAGE, Engine, item, other

PORTS = {"http": 10008, "websocket": 10009, "green_http": 10010, "green_websocket": 10011}
BLUE, GREEN = "acme_prod-blue", "acme_prod-green"


class Killed(Exception):
    """The process ends here, without any chance to clean up."""


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


NEW_IMAGE = IMAGE.replace("5b", "77")


class Copies:
    """Databases in memory: which code each of them fits, 0 where an update was cut off in the middle."""

    def __init__(self) -> None:
        self.databases = {"acme_prod": 1}
        self.balances: dict[str, Decimal] = {"1": Decimal(5)}

    def names(self, _env: Any) -> set[str]:
        return set(self.databases)

    def books(self, _env: Any, _name: str | None = None) -> dict[str, Decimal]:
        return dict(self.balances)

    def copy(self, _env: Any, name: str) -> None:
        self.databases[name] = self.databases["acme_prod"]

    def exchange(self, _env: Any, name: str, kept_as: str) -> None:
        assert kept_as not in self.databases
        self.databases[kept_as] = self.databases.pop("acme_prod")
        self.databases["acme_prod"] = self.databases.pop(name)

    def drop(self, _env: Any, names: set[str]) -> None:
        assert "acme_prod" not in names
        for name in names:
            self.databases.pop(name, None)


class Updater:
    """Code of NEW_IMAGE takes a database of version 2."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.copies = engine, Copies()
        self.rehearsed, self.fails_at = 0, ""

    def assess(self, env: Any, _runs: Any) -> Update | None:
        fits = (2 if env.image == NEW_IMAGE else 1) == self.copies.databases["acme_prod"]
        return None if fits else Update(("acme_sales",), (), {})

    def rehearse(self, _env: Any, update: Update) -> dict[str, Any]:
        self.rehearsed += 1
        if self.fails_at == "rehearsal":
            raise OdooError("the migration failed on a copy")
        return {"at": 1, "modules": update.told, "rehearsal_seconds": 3}

    def update(self, _env: Any, _update: Update) -> None:
        assert not [name for name, have in self.engine.running.items() if have["State"]["Running"]], "somebody writes"
        self.copies.databases["acme_prod"] = 0
        self.half_way()
        if self.fails_at == "update":
            raise OdooError("the migration failed")
        self.copies.databases["acme_prod"] = 2

    def half_way(self) -> None:
        """A moment to be killed at."""


class Site:
    """One machine, and an edge that leads where the record says."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.engine, self.clock = settings, Engine(), Clock()
        self.prove: Callable[[Any, str], None] = lambda _env, _slot: None
        self.edge = "blue"
        self.updater = Updater(self.engine)

    def act(self, action: str, *items: dict[str, Any], run: str = "one", **more: Any) -> tuple[list[Record], list[Any]]:
        this = Run(
            id=run,
            settings=self.settings,
            updater=self.updater,
            clock=self.clock,
            sleep=self.clock.sleep,
            prove=self.prove,
            parallel=1,
            **more,
        )
        found, steps = releasing.carry_out(self.engine, action, parse(list(items) or [declared()]), this)
        self.check()
        return found, steps

    def switch(self) -> None:
        self.edge = records.read(self.settings, "acme_prod").route
        self.check()

    def whole(self, action: str, *items: dict[str, Any], run: str = "one", **more: Any) -> None:
        """As the playbooks do it."""
        for step in ("recover", action):
            self.act(step, *items, run=run, **more)
            self.switch()
            self.act("finish", *items, run=run, **more)

    def check(self) -> None:
        """Whatever happens, users are served; only an update lets them wait."""
        operation = self.record.operation
        frozen = operation is not None and (operation.phase == "frozen" or bool(operation.back))
        if self.engine.running and not frozen:
            assert self.engine.running[f"acme_prod-{self.edge}"]["State"]["Running"], f"{self.edge} is routed to and stopped"

    @property
    def record(self) -> Record:
        return records.read(self.settings, "acme_prod")

    def running(self) -> list[str]:
        return sorted(name for name, have in self.engine.running.items() if have["State"]["Running"])


def declared(**changes: Any) -> dict[str, Any]:
    return item(ports=PORTS, **changes)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    (tmp_path / "ca.crt").write_text("authority\n")
    monkeypatch.setattr(files.os, "chown", lambda *_: None)
    monkeypatch.setattr(files.os, "fchown", lambda *_: None)
    # Hashes that shall be slow are not the matter here.
    monkeypatch.setattr(config, "_ROUNDS", 1)
    places = {name: str(tmp_path / name) for name in ("config_dir", "data_dir", "runtime_dir", "record_dir", "addons_dir")}
    found = Site(Settings(**places, ca_file=str(tmp_path / "ca.crt"), server_module={"__manifest__.py": "{}"}))  # type: ignore[arg-type]
    found.whole("release")
    return found


def test_a_first_release_starts_blue(site: Site) -> None:
    assert site.running() == [BLUE]
    assert (site.record.active, site.record.previous, site.record.operation) == ("blue", None, None)


def test_what_runs_as_declared_is_left_alone(site: Site) -> None:
    before = list(site.engine.calls)
    found, _steps = site.act("release")
    site.act("finish")
    assert site.engine.calls == before
    assert found[0].route == "blue"


def test_a_change_goes_to_the_other_slot_and_back(site: Site) -> None:
    site.whole("release", declared(memory_mb=2048))
    assert site.running() == [GREEN]
    assert BLUE in site.engine.running
    assert (site.record.active, site.record.previous, site.edge) == ("green", "blue", "green")
    site.whole("release", declared(memory_mb=1536))
    assert (site.running(), site.record.active, site.record.previous) == ([BLUE], "blue", "green")
    site.whole("release", declared(memory_mb=1536))
    assert site.running() == [BLUE]


def test_a_dry_run_changes_nothing(site: Site) -> None:
    before = list(site.engine.calls)
    _found, steps = site.act("release", declared(memory_mb=2048), check_mode=True)
    assert [step.action for step in steps if step.subject == GREEN] == ["release", "create"]
    assert (site.engine.calls, site.record.operation) == (before, None)


def test_a_slot_that_never_gets_healthy_is_removed_and_users_notice_nothing(site: Site) -> None:
    site.engine.unhealthy.add(GREEN)
    with pytest.raises(OdooError, match="did not become healthy"):
        site.act("release", declared(memory_mb=2048))
    assert site.running() == [BLUE]
    assert GREEN not in site.engine.running
    assert (site.record.route, site.record.operation) == ("blue", None)


def test_a_wave_goes_as_a_whole_or_not_at_all(site: Site) -> None:
    ports = {"http": 10012, "websocket": 10013, "green_http": 10014, "green_websocket": 10015}
    site.whole("release", declared(), other(ports=ports))
    site.engine.unhealthy.add("globex-green")
    with pytest.raises(OdooError, match="globex"):
        site.act("release", declared(memory_mb=2048), other(ports=ports, memory_mb=2048))
    assert site.running() == [BLUE, "globex-blue"]
    assert (site.record.route, site.record.operation) == ("blue", None)


def test_a_slot_without_ports_is_refused_before_anything_starts(site: Site) -> None:
    with pytest.raises(OdooError, match=r"green_http and ports\.green_websocket are missing"):
        site.act("release", item(memory_mb=2048))
    assert site.running() == [BLUE]


def test_going_back_starts_what_was_there_before(site: Site) -> None:
    site.whole("release", declared(memory_mb=2048))
    created = [call for call in site.engine.calls if call[0] == "create"]
    site.whole("rollback", declared(memory_mb=2048))
    assert [call for call in site.engine.calls if call[0] == "create"] == created
    assert (site.running(), site.record.active, site.record.previous) == ([BLUE], "blue", "green")
    site.whole("rollback", declared(memory_mb=2048), again=True)
    assert site.running() == [GREEN]


def test_going_back_needs_something_to_go_back_to(site: Site) -> None:
    with pytest.raises(OdooError, match="no previous release"):
        site.act("rollback")
    site.whole("release", declared(memory_mb=2048))
    site.engine.remove(BLUE)
    with pytest.raises(OdooError, match="no previous release"):
        site.act("rollback")


def test_going_back_to_something_unfit_leaves_everything_as_it_is(site: Site) -> None:
    site.whole("release", declared(memory_mb=2048))
    site.engine.unhealthy.add(BLUE)
    with pytest.raises(OdooError, match="did not become healthy"):
        site.act("rollback")
    assert (site.running(), site.record.active, site.record.operation) == ([GREEN], "green", None)


def test_another_run_is_refused_until_the_lease_ends(site: Site) -> None:
    site.act("release", declared(memory_mb=2048), run="one", lease=300)
    for action in ("recover", "release", "rollback", "finish"):
        with pytest.raises(OdooError, match=r"release one from blue to green is under way \(proven\).* from 300 s on"):
            site.act(action, declared(memory_mb=2048), run="two")
    site.clock.now += 300
    site.act("recover", declared(memory_mb=2048), run="two")
    with pytest.raises(OdooError, match="release two"):
        site.act("finish", run="one")


def test_two_runs_at_the_same_moment_exclude_each_other(site: Site) -> None:
    with records.locked(site.settings, "acme_prod"), pytest.raises(OdooError, match="another run works on it"):
        site.act("release")


def killed_after(
    monkeypatch: pytest.MonkeyPatch, site: Site, changes: int, work: Callable[[], None], also: tuple[tuple[Any, str], ...] = ()
) -> bool:
    """Whether the work was cut off before it was through; changes are writes of records, what the engine is told, and `also`."""
    left = [changes]

    def until(function: Callable[..., Any]) -> Callable[..., Any]:
        def change(*arguments: Any, **names: Any) -> Any:
            if left[0] == 0:
                raise Killed
            left[0] -= 1
            return function(*arguments, **names)

        return change

    told = [(site.engine, name) for name in ("create", "start", "stop", "remove")]
    with monkeypatch.context() as patch:
        for whom, name in ((records, "write"), *told, *also):
            patch.setattr(whom, name, until(getattr(whom, name)))
        with contextlib.suppress(Killed):
            work()
            return False
    return True


@pytest.mark.parametrize("action", ["release", "rollback"])
@pytest.mark.parametrize("moment", range(14))
@pytest.mark.parametrize("unfit", [None, GREEN, BLUE])
def test_a_run_that_is_killed_at_any_moment_is_ended_by_the_next(
    site: Site, monkeypatch: pytest.MonkeyPatch, action: str, moment: int, unfit: str | None
) -> None:
    """The moments are the writes of records and the engine's changes; the edge may have followed or not."""
    if action == "rollback":
        site.whole("release", declared(memory_mb=2048))
    want = declared(memory_mb=3072 if action == "release" else 2048)
    killed_after(monkeypatch, site, moment, lambda: site.whole(action, want, run="one"))
    site.check()
    source = f"acme_prod-{site.edge}"
    if unfit and unfit != source and unfit in site.engine.running:
        site.engine.unhealthy.add(unfit)
    site.clock.now += 10_000
    for step in ("recover", "finish"):
        site.act(step, want, run="two")
        site.switch()
    site.act("finish", want, run="two")
    assert site.record.operation is None
    assert site.running() == [f"acme_prod-{site.edge}"]
    site.engine.unhealthy.clear()
    site.whole("release", want, run="three")
    assert site.record.operation is None
    assert len(site.running()) == 1


def test_a_release_takes_up_what_was_left_and_leaves_the_rest_for_the_next(site: Site) -> None:
    site.act("release", declared(memory_mb=2048), lease=0)
    site.act("release", declared(memory_mb=3072), run="two")
    site.switch()
    site.act("finish", declared(memory_mb=3072), run="two")
    assert (site.record.active, site.record.operation) == ("green", None)


@pytest.mark.parametrize(
    ("requests", "seconds"),
    [([], 61), ([1] * 5, 65), ([1] * 10_000, 900)],
)
def test_the_old_slot_ends_what_it_has_begun(site: Site, requests: list[int], seconds: int) -> None:
    site.act("release", declared(memory_mb=2048))
    site.switch()
    site.engine.requests = list(requests)
    begun = site.clock.now
    site.act("finish", declared(memory_mb=2048))
    assert abs(site.clock.now - begun - seconds) <= 2
    assert site.running() == [GREEN]


def test_a_record_is_read_as_it_was_written() -> None:
    record = Record(
        "acme_prod", "green", "blue", Operation("x", "green", "blue", "proven", 1, 2), {"blue": {"image": "i", "at": 1}}
    )
    assert release.parse("acme_prod", release.dump(record)) == record
    assert release.report(record)["slot"] == "blue"


@pytest.mark.parametrize("text", ["", "[]", "{}", release.dump(Record("other")), release.dump(Record("acme_prod", "red"))])
def test_a_damaged_record_is_refused(text: str) -> None:
    with pytest.raises(OdooError, match="the record of releases of acme_prod"):
        release.parse("acme_prod", text)


def test_nothing_can_be_advanced_that_is_not_under_way() -> None:
    with pytest.raises(OdooError, match="no release is under way"):
        release.switched(Record("acme_prod"), 1)


def updated(**changes: Any) -> dict[str, Any]:
    return declared(image=NEW_IMAGE, **changes)


@pytest.fixture
def code(site: Site) -> Site:
    """The new code is to be had, and a container only gets healthy on a database that fits it."""
    site.engine.images.add(NEW_IMAGE)
    healthy = site.engine.wait_healthy

    def wait_healthy(name: str, timeout: int) -> None:
        healthy(name, timeout)
        wanted = 2 if site.engine.running[name]["Config"]["Image"] == NEW_IMAGE else 1
        if site.updater.copies.databases["acme_prod"] != wanted:
            raise OdooError(f"{name} did not become healthy")

    site.engine.wait_healthy = wait_healthy  # type: ignore[method-assign]
    return site


def fits(site: Site) -> bool:
    (running,) = site.running()
    image = site.engine.running[running]["Config"]["Image"]
    return site.updater.copies.databases["acme_prod"] == (2 if image == NEW_IMAGE else 1)


def test_an_update_is_rehearsed_and_leaves_the_way_back(code: Site) -> None:
    code.whole("release", updated())
    assert (code.running(), code.record.active, code.updater.rehearsed) == ([GREEN], "green", 1)
    assert code.updater.copies.databases == {"acme_prod": 2, "acme_prod_before_one": 1}
    assert code.record.safety is not None
    assert (code.record.safety["slot"], code.record.safety["database"]) == ("blue", "acme_prod_before_one")
    assert code.record.last_update is not None
    assert sorted(code.record.last_update["parts"]) == ["business", "copy", "prove", "start", "stop", "update"]
    assert (code.record.last_update["outcome"], code.record.last_update["freeze_seconds"]) == ("passed", 0)
    assert code.record.last_update["recovery_point"] is None
    code.whole("release", updated(), run="two")
    assert code.updater.rehearsed == 1


@pytest.mark.parametrize("failure", ["", "rehearsal", "update"])
def test_the_record_names_the_recovery_point_however_it_ends(code: Site, failure: str) -> None:
    code.updater.fails_at = failure
    with pytest.raises(OdooError) if failure else contextlib.nullcontext():
        code.whole("release", updated(), recovery_points={"acme_prod": "before-release-one", "globex": "another"})
    assert code.record.last_update is not None
    assert code.record.last_update["recovery_point"] == "before-release-one"


def test_the_next_release_drops_the_copy_that_nobody_can_go_back_to(code: Site) -> None:
    code.whole("release", updated())
    code.whole("release", updated(memory_mb=2048), run="two")
    assert code.updater.copies.databases == {"acme_prod": 2}
    assert code.record.safety is None


@pytest.mark.parametrize("failure", ["rehearsal", "update", "slot", "proof", "business", "books"])
def test_an_update_that_fails_goes_back_by_itself(code: Site, failure: str) -> None:
    code.updater.fails_at = failure
    if failure == "slot":
        code.engine.unhealthy.add(GREEN)

    def fail(_env: Any, slot: str) -> None:
        if slot == "green":
            raise OdooError("no login page")

    more: dict[str, Any] = {"business": fail} if failure == "business" else {}
    if failure == "proof":
        code.prove = fail
    if failure == "books":
        more = {"business": lambda _env, _slot: code.updater.copies.balances.update({"1": Decimal(6)})}
    with pytest.raises(OdooError, match=r"migration failed|healthy|no login page|trial balance"):
        code.act("release", updated(), **more)
    assert (code.running(), code.record.active, code.record.operation) == ([BLUE], "blue", None)
    assert code.updater.copies.databases == {"acme_prod": 1}
    if failure == "rehearsal":
        assert code.record.last_update is not None
        assert "migration failed" in code.record.last_update["outcome"]
        assert ("stop", BLUE) not in code.engine.calls


def test_updates_can_wait(code: Site) -> None:
    waiting: list[str] = []
    code.act("release", updated(), updates=False, waiting=waiting)
    assert (code.running(), waiting, code.updater.rehearsed) == ([BLUE], ["acme_prod"], 0)


def test_going_back_over_an_update_takes_the_database_with_it_when_told(code: Site) -> None:
    code.whole("release", updated())
    with pytest.raises(OdooError, match="rollback_database=true"):
        code.act("rollback", updated(), run="two")
    assert code.running() == [GREEN]
    code.act("rollback", updated(), run="two", restore_database=True)
    code.switch()
    code.act("finish", updated(), run="two")
    assert (code.running(), fits(code)) == ([BLUE], True)
    assert code.updater.copies.databases == {"acme_prod": 1, "acme_prod_before_two": 2}
    code.act("rollback", updated(), run="three", restore_database=True, again=True)
    code.switch()
    code.act("finish", updated(), run="three")
    assert (code.running(), fits(code)) == ([GREEN], True)


def test_a_rollback_that_fails_leaves_the_new_release(code: Site) -> None:
    code.whole("release", updated())
    code.engine.unhealthy.add(BLUE)
    with pytest.raises(OdooError, match="healthy"):
        code.act("rollback", updated(), run="two", restore_database=True)
    assert (code.running(), fits(code), code.record.active) == ([GREEN], True, "green")
    assert code.updater.copies.databases == {"acme_prod": 2, "acme_prod_before_one": 1}


def test_an_updated_slot_that_broke_later_is_left_to_people(code: Site) -> None:
    code.act("release", updated(), lease=0)
    code.engine.unhealthy.add(GREEN)
    with pytest.raises(OdooError, match="loses what was written since"):
        code.act("recover", updated(), run="two")
    code.act("recover", updated(), run="two", restore_database=True)
    assert (code.running(), fits(code), code.record.operation) == ([BLUE], True, None)


@pytest.mark.parametrize("action", ["release", "rollback"])
@pytest.mark.parametrize("moment", range(22))
def test_an_update_that_is_killed_at_any_moment_is_ended_by_the_next_run(
    code: Site, monkeypatch: pytest.MonkeyPatch, action: str, moment: int
) -> None:
    if action == "rollback":
        code.whole("release", updated(), run="zero")

    def work() -> None:
        code.act(action, updated(), restore_database=True)
        code.switch()
        code.act("finish", updated())

    copies = tuple((code.updater.copies, name) for name in ("copy", "exchange", "drop"))
    killed_after(monkeypatch, code, moment, work, also=(*copies, (code.updater, "half_way")))
    code.clock.now += 10_000
    for step in ("recover", "finish"):
        code.act(step, updated(), run="two")
        code.switch()
    assert code.record.operation is None
    assert code.running() == [f"acme_prod-{code.edge}"]
    assert fits(code)
    code.whole("release", updated(), run="three")
    assert (code.record.operation, code.updater.copies.databases["acme_prod"], fits(code)) == (None, 2, True)


def test_only_users_connections_count() -> None:
    lines = [
        "  sl  local_address rem_address   st tx_queue",
        "   0: 0100007F:1F85 0100007F:A000 01 00000000",  # its own health check
        "   1: 020011AC:1F85 010011AC:A001 01 00000000",
        "   2: 020011AC:1F85 010011AC:A002 06 00000000",  # closed
        "   3: 020011AC:1F88 010011AC:A003 01 00000000",  # a websocket
        "   4: 00000000:1F85 00000000:0000 0A 00000000",  # listening
    ]
    assert sockets.count(lines, 8069) == 1
    assert sockets.established(2**22 + 1, 8069) == 0


def test_the_modules_tell_what_they_did(site: Site) -> None:
    places = {name: getattr(site.settings, name) for name in ("config_dir", "data_dir", "addons_dir", "ca_file")}
    params = {
        **places, "environments": [declared()], "server_module": {"__manifest__.py": "{}"}, "action": "recover", "release": None,
        "wait_timeout": 1, "parallel": 1, "lease": 1, "drain_seconds": 0, "drain_timeout": 1, "updates": True,
        "business_checks": True, "restore_database": False, "again": False, "update_timeout": 1,
        "recovery_points": [], "promotions": [], "promotion_sources": [], "promotion_override": "",
    }  # fmt: skip
    found = odoo_release.run(site.engine, params, True, prove=site.prove)
    assert (found["changed"], len(found["release"])) == (False, 8)
    told = odoo_releases_info.run({"environments": ["acme_prod", "unknown"]}, site.settings)["releases"]
    assert [(entry["environment"], entry["slot"]) for entry in told] == [("acme_prod", "blue"), ("unknown", "blue")]
    assert [entry["environment"] for entry in odoo_releases_info.run({"environments": []}, site.settings)["releases"]] == [
        "acme_prod"
    ]
