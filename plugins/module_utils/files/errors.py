# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Root error of the domain: the message says what was seen and how to mend it."""


class FilesError(Exception):
    """What was asked for can't be installed, or not without losing something."""
