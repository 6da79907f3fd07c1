# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.backup import metrics, records
from ansible_collections.tierline.erp.plugins.module_utils.backup.errors import BackupError
from ansible_collections.tierline.erp.plugins.module_utils.backup.judge import judge
from ansible_collections.tierline.erp.plugins.module_utils.backup.models import Backup, Policy, Record, Repository


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("on", "now", "expected"),
    [
        ("01-31", "2026-11-23", "2026-01-31"),
        ("01-31", "2026-01-31", "2026-01-31"),
        ("01-31", "2026-01-30T23:59:59", "2025-01-31"),
        ("12-31", "2028-02-29", "2027-12-31"),
        ("02-28", "2028-02-29", "2028-02-28"),
    ],
)
def test_the_day_of_this_year_or_the_last(on: str, now: str, expected: str) -> None:
    assert records.since(on, at(now)) == at(expected)


@pytest.mark.parametrize(
    ("taken", "now", "oldest", "due", "codes"),
    [
        # Taken this year; taken last year; never.
        ("2026-02-03", "2026-11-23", "2026-10-01", False, []),
        ("2025-02-03", "2026-11-23", "2026-10-01", True, ["record_overdue"]),
        ("", "2026-11-23", "2026-10-01", True, ["record_overdue"]),
        # Books are closed late, and before there was a backup there was nothing to keep.
        ("2025-02-03", "2026-02-13", "2026-01-01", True, []),
        ("2025-02-03", "2026-02-15", "2026-01-01", True, ["record_overdue"]),
        ("", "2026-11-23", "2026-11-20", True, []),
        # The day itself has come; it counts from its beginning.
        ("2026-01-30T23:59:59", "2026-01-31", "2026-01-01", True, []),
        ("2026-01-31", "2026-01-31", "2026-01-01", False, []),
    ],
)
def test_a_year_s_record_is_due_then_overdue(taken: str, now: str, oldest: str, due: bool, codes: list[str]) -> None:
    record = Record("acme", "01-31", at(taken) if taken else 0)
    ages = [at(oldest), at(now)]
    seen = Repository(0, "ok", tuple(Backup(str(age), "full", age, age) for age in ages))
    report = judge(Policy("main", 24, 0, 0), seen, None, at(now), (), [record])
    assert records.due(record, at(now)) is due
    assert [finding.code for finding in report.findings] == codes
    assert f'tierline_record_timestamp_seconds{{environment="acme"}} {record.at}' in metrics.render(report, "main")


def test_the_message_says_which_year_and_the_cure() -> None:
    (finding,) = records.findings([Record("acme", "01-31")], 0, at("2026-11-23"))
    assert finding.text == "no record of acme since 2026-01-31: run records.yml, which keeps one for years"


@pytest.mark.parametrize("noted", [None, "no json", "[]", '{"acme": 3}', '{"acme": "yesterday"}'])
def test_a_note_that_can_t_be_read_is_none(noted: str | None, tmp_path: Path) -> None:
    path = tmp_path / "records.json"
    if noted is not None:
        path.write_text(noted, encoding="utf-8")
    assert records.read(str(path), {"acme": "01-31"}) == [Record("acme", "01-31")]


def test_who_isn_t_promised_a_record_has_none(tmp_path: Path) -> None:
    path = tmp_path / "records.json"
    path.write_text('{"acme": "2026-02-03T00:00:00Z", "gone": "2020-01-01T00:00:00Z"}', encoding="utf-8")
    found = records.read(str(path), {"globex": "03-31", "acme": "01-31"})
    assert found == [Record("acme", "01-31", at("2026-02-03")), Record("globex", "03-31")]


@pytest.mark.parametrize("on", ["02-29", "13-01", "1", "", 131])
def test_a_day_that_not_every_year_has_is_refused(on: str) -> None:
    with pytest.raises(BackupError, match=r"MM-DD.*: acme"):
        Policy.of(
            {
                "stanza": "main",
                "full_every_hours": 24,
                "incremental_every_hours": 0,
                "archive_seconds": 0,
                "records": {"acme": on},
            }
        )
