# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ObjectStoreError(Exception):
    """Anything that is refused or cannot be done; the message says what was seen and how to mend it."""


class ObjectStoreUnreachableError(ObjectStoreError):
    """No store answers; a dry run on an estate that has none yet may go on."""


class Refused(ObjectStoreError):
    """The store answered with an error: its HTTP status and its code, such as AccessDenied."""

    def __init__(self, what: str, status: int, code: str, detail: str) -> None:
        super().__init__(f"the store refused {what}: {status} {code}{f' ({detail})' if detail else ''}")
        self.status = status
        self.code = code
