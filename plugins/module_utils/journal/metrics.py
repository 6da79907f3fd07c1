# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""A report as metrics, for node exporter's textfile collector. Pure."""

from ..backup.textfile import gauge
from .judge import CODES
from .models import Report

PREFIX = "tierline_journal"


def render(report: Report) -> str:
    lines = gauge(f"{PREFIX}_report_timestamp_seconds", "When this was looked at.", [f" {report.at:.0f}"])
    for name, meaning, value in (
        ("last_timestamp_seconds", "When something last came from the sender; 0: never.", lambda sender: sender.last),
        ("oldest_timestamp_seconds", "When the oldest file that is kept was last written.", lambda sender: sender.oldest),
        ("bytes", "What the sender's journals take on disk.", lambda sender: sender.size),
    ):
        series = [f'{{sender="{sender.name}"}} {value(sender):.0f}' for sender in report.senders]
        lines += gauge(f"{PREFIX}_{name}", meaning, series)
    present = {(finding.sender, finding.code) for finding in report.findings}
    names = sorted({sender.name for sender in report.senders} | {finding.sender for finding in report.findings})
    # Every reason there can be, so that a series that turns well goes to 0 rather than away.
    series = [f'{{sender="{name}",code="{code}"}} {int((name, code) in present)}' for name in names for code in CODES]
    lines += gauge(f"{PREFIX}_finding", "Why journals are not kept as promised.", series)
    return "\n".join(lines) + "\n"
