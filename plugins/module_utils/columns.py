# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Rows of words as lines that a person reads. Pure."""

from collections.abc import Sequence


def as_lines(rows: Sequence[Sequence[str]]) -> list[str]:
    """One line for each row, columns as wide as what is in them; all rows have the same number of words, and there is one."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip() for row in rows]
