# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the pictures of benchmarks have in common: a page of SVG by hand, with its title, a note and its style. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

_STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1f2933; }
  .title { font-size: 17px; font-weight: 600; }
  .small { font-size: 11px; fill: #52606d; }
  .grid { stroke: #d9dee4; }
  .fine { fill: #2563eb; fill-opacity: .6; }
  .bad { fill: #dc2626; }
"""


def page(title: str, note: str, width: int, height: float, style: str, body: Sequence[str]) -> str:
    """`style` is what this picture has besides; `body` are elements, below the first 50 pixels."""
    head = [
        f'<text class="title" x="16" y="26">{escape(title)}</text>',
        f'<text class="small" x="16" y="44">{escape(note)}</text>',
    ]
    inner = "\n  ".join([*head, *body])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(title)}">\n'
        f"  <style>{_STYLE}{style}</style>\n"
        f'  <rect width="{width}" height="{height}" fill="#ffffff"/>\n  {inner}\n</svg>\n'
    )
