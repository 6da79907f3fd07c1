# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a campaign found, as a table and as JSON."""

from __future__ import annotations

import datetime
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from .campaign import Result
from .figures import percentile


def summarise(results: Sequence[Result]) -> list[dict]:
    """For each kind: how often, the outage's percentiles, what was lost. In the order of first appearance."""
    kinds = list(dict.fromkeys(result.kind for result in results))
    rows = []
    for kind in kinds:
        mine = [result for result in results if result.kind == kind]
        outages = [result.outage for result in mine]
        rows.append(
            {
                "kind": kind,
                "count": len(mine),
                "p50": round(percentile(outages, 0.5), 2),
                "p95": round(percentile(outages, 0.95), 2),
                "max": round(max(outages), 2),
                "counted_max": round(max(result.counted for result in mine), 2),
                "bound": mine[0].bound,
                "acknowledged": sum(result.acknowledged for result in mine),
                "unknown": sum(result.unknown for result in mine),
                "lost": sum(result.lost for result in mine),
                "doubled": sum(result.doubled for result in mine),
                "unsent": sum(result.unsent for result in mine),
                "failed": sum(bool(result.problems) for result in mine),
            }
        )
    return rows


def machine() -> dict:
    """What the campaign ran on: a figure without it means nothing."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cores": os.cpu_count(),
        "memory_gib": round(memory / 2**30),
        "kernel": platform.release(),
        "load": [round(load, 1) for load in os.getloadavg()],
    }


def as_json(results: Sequence[Result], about: dict) -> dict:
    return {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        **about,
        "kinds": summarise(results),
        "faults": [asdict(result) for result in results],
    }


def table(results: Sequence[Result]) -> str:
    lines = [
        f"{'fault':<22} {'n':>4} {'p50':>7} {'p95':>7} {'max':>7} {'bound':>6} {'acked':>7} {'lost':>5} {'double':>6}  verdict"
    ]
    for row in summarise(results):
        lines.append(
            f"{row['kind']:<22} {row['count']:>4} {row['p50']:>7.2f} {row['p95']:>7.2f} {row['max']:>7.2f} {row['bound']:>6.0f} "
            f"{row['acknowledged']:>7} {row['lost']:>5} {row['doubled']:>6}  {'failed' if row['failed'] else 'passed'}"
        )
    lost = sum(result.lost for result in results)
    acknowledged = sum(result.acknowledged for result in results)
    failed = sum(bool(result.problems) for result in results)
    lines.append(f"{len(results)} faults, {acknowledged} acknowledged entries, {lost} lost, {failed} faults failed")
    return "\n".join(lines)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
