# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An audit as a picture: for each host and scanner how it was, how it is, and the goal. Pure; SVG by hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from html import escape
from typing import Any

GOALS = {"cis_level1_server": 95.0, "cis_level2_server": 90.0, "lynis": 85.0}
_TITLES = {"cis_level1_server": "CIS level 1", "cis_level2_server": "CIS level 2", "lynis": "Lynis"}
_LEFT, _BAR, _ROW, _TOP, _WIDTH = 130, 440, 24, 70, 860
_STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1f2933; }
  .title { font-size: 17px; font-weight: 600; } .host { font-weight: 600; }
  .small { font-size: 11px; fill: #52606d; }
  .track { fill: #eef1f4; } .before { fill: #b6c2cf; } .met { fill: #15803d; } .missed { fill: #b45309; }
  .goal { stroke: #1f2933; stroke-width: 2; }
"""

Figures = Mapping[str, Any]


def estate(title: str, note: str, after: Iterable[Figures], before: Iterable[Figures]) -> str:
    """What the role audit writes of hosts and of names, in any order; what was before is matched by host."""
    was = {figures["host"]: figures for figures in before if "host" in figures}
    seen = list(after)
    hosts = [{**figures, "before": was.get(figures["host"])} for figures in seen if "host" in figures]
    names = [figures for figures in seen if "name" in figures]
    return draw(title, note, sorted(hosts, key=lambda item: item["host"]), sorted(names, key=lambda item: item["name"]))


def draw(title: str, note: str, hosts: Iterable[Figures], names: Iterable[Figures]) -> str:
    """`hosts` are what the role audit writes, each with `before` where there is one; `names` are how names are served."""
    y, shapes = float(_TOP), []
    for figures in hosts:
        shapes.append(f'<text class="host" x="16" y="{y}">{escape(figures["host"])}</text>')
        y += 8
        for line in _host(figures, y):
            shapes += line
            y += _ROW
        y += 22
    for figures in names:
        shapes.append(f'<text class="host" x="16" y="{y}">{escape(figures["name"])}</text>')
        grade = f"{figures['grade']}, {figures['score']} of 100, " if figures["grade"] else ""
        found, exempt = len(figures["findings"]), len(figures["exempt"])
        said = f"testssl.sh: {grade}{found} findings of medium severity or above, {exempt} with an exception"
        shapes.append(f'<text x="{_LEFT + 12}" y="{y}">{escape(said)}</text>')
        y += _ROW
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {y:.0f}" role="img" aria-label="{escape(title)}">',
        f"<style>{_STYLE}</style>",
        f'<rect width="{_WIDTH}" height="{y:.0f}" fill="#ffffff"/>',
        f'<text class="title" x="16" y="26">{escape(title)}</text>',
        f'<text class="small" x="16" y="45">{escape(note)}</text>',
    ]
    return "\n  ".join([*head, *shapes]) + "\n</svg>\n"


def _host(figures: Figures, y: float) -> Iterator[list[str]]:
    before = figures.get("before") or {}
    for name, profile in figures["openscap"].items():
        was = (before.get("openscap") or {}).get(name)
        said = f"{profile['score']:g} %, {profile['failed']} of {profile['passed'] + profile['failed']} failed"
        yield _bar(name, profile["score"], was["score"] if was else None, said, y)
        y += _ROW
    if figures.get("lynis"):
        index, was = figures["lynis"]["index"], (before.get("lynis") or {}).get("index")
        yield _bar("lynis", index, was, f"{index}", y)
        y += _ROW
    if figures.get("docker_bench"):
        bench = figures["docker_bench"]
        said = f"{bench['passed']} passed, {len(bench['warnings'])} warnings, {len(bench['exempt'])} with an exception"
        yield [_label("Docker Bench", y), f'<text x="{_LEFT + 12}" y="{y + 12}">{said}</text>']


def _bar(name: str, score: float, was: float | None, said: str, y: float) -> list[str]:
    goal = GOALS.get(name)
    words = said if was is None else f"{said} (before: {was:g})"
    verdict = "missed" if goal and score < goal else "met"
    shapes = [
        _label(_TITLES.get(name, name), y),
        f'<rect class="track" x="{_LEFT + 12}" y="{y}" width="{_BAR}" height="15"/>',
        f'<rect class="{verdict}" x="{_LEFT + 12}" y="{y}" width="{_across(score)}" height="15"/>',
    ]
    if was is not None:
        shapes.append(f'<rect class="before" x="{_LEFT + 12}" y="{y + 5}" width="{_across(was)}" height="5"/>')
    if goal:
        x = _LEFT + 12 + _across(goal)
        shapes.append(f'<line class="goal" x1="{x}" y1="{y - 2}" x2="{x}" y2="{y + 17}"/>')
    return [*shapes, f'<text x="{_LEFT + _BAR + 24}" y="{y + 12}">{escape(words)}</text>']


def _label(words: str, y: float) -> str:
    return f'<text x="{_LEFT}" y="{y + 12}" text-anchor="end">{escape(words)}</text>'


def _across(score: float) -> float:
    return round(score / 100 * _BAR, 1)
