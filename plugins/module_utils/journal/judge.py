# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Whether journals arrive as they should. Pure."""

from collections.abc import Iterable, Iterator

from .models import DAY, MEGABYTE, File, Finding, Policy, Report, Sender

# Every reason there can be.
CODES = ("short", "silent", "unknown")
# Of what a sender may take: from there on older files go for newer ones.
FULL = 0.9


def report(policy: Policy, files: Iterable[File], now: float) -> Report:
    found: dict[str, list[File]] = {}
    for file in files:
        found.setdefault(file.sender, []).append(file)
    senders = tuple(_sender(name, found.get(name, [])) for name in sorted(policy.senders))
    findings = [finding for sender in senders for finding in _findings(policy, sender, now)]
    for name in sorted(set(found) - set(policy.senders)):
        findings.append(Finding("unknown", name, f"there are journals of {name}, which nobody declared as a sender"))
    return Report(now, senders, tuple(findings))


def expired(policy: Policy, files: Iterable[File], now: float) -> list[File]:
    """Closed files whose last record is older than anybody has to keep it."""
    return [file for file in files if file.closed and now - file.written > policy.retention_days * DAY]


def _sender(name: str, files: list[File]) -> Sender:
    written = [file.written for file in files]
    return Sender(name, max(written, default=0), min(written, default=0), sum(file.size for file in files), len(files))


def _findings(policy: Policy, sender: Sender, now: float) -> Iterator[Finding]:
    if not sender.last:
        yield Finding("silent", sender.name, f"nothing has ever come from {sender.name}")
    elif now - sender.last > policy.silent_seconds:
        since = round(now - sender.last)
        text = f"nothing came from {sender.name} for {since} s, and {policy.silent_seconds} s are allowed"
        yield Finding("silent", sender.name, text)
    kept = (now - sender.oldest) / DAY
    if sender.size > FULL * policy.sender_megabytes * MEGABYTE and kept < policy.retention_days:
        yield Finding(
            "short",
            sender.name,
            f"what {sender.name} sent fills its {policy.sender_megabytes} MB after {kept:.1f} days, and {policy.retention_days} "
            "shall be kept: find out what it says so much about, or raise journal_sender_megabytes",
        )
