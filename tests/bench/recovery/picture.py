# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Seconds as measured beside seconds as promised, on a logarithmic axis. Pure; SVG by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

import drawing

WIDTH, LEFT, RIGHT, TOP, ROW = 940, 390, 60, 72, 34
LEAST, MOST = 1, 172800
WORDS = 70
TICKS = {1: "1 s", 10: "10 s", 60: "1 min", 600: "10 min", 3600: "1 h", 14400: "4 h", 86400: "1 day"}
STYLE = "  .promise { stroke: #1e3a8a; stroke-width: 3; }\n"


def _x(seconds: float) -> float:
    clipped = min(max(seconds, LEAST), MOST)
    return LEFT + (WIDTH - LEFT - RIGHT) * math.log(clipped / LEAST) / math.log(MOST / LEAST)


def _said(seconds: Sequence[float]) -> str:
    return " / ".join(f"{one:.1f}" if one < 10 else f"{one:.0f}" for one in seconds) + " s"


def draw(title: str, note: str, bars: Sequence[tuple[str, Sequence[float], int]]) -> str:
    """`bars` are a caption, what was measured (the longest is drawn, all are written), and what was promised."""
    bottom = TOP + ROW * len(bars)
    body: list[str] = []
    for seconds, label in TICKS.items():
        x = _x(seconds)
        body.append(f'<line class="grid" x1="{x:.1f}" y1="{TOP - 8}" x2="{x:.1f}" y2="{bottom}"/>')
        body.append(f'<text class="small" x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{label}</text>')
    for number, (caption, measured, promised) in enumerate(bars):
        top = TOP + number * ROW
        longest, mark = max(measured), _x(promised)
        # Beside the bar, or where the promise would stand in it, behind that.
        beside = _x(longest) if not 0 <= mark - _x(longest) < WORDS else mark
        css = "fine" if longest <= promised else "bad"
        body += [
            f'<text x="{LEFT - 10}" y="{top + 16}" text-anchor="end">{escape(caption)}</text>',
            f'<rect class="{css}" x="{LEFT}" y="{top + 3}" width="{max(_x(longest) - LEFT, 2):.1f}" height="18"/>',
            f'<line class="promise" x1="{mark:.1f}" y1="{top}" x2="{mark:.1f}" y2="{top + 24}"/>',
            f'<text class="small" x="{beside + 6:.1f}" y="{top + 16}">{_said(measured)}</text>',
        ]
    said = f"{note}; a bar is the longest that was seen, a line what is promised"
    return drawing.page(title, said, WIDTH, bottom + 30, STYLE, body)
