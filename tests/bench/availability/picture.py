# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two campaigns as one picture: of each second how many requests were answered and how many failed. Pure; SVG by hand."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import drawing

WIDTH, LEFT, RIGHT, TOP, BAND, GAP = 900, 56, 16, 66, 130, 74
STYLE = "  .mark { stroke: #1e3a8a; stroke-width: 1; }\n"


def _bars(seconds: Sequence[Sequence[int]], css: str, column: int, width: float, scale: float, bottom: float) -> str:
    """One path for all seconds: hundreds of elements would be a heavy page."""
    steps = [
        f"M{LEFT + row[0] * width:.1f} {bottom:.1f}v{-row[column] * scale:.1f}h{max(width, 0.6):.2f}V{bottom:.1f}z"
        for row in seconds
        if row[column]
    ]
    return f'<path class="{css}" d="{"".join(steps)}"/>'


def _band(name: str, campaign: dict, length: int, most: int, top: float) -> list[str]:
    """`seconds` are rows of second, answered and failed."""
    width, scale, bottom = (WIDTH - LEFT - RIGHT) / length, BAND / most, top + BAND
    lines = [
        f'<text x="{LEFT}" y="{top - 10}">{escape(name)}</text>',
        f'<line class="grid" x1="{LEFT}" y1="{bottom}" x2="{WIDTH - RIGHT}" y2="{bottom}"/>',
        f'<text class="small" x="{LEFT - 6}" y="{top + 8}" text-anchor="end">{most}/s</text>',
        f'<text class="small" x="{LEFT - 6}" y="{bottom}" text-anchor="end">0</text>',
        _bars(campaign["seconds"], "fine", 1, width, scale, bottom),
        _bars(campaign["seconds"], "bad", 2, width, scale, bottom),
    ]
    named, sides = 0, ((-3, "end"), (3, "start"))
    for second, kind in campaign["events"]:
        x = round(LEFT + second * width, 1)
        lines.append(
            f'<line class="mark" x1="{x}" y1="{bottom + 2}" x2="{x}" y2="{bottom + 9}"><title>{escape(kind)}</title></line>'
        )
        if kind != campaign["events"][0][1]:
            # Two that follow each other closely stand on either side.
            side, anchor = sides[named % 2]
            lines.append(f'<text class="small" x="{x + side}" y="{bottom + 22}" text-anchor="{anchor}">{escape(kind)}</text>')
            named += 1
    for minute in range(0, length // 60 + 1, 5):
        x = round(LEFT + minute * 60 * width, 1)
        lines.append(f'<text class="small" x="{x}" y="{bottom + 36}" text-anchor="middle">{minute} min</text>')
    return lines


def draw(title: str, note: str, bands: Sequence[tuple[str, dict]]) -> str:
    """`bands` are a caption and a campaign each."""
    rows = [row for _name, campaign in bands for row in campaign["seconds"]]
    length = max(row[0] for row in rows) + 1
    # A backlog that is answered at once would make all else flat.
    rates = sorted(row[1] + row[2] for row in rows)
    most = max(1, rates[int(len(rates) * 0.99)])
    clipped = [(name, {**c, "seconds": [[s, min(a, most), min(f, most)] for s, a, f, *_ in c["seconds"]]}) for name, c in bands]
    body: list[str] = []
    for number, (name, campaign) in enumerate(clipped):
        body += _band(name, campaign, length, most, TOP + 16 + number * (BAND + GAP))
    bottom = TOP + 16 + len(bands) * (BAND + GAP)
    return drawing.page(title, note, WIDTH, bottom, STYLE, body)
