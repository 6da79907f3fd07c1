# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clones on an engine and databases in memory, with real files and locks: what is shut off when, and what a kill leaves."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.odoo import (
    clone,
    cloning,
    config,
    egress,
    files,
    reconcile,
    records,
    release,
)
from ansible_collections.tierline.erp.plugins.module_utils.odoo.errors import OdooError
from ansible_collections.tierline.erp.plugins.module_utils.odoo.models import Settings
from ansible_collections.tierline.erp.plugins.module_utils.odoo.neutral import Finding
from ansible_collections.tierline.erp.plugins.module_utils.odoo.parsing import parse
from ansible_collections.tierline.erp.plugins.module_utils.odoo.release import FROZEN, STARTED, Operation

from .helpers import Engine, item

STAGING = {
    "environment": "acme_staging",
    "domains": ["staging.example.com"],
    "database": {"name": "acme_staging", "user": "acme_staging", "host": "192.0.2.10", "port": 6432},
    "ports": {"http": 10012, "websocket": 10013},
}


class Killed(BaseException):
    """As SIGKILL: nobody clears up."""


class Site:
    """A machine, a cluster and a firewall, in memory; `watch` is called at each change."""

    def __init__(self, path: Path) -> None:
        (path / "ca.crt").write_text("authority\n")
        names = ("config_dir", "data_dir", "runtime_dir", "record_dir", "clone_dir", "addons_dir", "custom_dir")
        places = {name: str(path / name) for name in names}
        self.settings = Settings(**places, ca_file=str(path / "ca.crt"), server_module={"__manifest__.py": "{}"})  # type: ignore[arg-type]
        self.engine, self.closed, self.specs = Engine(), {}, []  # type: ignore[var-annotated]
        self.engine.on_run = self._ran
        # What each database holds, by its name.
        self.databases = {"acme_prod": "production", "acme_staging": "staging"}
        self.clone_mark, self.found = False, []  # type: ignore[var-annotated]
        self.referenced: set[str] = set()
        self.watch: Callable[[str], None] = lambda _what: None
        self.source, self.target = parse([item(), item(**STAGING)])
        store = path / "data_dir" / "acme_prod" / "filestore" / "acme_prod" / "a1"
        store.mkdir(parents=True)
        (store / "a1b2").write_text("of production")
        old = path / "data_dir" / "acme_staging" / "filestore" / "acme_staging"
        old.mkdir(parents=True)
        (old / "old").write_text("of staging")
        (path / "data_dir" / "acme_staging" / "sessions").mkdir()
        self._start()

    def _start(self) -> None:
        wanted, todo = reconcile.steps(self.engine, [self.source, self.target], self.settings, False)
        reconcile.apply(self.engine, wanted, todo, self.settings, 1, 1)

    # --- the engine's one-off containers ---

    def _ran(self, name: str, wanted: dict[str, Any]) -> None:
        if name != "acme_staging-clone":
            return
        self.watch(f"run {wanted['Entrypoint'][0]}")
        self.specs.append(wanted)
        assert wanted["HostConfig"]["NetworkMode"] == "none"
        assert self.running() == ["acme_prod-blue"]
        if wanted["Entrypoint"] == ["odoo"]:
            self.databases["acme_staging_clone"] += ", neutralised"

    # --- databases ---

    def names(self, _env: Any) -> set[str]:
        return {name for name in self.databases if name.startswith("acme_staging")}

    def drop(self, _env: Any, names: Any) -> None:
        self.watch("drop")
        for name in set(names) - {"acme_staging"}:
            self.databases.pop(name, None)

    def exchange(self, _env: Any, name: str, kept: str) -> None:
        self.watch("exchange")
        assert "neutralised, clean" in self.databases[name]
        self.databases[kept], self.databases["acme_staging"] = self.databases["acme_staging"], self.databases.pop(name)

    def occupied(self, _env: Any) -> tuple[bool, bool]:
        return bool(self.databases["acme_staging"]), self.clone_mark

    def clean(self, _env: Any, name: str, _keep: bool) -> dict[str, int]:
        self.watch("clean")
        self.databases[name] += ", clean"
        return {"mail out": 1}

    def search(self, _env: Any, _name: str, _keep: bool) -> list[Finding]:
        self.watch("search")
        return self.found

    def files(self, _env: Any, _name: str) -> set[str]:
        return self.referenced

    # --- the firewall ---

    def close(self, path: str, text: str) -> None:
        self.watch("close")
        self.closed[path] = text

    def open_again(self, path: str, _table: str) -> None:
        self.watch("open")
        self.closed.pop(path, None)

    @contextlib.contextmanager
    def door(self, door: Any, _directory: str, _uid: int) -> Iterator[None]:
        assert door.databases == ("acme_staging_clone", "postgres")
        yield

    # --- a run ---

    def cloner(self, run: str, **more: Any) -> cloning.Cloner:
        known = {"engine": self.engine, "settings": self.settings, "copies": self, "cleaner": self, "walls": self, "lease": 0}
        return cloning.Cloner(id=run, by="jane", clock=lambda: 1000.0, open_door=self.door, **{**known, **more})  # type: ignore[arg-type]

    def whole(self, run: str = "one", **more: Any) -> clone.Record:
        """As the playbook does it."""
        record, _steps = self.cloner(run, **more).begin(self.source, self.target)
        operation = clone.running(record)
        if operation.phase == clone.BEGUN:
            self.watch("copy")
            self.databases[operation.candidate] = self.databases["acme_prod"]
        return self.cloner(operation.id, **more).finish(self.source, self.target)[0]

    def running(self) -> list[str]:
        return sorted(name for name, found in self.engine.running.items() if found["State"]["Running"])

    @property
    def wall(self) -> str | None:
        return self.closed.get(egress.path(self.settings.config_dir, "acme_staging"))

    def stored(self, name: str) -> list[str]:
        top = f"{self.settings.data_dir}/acme_staging/filestore/{name}"
        return sorted(found for _folder, _folders, names in os.walk(top) for found in names)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    for function in ("chown", "fchown"):
        monkeypatch.setattr(files.os, function, lambda *_, **__: None)
    monkeypatch.setattr(config, "_ROUNDS", 1)
    monkeypatch.setattr(reconcile.nft, "tables", frozenset)
    return Site(tmp_path)


def test_staging_becomes_what_production_is_without_what_it_must_not_have(site: Site) -> None:
    site.referenced = {"a1/a1b2", "b2/gone"}
    record = site.whole(replace=True)
    assert site.databases == {
        "acme_prod": "production",
        "acme_staging": "production, neutralised, clean",
        "acme_staging_kept_one": "staging",
    }
    assert (site.stored("acme_staging"), site.stored("acme_staging_kept_one")) == (["a1b2"], ["old"])
    assert site.running() == ["acme_prod-blue", "acme_staging-blue"]
    assert site.wall is None
    assert record.operation is None
    assert record.last == {
        "id": "one", "source": "acme_prod", "by": "jane", "at": 1000, "seconds": 0, "outcome": "passed",
        "rows": {"mail out": 1}, "searched": 0, "allowed": [], "missing_files": 1,
    }  # fmt: skip
    assert not os.path.exists(f"{site.settings.data_dir}/acme_staging/sessions")
    assert os.listdir(f"{site.settings.runtime_dir}/.clone") == []


def test_the_clone_gets_an_address_and_an_administrator_of_its_own(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    texts: dict[str, str] = {}
    apply = files.apply
    monkeypatch.setattr(
        files, "apply", lambda file: (apply(file), texts.__setitem__(os.path.basename(file.path), file.content or ""))
    )
    site.whole(replace=True)
    said = json.loads(texts["setup.json"])
    parameters = dict(said["parameters"])
    assert said["admin_password"] == "secret-admin"
    assert parameters["web.base.url"] == "https://staging.example.com"
    assert json.loads(parameters[clone.MARK])["source"] == "acme_prod"
    assert "secret-admin" not in "".join(str(spec) for spec in site.specs)


def test_data_that_is_no_clone_is_not_replaced_without_a_word(site: Site) -> None:
    with pytest.raises(OdooError, match="say clone_replace=true"):
        site.whole()
    assert site.running() == ["acme_prod-blue", "acme_staging-blue"]
    site.clone_mark = True
    assert site.whole().last is not None


def test_what_is_left_in_it_ends_it_and_the_target_goes_on(site: Site) -> None:
    site.found = [Finding("acme_gateway.api_key", "values that look like credentials", 2)]
    with pytest.raises(OdooError, match=r"acme_gateway.api_key: values that look like credentials \(2\)"):
        site.whole(replace=True)
    assert site.databases == {"acme_prod": "production", "acme_staging": "staging"}
    assert site.running() == ["acme_prod-blue", "acme_staging-blue"]
    assert site.wall is None
    record = records.read_clone(site.settings, "acme_staging")
    assert record.operation is None
    assert "acme_gateway.api_key" in str((record.last or {})["outcome"])
    allowed = site.whole(replace=True, allowed=("acme_gateway.api_key",))
    assert (allowed.last or {})["allowed"] == ["acme_gateway.api_key"]


def test_a_closed_environment_stays_closed(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.target = replace(site.target, egress=False)
    monkeypatch.setattr(reconcile.nft, "close", site.close)
    site.whole(replace=True)
    assert "ip daddr 192.0.2.10 tcp dport 6432 accept" in (site.wall or "")
    assert site.engine.running["acme_staging-blue"]["HostConfig"]["Dns"] == ["192.0.2.1"]


@pytest.mark.parametrize("moment", range(20))
def test_killed_at_any_moment_nothing_gets_out_and_the_next_run_ends_it(
    site: Site, monkeypatch: pytest.MonkeyPatch, moment: int
) -> None:
    """At each moment: what is not clean is in a database that only containers without network see."""
    left = [moment]

    def watch(what: str) -> None:
        if "clean" not in site.databases.get("acme_staging_clone", "clean"):
            assert records.held(site.settings, ["acme_staging"])
            assert "accept" not in (site.wall or "accept").partition("reply accept")[2]
        assert "clean" in site.databases["acme_staging"] or site.databases["acme_staging"] == "staging"
        if left[0] == 0:
            raise Killed(what)
        left[0] -= 1

    def watched(whom: Any, name: str) -> None:
        function = getattr(whom, name)
        monkeypatch.setattr(whom, name, lambda *arguments: (site.watch(name), function(*arguments))[1])

    for whom, name in (
        (records, "write_clone"),
        (records, "write"),
        (files, "rename"),
        (site.engine, "stop"),
        (site.engine, "start"),
    ):
        watched(whom, name)
    site.watch = watch
    with contextlib.suppress(Killed):
        site.whole("one", replace=True)
    site.watch = lambda _what: None
    site.whole("two", replace=True)
    assert site.databases["acme_staging"] == "production, neutralised, clean"
    assert "acme_staging_clone" not in site.databases
    assert site.stored("acme_staging") == ["a1b2"]
    assert "staging" in site.databases.values()
    assert site.running() == ["acme_prod-blue", "acme_staging-blue"]
    assert (site.wall, records.held(site.settings, ["acme_staging"])) == (None, {})


def test_a_copy_that_was_not_made_leaves_the_target_as_it_was(site: Site) -> None:
    site.cloner("one", replace=True).begin(site.source, site.target)
    assert site.running() == ["acme_prod-blue"]
    with pytest.raises(OdooError, match="there is no copy acme_staging_clone"):
        site.cloner("one").finish(site.source, site.target)
    assert site.running() == ["acme_prod-blue", "acme_staging-blue"]
    site.cloner("two", replace=True).begin(site.source, site.target)
    record, steps = site.cloner("two").abandon(site.target, "the disk is full")
    assert (record.last or {})["outcome"] == "the disk is full"
    assert [step.action for step in steps] == ["abandon"]
    assert site.cloner("two").abandon(site.target, "again")[1] == []
    assert site.running() == ["acme_prod-blue", "acme_staging-blue"]


def test_others_keep_off(site: Site) -> None:
    site.cloner("one", replace=True, lease=300).begin(site.source, site.target)
    with pytest.raises(OdooError, match="clone one of acme_prod is under way"):
        site.cloner("two", replace=True).begin(site.source, site.target)
    with pytest.raises(OdooError, match="it is clone one that is under way"):
        site.cloner("two").finish(site.source, site.target)
    assert "not finished" in records.held(site.settings, ["acme_staging", "acme_prod"])["acme_staging"]


def test_a_run_that_was_killed_at_work_is_taken_up_at_once(site: Site) -> None:
    """The lease is for the time between the calls."""

    def watch(what: str) -> None:
        if what == "clean":
            raise Killed

    site.watch = watch
    with contextlib.suppress(Killed):
        site.whole("one", replace=True, lease=300)
    site.watch = lambda _what: None
    assert site.whole("two", replace=True, lease=300).operation is None


def test_releases_come_first(site: Site) -> None:
    operation = Operation("r", "blue", "green", STARTED, 1, 1)
    records.write(site.settings, release.Record("acme_staging", operation=operation))
    records.write(site.settings, release.Record("acme_prod", operation=replace(operation, phase=FROZEN)))
    with pytest.raises(OdooError, match=r"an update of acme_prod is under way\n.*a release of acme_staging is not finished"):
        site.cloner("one", replace=True).begin(site.source, site.target)


def test_other_code_and_a_full_disk_are_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "free_space", lambda _path: 3)
    site.target = replace(site.target, addons=("ab" * 32,))
    with pytest.raises(
        OdooError, match=r"declared custom modules is not what acme_prod runs(.|\n)*the filestore of acme_prod takes"
    ):
        site.cloner("one", replace=True).begin(site.source, site.target)


def test_a_dry_run_touches_nothing(site: Site) -> None:
    site.watch = lambda what: pytest.fail(what)
    record, steps = site.cloner("one", replace=True, check_mode=True).begin(site.source, site.target)
    assert clone.running(record).candidate == "acme_staging_clone"
    assert [step.action for step in steps] == ["shut_off"]
    assert [step.action for step in site.cloner("one", check_mode=True).finish(site.source, site.target)[1]] == ["clone"]
    assert records.clone_names(site.settings) == []
    assert site.running() == ["acme_prod-blue", "acme_staging-blue"]
