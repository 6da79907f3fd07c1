# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class OdooError(Exception):
    """Anything this package refuses or cannot do, told to the user as one sentence or one per line."""


def refuse(problems: list[str]) -> None:
    """Report every problem at once; do nothing where there is none."""
    if problems:
        raise OdooError("\n".join(problems))
