# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class BackupError(Exception):
    """Anything that backups refuse or cannot do; the message says what was seen and how to mend it."""


class BusyError(BackupError):
    """Another backup is being taken, by this member or another one."""


class StoreError(BackupError):
    """The store doesn't answer, or not with what was asked."""
