# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.backup.errors import BackupError
from ansible_collections.tierline.erp.plugins.module_utils.backup.models import FULL, INCREMENTAL, Backup, Repository
from ansible_collections.tierline.erp.plugins.module_utils.backup.window import LOG_BYTES, Target, moment, utc, window
from hypothesis import given
from hypothesis import strategies as st

NOW = 1_800_000_000
GIB = 2**30


def made(label: str, stopped: int, lsn: str, timeline: int = 1, *, damaged: bool = False) -> Backup:
    return Backup(label, FULL, stopped - 5, stopped, size=100, lsn=lsn, segment=f"{timeline:08X}{1:016X}", damaged=damaged)


BACKUPS = (
    made("f1", NOW - 9000, "0/3000100"),
    made("f2", NOW - 6000, "0/9000100"),
    made("bad", NOW - 3000, "0/B000100", damaged=True),
    # After the cluster was set back to a moment after f1.
    made("f3", NOW - 1000, "0/5000100", timeline=2),
)
STORE = Repository(0, "ok", BACKUPS)


@pytest.mark.parametrize(
    ("target", "label"),
    [
        (Target(), "f3"),
        (Target(time=NOW - 10), "f3"),
        (Target(time=NOW - 999), "f3"),
        (Target(time=NOW - 1000), "f2"),
        (Target(time=NOW - 2000), "f2"),
        (Target(time=NOW - 6000), "f1"),
        (Target(time=NOW - 10, timeline=1), "f2"),
        (Target(lsn="0/9000100", timeline=1), "f2"),
        (Target(lsn="0/90000FF", timeline=1), "f1"),
        (Target(lsn="0/5000100"), "f3"),
        (Target(lsn="1/0"), "f3"),
    ],
)
def test_the_last_sound_backup_that_leads_there_is_chosen(target: Target, label: str) -> None:
    found = window(STORE, target, NOW, GIB)
    assert found.backup is not None
    assert (found.backup.label, found.refusals, found.oldest) == (label, (), utc(NOW - 9000))
    assert found.needed == 110 + LOG_BYTES


@pytest.mark.parametrize(
    ("repository", "target", "free", "needle"),
    [
        (Repository(99, "the store can't be asked: [CryptoError]", reachable=False), Target(), GIB, "passphrase"),
        (Repository(1, "missing stanza path"), Target(), GIB, "no sound backup under this stanza: missing"),
        (Repository(0, "ok", BACKUPS[2:3]), Target(), GIB, "no sound backup"),
        (STORE, Target(time=NOW + 60), GIB, "hasn't been yet"),
        (STORE, Target(time=NOW - 9000), GIB, f"moments from {utc(NOW - 9000)} on"),
        (STORE, Target(lsn="0/1"), GIB, "position 0/1 is before"),
        (STORE, Target(lsn="0/1", timeline=1), GIB, "position 0/1 on timeline 1 is before"),
        (STORE, Target(), 2**20, "takes up to 512 MiB, and there are 1 MiB"),
    ],
)
def test_what_cannot_be_is_refused(repository: Repository, target: Target, free: int, needle: str) -> None:
    (refusal,) = window(repository, target, NOW, free).refusals
    assert needle in refusal


@pytest.mark.parametrize(("time", "needle"), [("yesterday", "is no time"), ("2026-11-22 08:00:00", "any of 24 moments")])
def test_a_time_must_be_one_moment(time: str, needle: str) -> None:
    with pytest.raises(BackupError, match=needle):
        Target.of(time, "", 0)


def test_two_moments_or_a_position_that_is_none() -> None:
    with pytest.raises(BackupError, match="give one of them"):
        Target.of("2026-11-22 08:00:00+00", "0/1", 0)
    with pytest.raises(BackupError, match="is no position"):
        Target.of("", "12345", 0)
    assert Target.of("", "0/1", 3) == Target(lsn="0/1", timeline=3)
    assert Target.of("2026-11-22 09:00:00+01", "", 0) == Target(time=moment("2026-11-22T08:00:00Z"))


@given(st.lists(st.integers(0, 1000), max_size=8), st.integers(0, 1000))
def test_a_backup_never_leads_back_in_time(stops: list[int], time: int) -> None:
    store = Repository(0, "ok", tuple(Backup(str(n), INCREMENTAL, s, s, lsn="0/1", segment="") for n, s in enumerate(stops)))
    found = window(store, Target(time=time), 2000, GIB)
    assert (found.backup is None) == (not [s for s in stops if s < time])
    assert found.backup is None or found.backup.stopped == max(s for s in stops if s < time)
    assert bool(found.refusals) == (found.backup is None)
