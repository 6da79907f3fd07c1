# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""A report as metrics, for node exporter's textfile collector. Pure."""

from .models import DAY, FULL, Report
from .textfile import gauge

PREFIX = "tierline_backup"
# Every reason there can be, so that a series that turns well goes to 0 rather than away.
CODES = (
    "archive_failing",
    "archive_gap",
    "archive_overdue",
    "damaged",
    "no_backup",
    "overdue",
    "proof_failed",
    "proof_overdue",
    "record_overdue",
    "repository",
    "second_archive_gap",
    "second_damaged",
    "second_left_out",
    "second_no_backup",
    "second_overdue",
    "second_repository",
    "second_store",
    "store",
)


def render(report: Report, stanza: str) -> str:
    full, latest = report.repository.last(FULL), report.repository.last()
    archiving = report.archiving
    values: list[tuple[str, str, float]] = [
        ("ok", "Whether backups are as promised.", int(report.ok)),
        ("report_timestamp_seconds", "When this was looked at.", report.at),
        ("archive_last_timestamp_seconds", "When a segment was last archived.", archiving.archived_at if archiving else 0),
        ("archive_pending_segments", "Full segments that wait to be archived.", report.pending_segments),
    ]
    # What a store that doesn't answer has is unknown; 0 would say that it has nothing.
    in_store: list[tuple[str, str, float]] = [
        ("count", "Backups in the store.", len(report.repository.backups)),
        ("last_full_timestamp_seconds", "When the last full backup ended; 0: there is none.", full.stopped if full else 0),
        ("last_timestamp_seconds", "When the last backup ended; 0: there is none.", latest.stopped if latest else 0),
        ("last_from_replica", "Whether the last backup was read from a replica.", int(latest.replica) if latest else 0),
        ("last_duration_seconds", "How long the last backup took.", latest.stopped - latest.started if latest else 0),
        ("last_database_bytes", "Size of the database in the last backup.", latest.size if latest else 0),
        ("last_stored_bytes", "What the last backup added to the store.", latest.stored if latest else 0),
    ]
    lines = []
    for name, meaning, value in [*values, *(in_store if report.repository.reachable else [])]:
        lines += gauge(f"{PREFIX}_{name}", meaning, [f'{{stanza="{stanza}"}} {value}'])
    if report.second and report.second.reachable:
        last = report.second.last()
        for name, meaning, value in (
            ("second_count", "Backups in the second store.", len(report.second.backups)),
            ("second_last_timestamp_seconds", "When the last one there ended; 0: there is none.", last.stopped if last else 0),
        ):
            lines += gauge(f"{PREFIX}_{name}", meaning, [f'{{stanza="{stanza}"}} {value}'])
    lines += _proofs(report)
    taken = [f'{{environment="{record.environment}"}} {record.at}' for record in report.records]
    if taken:
        lines += gauge(
            "tierline_record_timestamp_seconds", "When the newest record, which is kept for years, was taken; 0: none was.", taken
        )
    present = {finding.code for finding in report.findings}
    reasons = [f'{{stanza="{stanza}",code="{code}"}} {int(code in present)}' for code in CODES]
    lines += gauge(f"{PREFIX}_finding", "Why backups are not as promised.", reasons)
    return "\n".join(lines) + "\n"


def _proofs(report: Report) -> list[str]:
    lines = []
    for name, meaning, value in (
        ("timestamp_seconds", "When it was last tried whether the environment comes back; 0: never.", lambda proof: proof.at),
        ("passed", "Whether it came back as it should.", lambda proof: int(proof.passed)),
        ("promised_seconds", "Time between two proofs.", lambda proof: proof.every_days * DAY),
    ):
        series = [f'{{environment="{proof.environment}"}} {value(proof)}' for proof in report.proofs]
        if series:
            lines += gauge(f"tierline_restore_proof_{name}", meaning, series)
    return lines
