# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Who is silent, what is short, what may go."""

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.journal import judge
from ansible_collections.tierline.erp.plugins.module_utils.journal.errors import JournalError
from ansible_collections.tierline.erp.plugins.module_utils.journal.metrics import render
from ansible_collections.tierline.erp.plugins.module_utils.journal.models import DAY, MEGABYTE, File, Policy

NOW = 1_800_000_000.0
POLICY = Policy(("app1", "db1"), "/nowhere", silent_seconds=900, retention_days=30, sender_megabytes=100)


def _file(sender: str = "db1", age: float = 10, size: int = MEGABYTE, name: str = "") -> File:
    return File(sender, name or f"{sender}.journal", NOW - age, size)


def _codes(*files: File) -> list[tuple[str, str]]:
    return [(finding.sender, finding.code) for finding in judge.report(POLICY, files, NOW).findings]


def test_all_is_well_where_everybody_was_heard() -> None:
    assert judge.report(POLICY, [_file("app1"), _file("db1")], NOW).ok


def test_whoever_was_never_heard_and_whoever_fell_silent_are_told_apart() -> None:
    report = judge.report(POLICY, [_file("db1", age=901)], NOW)
    assert [finding.text for finding in report.findings] == [
        "nothing has ever come from app1",
        "nothing came from db1 for 901 s, and 900 s are allowed",
    ]


def test_the_newest_file_counts() -> None:
    assert _codes(_file("app1"), _file("db1", age=5000, name="db1@1.journal"), _file("db1", age=900)) == []


def test_a_sender_that_fills_its_room_too_early_shortens_its_own_past() -> None:
    old = _file("db1", age=2 * DAY, size=50 * MEGABYTE, name="db1@1.journal")
    assert _codes(_file("app1"), old, _file("db1", size=45 * MEGABYTE)) == [("db1", "short")]
    older = _file("db1", age=30 * DAY, size=50 * MEGABYTE, name="db1@1.journal")
    assert _codes(_file("app1"), older, _file("db1", size=45 * MEGABYTE)) == []


def test_journals_of_nobody_are_found() -> None:
    assert _codes(_file("app1"), _file("db1"), _file("ghost")) == [("ghost", "unknown")]


def test_only_closed_files_that_are_old_enough_go() -> None:
    growing = _file("db1", age=31 * DAY)
    closed = _file("db1", age=31 * DAY, name="db1@1.journal")
    torn = _file("db1", age=31 * DAY, name="db1@2.journal~")
    young = _file("db1", age=29 * DAY, name="db1@3.journal")
    assert judge.expired(POLICY, [growing, closed, torn, young], NOW) == [closed, torn]


def test_metrics_have_every_reason_of_every_sender() -> None:
    text = render(judge.report(POLICY, [_file("db1", age=2000), _file("ghost")], NOW))
    assert 'tierline_journal_last_timestamp_seconds{sender="app1"} 0\n' in text
    assert f'tierline_journal_last_timestamp_seconds{{sender="db1"}} {NOW - 2000:.0f}\n' in text
    assert 'tierline_journal_finding{sender="db1",code="silent"} 1\n' in text
    assert 'tierline_journal_finding{sender="db1",code="short"} 0\n' in text
    assert 'tierline_journal_finding{sender="ghost",code="unknown"} 1\n' in text


def test_a_policy_with_a_typing_error_is_refused() -> None:
    with pytest.raises(JournalError, match="silent_second"):
        Policy.of({"senders": [], "silent_second": 1})
