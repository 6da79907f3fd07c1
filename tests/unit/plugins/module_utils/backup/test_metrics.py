# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a monitoring system reads: a series that goes away, or that says well of what isn't, wakes nobody."""

from __future__ import annotations

import os
import pathlib
import re
import resource
import signal

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.backup import metrics
from ansible_collections.tierline.erp.plugins.module_utils.backup.host import Host
from ansible_collections.tierline.erp.plugins.module_utils.backup.judge import judge
from ansible_collections.tierline.erp.plugins.module_utils.backup.models import (
    DIFFERENTIAL,
    FULL,
    HOUR,
    INCREMENTAL,
    Archiving,
    Backup,
    Finding,
    Policy,
    Report,
    Repository,
)
from ansible_collections.tierline.erp.tests.unit.plugins.module_utils.forked import forked
from hypothesis import given, settings
from hypothesis import strategies as st

NOW = 500_000 * HOUR
SAMPLE = re.compile(r'(tierline_backup_[a-z_]+)\{stanza="main"(?:,code="([a-z_]+)")?\} (-?[0-9]+)')

MOMENTS = st.integers(NOW - 100 * HOUR, NOW)
SEGMENTS = st.integers(0, 600).map(lambda number: f"00000001{number // 256:08X}{number % 256:08X}")
BACKUPS = st.builds(
    lambda kind, start, length, damaged, segment: Backup("b", kind, start, start + length, 100, 10, damaged, "0/1", segment),
    st.sampled_from([FULL, DIFFERENTIAL, INCREMENTAL]),
    MOMENTS,
    st.integers(0, HOUR),
    st.booleans(),
    SEGMENTS,
)
REPOSITORIES = st.builds(
    Repository,
    st.sampled_from([0, 0, 0, 2, 99]),
    st.just("a message"),
    st.lists(BACKUPS, max_size=3).map(tuple),
    st.just("") | SEGMENTS,
    st.just("17-1"),
    st.lists(SEGMENTS, max_size=2).map(tuple),
    st.booleans(),
)
ARCHIVINGS = st.none() | st.builds(
    Archiving, st.just(NOW), st.booleans(), SEGMENTS, st.just("") | SEGMENTS | st.just("00000002.history"), MOMENTS, MOMENTS
)
POLICIES = st.builds(Policy, st.just("main"), st.integers(1, 48), st.integers(0, 24), st.sampled_from([0, 60]))


def series(text: str) -> dict[tuple[str, str], int]:
    """As the collector reads it: each line a sample, or said of the ones that follow."""
    assert text.endswith("\n")
    found: dict[tuple[str, str], int] = {}
    typed: set[str] = set()
    for line in text.splitlines():
        if line.startswith("# HELP "):
            assert len(line.split(maxsplit=3)) == 4, line
        elif line.startswith("# TYPE "):
            _hash, _word, name, kind = line.split(" ")
            assert kind == "gauge"
            assert name not in typed, f"{name} is said twice, and the collector refuses the whole file"
            typed.add(name)
        else:
            sample = SAMPLE.fullmatch(line)
            assert sample, line
            name, code, value = sample.groups()
            assert name in typed, line
            assert (name, code or "") not in found, f"{line} is there twice"
            found[(name, code or "")] = int(value)
    return found


def of(report: Report) -> dict[tuple[str, str], int]:
    return series(metrics.render(report, "main"))


EMPTY = Report(NOW, Repository(0, "ok"), None, 0)


@given(POLICIES, REPOSITORIES, ARCHIVINGS)
@settings(max_examples=60)
def test_whatever_is_seen_the_same_series_are_there_and_say_the_verdict(
    policy: Policy, repository: Repository, archiving: Archiving | None
) -> None:
    report = judge(policy, repository, archiving, NOW)
    found = of(report)
    assert set(found) == set(of(EMPTY))
    reasons = {code for (name, code), value in found.items() if name == "tierline_backup_finding" and value}
    assert reasons == {finding.code for finding in report.findings}
    assert found[("tierline_backup_ok", "")] == int(not reasons)
    assert all(value >= 0 for value in found.values())


@pytest.mark.parametrize("code", metrics.CODES)
def test_each_reason_has_a_series_that_comes_and_goes(code: str) -> None:
    ill = of(Report(NOW, EMPTY.repository, None, 0, (Finding(code, "why"), Finding(code, "why else"))))
    well = of(EMPTY)
    assert (ill["tierline_backup_finding", code], well["tierline_backup_finding", code]) == (1, 0)
    assert [name for name, value in ill.items() if name[1] and value] == [("tierline_backup_finding", code)]
    assert (ill["tierline_backup_ok", ""], well["tierline_backup_ok", ""]) == (0, 1)


def test_ages_are_of_the_backups_that_ended_last() -> None:
    """Whatever their order, and an incremental one is no full one."""
    backups = (
        Backup("i", INCREMENTAL, NOW - 1000, NOW - 900, 700, 7),
        Backup("f2", FULL, NOW - 5000, NOW - 4000, 500, 5),
        Backup("f1", FULL, NOW - 9000, NOW - 8000, 300, 3),
    )
    archiving = Archiving(NOW, archived_at=NOW - 30)
    found = of(Report(NOW, Repository(0, "ok", backups), archiving, 4))
    wanted = {
        "report_timestamp_seconds": NOW,
        "count": 3,
        "last_full_timestamp_seconds": NOW - 4000,
        "last_timestamp_seconds": NOW - 900,
        "last_duration_seconds": 100,
        "last_database_bytes": 700,
        "last_stored_bytes": 7,
        "archive_last_timestamp_seconds": NOW - 30,
        "archive_pending_segments": 4,
    }
    assert {name: found[f"tierline_backup_{name}", ""] for name in wanted} == wanted


# --- the file that is read at any moment ---


@pytest.fixture
def host(tmp_path: pathlib.Path) -> Host:
    return Host(Policy("main", 24, 0, 60, metrics_file=str(tmp_path / "tierline_backup.prom")))


LONG = Report(NOW, Repository(0, "ok", (Backup("f", FULL, NOW, NOW, 10**15, 10**15),)), None, 10**9)


def test_the_collector_may_read_it_whatever_the_umask(host: Host, tmp_path: pathlib.Path) -> None:
    """The unit has 0077, and the collector is another user."""
    umask = os.umask(0o077)
    try:
        host.write_metrics(EMPTY)
    finally:
        os.umask(umask)
    (path,) = tmp_path.iterdir()
    assert path.name == "tierline_backup.prom"
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_reader_never_sees_half_a_report(host: Host, tmp_path: pathlib.Path) -> None:
    wanted = {metrics.render(report, "main") for report in (EMPTY, LONG)}
    host.write_metrics(EMPTY)

    def work() -> None:
        while True:
            host.write_metrics(LONG)
            host.write_metrics(EMPTY)

    path, seen = tmp_path / "tierline_backup.prom", set()
    with forked(work) as writer:
        for _look in range(500):
            seen.add(path.read_text())
        writer.kill()
    assert seen <= wanted
    # What a killed one leaves has no name that the collector reads.
    assert [found.name for found in tmp_path.glob("*.prom")] == ["tierline_backup.prom"]


def test_a_full_disk_leaves_the_last_report_and_no_litter(host: Host, tmp_path: pathlib.Path) -> None:
    host.write_metrics(EMPTY)

    def work() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))
        for _attempt in range(3):
            try:
                host.write_metrics(LONG)
            except OSError:
                continue
            os._exit(1)
        os._exit(7)

    with forked(work) as writer:
        assert writer.wait() == 7
    assert [path.name for path in tmp_path.iterdir()] == ["tierline_backup.prom"]
    assert (tmp_path / "tierline_backup.prom").read_text() == metrics.render(EMPTY, "main")
