# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The campaign as a picture: for each kind of fault, how long writes stopped. Pure; SVG by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

LEFT, RIGHT, TOP, ROW, WIDTH = 190, 150, 78, 26, 900
SHORTEST, LONGEST = 0.03, 120.0
TICKS = (0.1, 0.3, 1, 3, 10, 30, 100)
STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1f2933; }
  .title { font-size: 17px; font-weight: 600; }
  .small { font-size: 11px; fill: #52606d; }
  .grid { stroke: #d9dee4; }
  .bound { stroke: #c2410c; stroke-width: 2; }
  .dot { fill: #2563eb; fill-opacity: .55; }
  .median { stroke: #1e3a8a; stroke-width: 2; }
  .good { fill: #15803d; } .bad { fill: #b91c1c; font-weight: 700; }
"""


def across(seconds: float) -> float:
    """Where a duration lies from left to right; the scale is logarithmic and ends are clamped."""
    clamped = min(max(seconds, SHORTEST), LONGEST)
    share = (math.log(clamped) - math.log(SHORTEST)) / (math.log(LONGEST) - math.log(SHORTEST))
    return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)


def _axis(bottom: float) -> list[str]:
    lines = []
    for tick in TICKS:
        x = across(tick)
        lines.append(f'<line class="grid" x1="{x}" y1="{TOP - 8}" x2="{x}" y2="{bottom}"/>')
        lines.append(f'<text class="small" x="{x}" y="{TOP - 14}" text-anchor="middle">{tick:g} s</text>')
    return lines


def _row(row: dict, outages: Sequence[float], y: float) -> list[str]:
    """A dot for each fault, a line at the median, a mark at what is allowed, and what the books said."""
    lines = [f'<text x="{LEFT - 12}" y="{y + 4}" text-anchor="end">{escape(row["kind"])}</text>']
    lines += [f'<circle class="dot" cx="{across(seconds)}" cy="{y}" r="5"/>' for seconds in sorted(outages)]
    median, bound = across(row["p50"]), across(row["bound"])
    lines.append(f'<line class="median" x1="{median}" y1="{y - 8}" x2="{median}" y2="{y + 8}"/>')
    if not row["stops_writes"]:
        lines.append(f'<line class="bound" x1="{bound}" y1="{y - 9}" x2="{bound}" y2="{y + 9}" stroke-dasharray="2 2"/>')
    wrong = row["lost"] + row["doubled"] + row["unsent"]
    lines.append(
        f'<text class="{"bad" if wrong else "good"}" x="{WIDTH - RIGHT + 16}" y="{y + 4}">{wrong} of {row["acknowledged"]}</text>'
    )
    return lines


def draw(title: str, note: str, rows: Sequence[dict], outages: dict[str, list[float]]) -> str:
    """`rows` as report.summarise() makes them, with stops_writes; `outages` by kind, in seconds."""
    bottom = TOP + ROW * len(rows)
    body = [
        f'<text class="title" x="16" y="26">{escape(title)}</text>',
        f'<text class="small" x="16" y="44">{escape(note)}</text>',
        f'<text class="small" x="{WIDTH - RIGHT + 16}" y="{TOP - 14}">lost or doubled</text>',
        *_axis(bottom),
    ]
    for number, row in enumerate(rows):
        body += _row(row, outages[row["kind"]], TOP + ROW * number + ROW / 2)
    body.append(
        f'<text class="small" x="16" y="{bottom + 22}">Seconds without a committed write, logarithmic. A dot is a fault, '
        "the dark line the median, the dashed one what is allowed (none where stopping is the point).</text>"
    )
    inner = "\n  ".join(body)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {bottom + 36}" role="img" aria-label="{escape(title)}">\n'
        f"  <style>{STYLE}</style>\n"
        f'  <rect width="{WIDTH}" height="{bottom + 36}" fill="#ffffff"/>\n  {inner}\n</svg>\n'
    )
