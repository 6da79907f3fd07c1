# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ProofError(Exception):
    """Anything about recovery points and their proof that is refused or can't be done; says what was seen and how to mend it."""
