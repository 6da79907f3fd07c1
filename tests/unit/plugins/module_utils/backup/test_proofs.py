# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.backup import metrics, proofs
from ansible_collections.tierline.erp.plugins.module_utils.backup.errors import BackupError
from ansible_collections.tierline.erp.plugins.module_utils.backup.judge import judge
from ansible_collections.tierline.erp.plugins.module_utils.backup.models import DAY, HOUR, Backup, Policy, Proof, Repository

NOW = 1000 * DAY


def repository(age: int = 0) -> Repository:
    """A full backup just now, and an oldest one."""
    ages = {"new": 0, "old": age}
    return Repository(0, "ok", tuple(Backup(name, "full", NOW - age, NOW - age) for name, age in ages.items()))


def codes(proof: Proof, oldest: int) -> list[str]:
    return [finding.code for finding in judge(Policy("main", 24, 0, 0), repository(oldest), None, NOW, [proof]).findings]


@pytest.mark.parametrize(
    ("age", "passed", "oldest", "expected"),
    [
        (HOUR, True, 90 * DAY, []),
        (7 * DAY + 12 * HOUR, True, 90 * DAY, []),
        (7 * DAY + 13 * HOUR, True, 90 * DAY, ["proof_overdue"]),
        # Before there was a backup nobody could have proven anything.
        (None, False, HOUR, []),
        (None, False, 8 * DAY, ["proof_overdue"]),
        (HOUR, False, HOUR, ["proof_failed"]),
        (HOUR, False, 8 * DAY, ["proof_failed", "proof_overdue"]),
    ],
)
def test_a_proof_that_failed_or_is_late_is_loud(age: int | None, passed: bool, oldest: int, expected: list[str]) -> None:
    at = 0 if age is None else NOW - age
    assert codes(Proof("acme", 7, at, passed), oldest) == expected


@pytest.mark.parametrize(
    ("proof", "expected"),
    [
        (Proof("acme", 1), True),
        (Proof("acme", 1, NOW - HOUR, True), False),
        (Proof("acme", 1, NOW - HOUR, False), True),
        # A daily timer comes a little early or late: it must not skip every other day.
        (Proof("acme", 1, NOW - 23 * HOUR, True), True),
        (Proof("acme", 30, NOW - 29 * DAY, True), False),
    ],
)
def test_what_is_due(proof: Proof, expected: bool) -> None:
    assert proofs.due(proof, NOW) is expected


def test_notes_are_read_and_what_is_none_is_taken_for_none(tmp_path: Path) -> None:
    (tmp_path / "acme.json").write_text(json.dumps({"at": "2026-11-22T08:00:00Z", "passed": True}))
    (tmp_path / "globex.json").write_text("{")
    (tmp_path / "hooli.json").write_text("[]")
    found = proofs.read(str(tmp_path), {"acme": 1, "globex": 2, "hooli": 3, "initech": 4})
    assert found == [Proof("acme", 1, 1795334400, True), Proof("globex", 2), Proof("hooli", 3), Proof("initech", 4)]


def test_metrics_tell_of_each_environment() -> None:
    report = judge(Policy("main", 24, 0, 0), repository(9 * DAY), None, NOW, [Proof("acme", 7), Proof("globex", 1, NOW, True)])
    values = dict(line.rsplit(" ", 1) for line in metrics.render(report, "main").splitlines() if not line.startswith("#"))
    assert values['tierline_restore_proof_timestamp_seconds{environment="acme"}'] == "0"
    assert values['tierline_restore_proof_passed{environment="globex"}'] == "1"
    assert values['tierline_restore_proof_promised_seconds{environment="globex"}'] == str(DAY)
    assert values['tierline_backup_finding{stanza="main",code="proof_overdue"}'] == "1"
    assert values['tierline_backup_finding{stanza="main",code="proof_failed"}'] == "0"


def test_no_day_is_refused() -> None:
    with pytest.raises(BackupError, match="1 or more days"):
        Policy.of(
            {"stanza": "main", "full_every_hours": 24, "incremental_every_hours": 0, "archive_seconds": 0, "proofs": {"a": 0}}
        )
