# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.backup import metrics
from ansible_collections.tierline.erp.plugins.module_utils.backup.errors import BackupError
from ansible_collections.tierline.erp.plugins.module_utils.backup.judge import judge
from ansible_collections.tierline.erp.plugins.module_utils.backup.models import (
    FULL,
    HOUR,
    INCREMENTAL,
    Archiving,
    Backup,
    Policy,
    Report,
    Repository,
)
from ansible_collections.tierline.erp.plugins.module_utils.backup.wal import number

NOW = 100 * HOUR
POLICY = Policy("main", 24, 6, 60)
FRESH = Repository(
    0,
    "ok",
    (Backup("f", FULL, NOW - 3 * HOUR, NOW - 3 * HOUR), Backup("i", INCREMENTAL, NOW - HOUR, NOW - HOUR + 30)),
    "0000000100000000000000FF",
)
WELL = Archiving(NOW, current="000000010000000100000000", archived="0000000100000000000000FF", archived_at=NOW - 30)


def codes(report: Report) -> list[str]:
    return [finding.code for finding in report.findings]


def test_all_is_well() -> None:
    report = judge(POLICY, FRESH, WELL, NOW)
    assert report.ok
    assert report.pending_segments == 0


@pytest.mark.parametrize(
    ("repository", "expected"),
    [
        (Repository(1, "missing stanza path"), ["no_backup"]),
        (Repository(0, "ok"), ["no_backup"]),
        (replace(FRESH, code=99, message="other"), ["repository"]),
        (Repository(99, "no answer", reachable=False), ["store"]),
        (replace(FRESH, backups=FRESH.backups[1:]), ["no_backup"]),
        (replace(FRESH, backups=(*FRESH.backups, Backup("d", INCREMENTAL, NOW, NOW, damaged=True))), ["damaged"]),
        (replace(FRESH, backups=(Backup("f", FULL, 0, NOW - 26 * HOUR),)), ["overdue", "overdue"]),
        (replace(FRESH, backups=FRESH.backups[:1] + (Backup("i", INCREMENTAL, 0, NOW - HOUR),)), []),
        (replace(FRESH, backups=(Backup("f", FULL, 0, NOW - 8 * HOUR),)), ["overdue"]),
    ],
)
def test_what_the_store_lacks(repository: Repository, expected: list[str]) -> None:
    assert codes(judge(POLICY, repository, None, NOW)) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"failed_at": NOW - 10}, ["archive_failing"]),
        ({"current": "000000010000000100000003", "archived_at": NOW - 200}, ["archive_overdue"]),
        # An idle cluster fills no segment, and owes none.
        ({"archived_at": NOW - 90000}, []),
        ({"archived": "000000010000000100000000", "current": "000000010000000100000001"}, ["archive_gap"]),
        ({"archived": "000000010000000100000000.00000028.backup", "current": "000000010000000100000001"}, ["archive_gap"]),
        # A new timeline's history is archived too, and is no segment.
        ({"archived": "00000002.history", "archived_at": NOW - 900}, []),
        ({"replica": True, "failed_at": NOW}, []),
    ],
)
def test_what_the_archive_lacks(change: dict[str, object], expected: list[str]) -> None:
    assert codes(judge(POLICY, FRESH, replace(WELL, **change), NOW)) == expected


def test_without_archiving_nothing_is_expected_of_it() -> None:
    assert judge(replace(POLICY, archive_seconds=0), replace(FRESH, last_segment=""), replace(WELL, failed_at=NOW), NOW).ok


def test_metrics_of_a_report() -> None:
    text = metrics.render(judge(POLICY, Repository(1, "missing stanza path"), WELL, NOW), "main")
    assert 'tierline_backup_ok{stanza="main"} 0\n' in text
    assert 'tierline_backup_finding{stanza="main",code="no_backup"} 1\n' in text
    assert 'tierline_backup_finding{stanza="main",code="overdue"} 0\n' in text
    assert 'tierline_backup_last_timestamp_seconds{stanza="main"} 0\n' in text
    well = metrics.render(judge(POLICY, FRESH, None, NOW), "main")
    assert f'tierline_backup_last_full_timestamp_seconds{{stanza="main"}} {NOW - 3 * HOUR}\n' in well


def test_segments_are_counted_across_logs() -> None:
    assert number("000000010000000100000000") - number("0000000100000000000000FF") == 1
    with pytest.raises(BackupError, match="no segment"):
        number("00000002.history")


@pytest.mark.parametrize(
    ("values", "needle"),
    [
        ({"full_every_hours": 0}, "takes 1 or more"),
        ({"archive_seconds": -1}, "take 0 or more"),
        ({"frequency": 3}, "unknown settings: frequency"),
    ],
)
def test_refuses_a_policy_that_makes_no_sense(values: dict[str, object], needle: str) -> None:
    with pytest.raises(BackupError, match=needle):
        Policy.of({"stanza": "main", "full_every_hours": 24, "incremental_every_hours": 0, "archive_seconds": 0, **values})
