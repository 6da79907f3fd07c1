# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Are backups as they should be? Every reason why not, in words. Pure."""

from collections.abc import Iterable, Sequence

from . import proofs, records, wal
from .models import DIFFERENTIAL, FULL, HOUR, Archiving, Finding, Policy, Proof, Record, Report, Repository

# How much longer than planned a backup may take to appear: it runs for a while, and timers have jitter.
GRACE = HOUR
ARCHIVE_GRACE = 60


def judge(
    policy: Policy,
    repository: Repository,
    archiving: Archiving | None,
    now: int,
    proven: Sequence[Proof] = (),
    recorded: Sequence[Record] = (),
) -> Report:
    """``archiving`` must have been asked before ``repository``, or a segment that arrives in between looks lost."""
    pending = _pending(archiving)
    findings = [*_backups(policy, repository, now), *_archive(policy, repository, archiving, pending)]
    if repository.backups:
        oldest = min(backup.stopped for backup in repository.backups)
        findings += [*proofs.findings(proven, oldest, now), *records.findings(recorded, oldest, now)]
    return Report(now, repository, archiving, pending, tuple(findings), tuple(proven), tuple(recorded))


def judge_second(
    policy: Policy, repository: Repository, attached: bool, archiving: Archiving | None, now: int
) -> Iterable[Finding]:
    """As the first one, but for what is said of the archiver itself, which is the same for both."""
    if not attached:
        yield Finding(
            "second_left_out",
            "the write-ahead log goes to the first store only: the second one didn't take it, and the first would have had to "
            "wait. It is tried again by itself, and backed up to then",
        )
    report = judge(policy.of_second(), repository, archiving, now)
    for finding in report.findings:
        if finding.code not in {"archive_failing", "archive_overdue"}:
            yield Finding(f"second_{finding.code}", f"of the second store: {finding.text}")


def suffers(policy: Policy, archiving: Archiving | None) -> tuple[bool, bool]:
    """Whether the write-ahead log waits at all, and whether longer than promised."""
    if archiving is None or archiving.replica:
        return False, False
    pending = _pending(archiving)
    waits = pending > 0 or archiving.failed_at > archiving.archived_at
    late = archiving.now - archiving.archived_at > (policy.archive_seconds or 0) + ARCHIVE_GRACE
    return waits, waits and late


def _backups(policy: Policy, repository: Repository, now: int) -> Iterable[Finding]:
    if not repository.reachable:
        yield Finding("store", repository.message)
        return
    if repository.code and not repository.backups:
        yield Finding("no_backup", f"the store has no backup of {policy.stanza}: {repository.message}")
        return
    if repository.code:
        yield Finding("repository", f"pgBackRest reports {repository.message} ({repository.code})")
    full, latest = repository.last(FULL), repository.last()
    if full is None or latest is None:
        yield Finding("no_backup", f"the store has no full backup of {policy.stanza}")
        return
    if latest.damaged:
        yield Finding("damaged", f"{latest.label} holds pages with wrong checksums: PostgreSQL's storage is failing")
    yield from _overdue("full backup", full.stopped, policy.full_every_hours, now)
    if policy.differential_every_hours:
        apart = repository.last(FULL, DIFFERENTIAL) or full
        yield from _overdue("full or differential backup", apart.stopped, policy.differential_every_hours, now)
    if policy.incremental_every_hours:
        yield from _overdue("backup", latest.stopped, policy.incremental_every_hours, now)


def _overdue(what: str, stopped: int, every_hours: int, now: int) -> Iterable[Finding]:
    age = now - stopped
    if age > every_hours * HOUR + GRACE:
        yield Finding("overdue", f"the last {what} is {age // HOUR} hours old, and there should be one every {every_hours} hours")


def _archive(policy: Policy, repository: Repository, archiving: Archiving | None, pending: int) -> Iterable[Finding]:
    if archiving is None or archiving.replica or not policy.archive_seconds:
        return
    if archiving.failed_at > archiving.archived_at:
        yield Finding("archive_failing", "PostgreSQL's last attempt to archive failed: journalctl -u patroni tells why")
    waited = archiving.now - archiving.archived_at
    if pending and waited > policy.archive_seconds + ARCHIVE_GRACE:
        yield Finding(
            "archive_overdue",
            f"{pending} segments of the write-ahead log wait to be archived, the last one went {waited} seconds ago; "
            f"promised are {policy.archive_seconds}",
        )
    archived = _segment(archiving)
    if not archived or not repository.reachable:
        return
    if repository.missing:
        yield Finding(
            "archive_gap",
            f"the store lacks {len(repository.missing)} segments of the write-ahead log since the last backup, the first is "
            f"{repository.missing[0]}: moments after it can be restored again once there is a new backup",
        )
        return
    last = repository.last_segment
    if not last or wal.number(archived) > wal.number(last):
        yield Finding(
            "archive_gap",
            f"PostgreSQL was told that {archived} is archived, and the store's last is {last or 'none'}: "
            "the queue was full and was dropped. Moments after that can be restored again once there is a new backup",
        )


def _pending(archiving: Archiving | None) -> int:
    """Full segments that PostgreSQL has and the archive doesn't."""
    archived = _segment(archiving) if archiving else ""
    if archiving is None or archiving.replica or not archived:
        return 0
    return max(wal.number(archiving.current) - wal.number(archived) - 1, 0)


def _segment(archiving: Archiving) -> str:
    """The last segment that was archived; a backup's label carries the name of one, and a timeline's history doesn't."""
    name = archiving.archived[: wal.LENGTH]
    return name if wal.is_segment(name) else ""
