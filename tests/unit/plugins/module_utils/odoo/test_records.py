# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Records on a real file system and locks between real processes: what the next run depends on when one was killed."""

from __future__ import annotations

import os
import resource
import signal
import stat
import subprocess
import sys
import tempfile
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.odoo import files, records
from ansible_collections.tierline.erp.plugins.module_utils.odoo.errors import OdooError
from ansible_collections.tierline.erp.plugins.module_utils.odoo.models import SLOTS, Settings
from ansible_collections.tierline.erp.plugins.module_utils.odoo.release import PROVEN, STARTED, SWITCHED, Operation, Record
from ansible_collections.tierline.erp.tests.unit.plugins.module_utils.forked import forked, inside
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

UNDER_WAY = Record("acme_prod", "blue", None, Operation("5f3a9c01", "blue", "green", PROVEN, 1000, 1300))


@pytest.fixture(autouse=True)
def owner(monkeypatch: pytest.MonkeyPatch) -> None:
    """Records are root's; whoever runs the tests may be somebody else."""
    if os.geteuid():
        for name in ("chown", "fchown"):
            monkeypatch.setattr(files.os, name, lambda *_: None)


@pytest.fixture
def machine(tmp_path: Path) -> Settings:
    return Settings(record_dir=str(tmp_path / "lib" / "releases"), runtime_dir=str(tmp_path / "run" / "odoo"))


def mode(path: str) -> int:
    return stat.S_IMODE(os.stat(path).st_mode)


SLOT, MOMENT = st.sampled_from(SLOTS), st.integers(0, 2**40)
OPERATIONS = st.builds(Operation, st.text(max_size=8), SLOT, SLOT, st.sampled_from([STARTED, PROVEN, SWITCHED]), MOMENT, MOMENT)
RELEASED = st.dictionaries(SLOT, st.fixed_dictionaries({"image": st.text(max_size=20), "at": MOMENT}))
RECORDS = st.builds(
    Record, st.just("acme_prod"), SLOT, st.none() | SLOT, st.none() | OPERATIONS, RELEASED
)  # fmt: skip


@given(RECORDS, RECORDS)
@examples(max_examples=25)
def test_the_next_run_reads_what_the_last_one_wrote(first: Record, second: Record) -> None:
    with tempfile.TemporaryDirectory() as directory:
        place = Settings(record_dir=f"{directory}/releases")
        for record in (first, second):
            records.write(place, record)
            assert records.read(place, "acme_prod") == record
        assert records.names(place) == ["acme_prod"]


def test_what_was_never_released_is_blue(machine: Settings) -> None:
    assert records.read(machine, "acme_prod") == Record("acme_prod")
    assert records.names(machine) == []


def test_everybody_may_read_records_and_root_alone_writes_them(machine: Settings) -> None:
    """Whatever the umask of who releases is."""
    umask = os.umask(0o077)
    try:
        records.write(machine, UNDER_WAY)
    finally:
        os.umask(umask)
    assert mode(records.path(machine, "acme_prod")) == 0o644
    assert mode(machine.record_dir) == 0o755


def test_only_records_are_named(machine: Settings) -> None:
    for name in ("globex", "acme_prod"):
        records.write(machine, Record(name))
    Path(machine.record_dir, "acme_prod.json.new").write_text("{")
    Path(machine.record_dir, "notes.txt").touch()
    assert records.names(machine) == ["acme_prod", "globex"]


@pytest.mark.parametrize("content", ["", "{", "null", '{"environment": "acme_prod"}', "\x00" * 64])
def test_a_damaged_record_stops_the_run_and_names_the_environment(machine: Settings, content: str) -> None:
    """To go on as if nothing had been released would stop the slot that serves."""
    records.write(machine, UNDER_WAY)
    Path(records.path(machine, "acme_prod")).write_text(content)
    with pytest.raises(OdooError, match="the record of releases of acme_prod can't be read"):
        records.read(machine, "acme_prod")


def test_a_full_disk_leaves_the_record_of_before(machine: Settings) -> None:
    records.write(machine, UNDER_WAY)

    def work() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))
        try:
            records.write(machine, Record("acme_prod", "green"))
        except OSError:
            os._exit(7)

    with forked(work) as writer:
        assert writer.wait() == 7
    assert records.read(machine, "acme_prod") == UNDER_WAY
    records.write(machine, Record("acme_prod", "green"))
    assert records.read(machine, "acme_prod").active == "green"


def test_a_reader_never_sees_half_a_record_and_a_kill_leaves_none(machine: Settings) -> None:
    one, other = UNDER_WAY, replace(UNDER_WAY, released={"green": {"image": "i" * 50_000, "at": 1}})
    records.write(machine, one)

    def work() -> None:
        while True:
            records.write(machine, other)
            records.write(machine, one)

    seen = set()
    with forked(work) as writer:
        for _look in range(300):
            seen.add(len(records.read(machine, "acme_prod").released))
        assert writer.kill() == -signal.SIGKILL
    assert seen <= {0, 1}
    assert records.read(machine, "acme_prod") in (one, other)
    records.write(machine, one)
    assert records.read(machine, "acme_prod") == one


def lock(machine: Settings, environment: str = "acme_prod") -> AbstractContextManager[None]:
    return records.locked(machine, environment)


def test_a_second_process_is_refused_until_the_first_is_gone(machine: Settings) -> None:
    with inside(lambda: lock(machine)) as holder:
        with pytest.raises(OdooError, match="another run works on it at this moment: wait"), lock(machine):
            pass
        with lock(machine, "globex"):
            pass
        assert holder.kill() == -signal.SIGKILL
        with lock(machine):
            pass


def test_who_was_refused_takes_nothing_away(machine: Settings) -> None:
    with inside(lambda: lock(machine)):
        for _attempt in range(2):
            with pytest.raises(OdooError), lock(machine):
                pass


def test_a_run_that_failed_holds_nothing(machine: Settings) -> None:
    """Interpreters that live on, as Mitogen's do, don't end the lock by ending."""
    with pytest.raises(ZeroDivisionError), lock(machine):
        raise ZeroDivisionError
    with lock(machine), pytest.raises(OdooError), lock(machine):
        pass
    with lock(machine):
        pass


def test_a_command_that_a_run_has_started_does_not_hold_its_lock(machine: Settings) -> None:
    with lock(machine):
        command = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        with lock(machine):
            pass
    finally:
        command.communicate(b"\n")


def test_nobody_else_on_the_machine_can_hold_a_lock(machine: Settings) -> None:
    """Whoever may open a file may lock it, even who may only read it. The directory is passed through by others."""
    for left_with in (0o644, 0o666):
        with lock(machine):
            pass
        path = f"{machine.runtime_dir}/acme_prod.lock"
        assert mode(path) == 0o600
        os.chmod(path, left_with)
    with lock(machine):
        assert mode(f"{machine.runtime_dir}/acme_prod.lock") == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_somebody_else_is_not_let_near_a_lock(machine: Settings) -> None:
    with lock(machine):
        pass
    directory = os.open(machine.runtime_dir, os.O_RDONLY)

    def work() -> None:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
        try:
            os.open("acme_prod.lock", os.O_RDONLY, dir_fd=directory)
        except PermissionError:
            os._exit(7)

    with forked(work) as somebody:
        assert somebody.wait() == 7
    os.close(directory)
