# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A checkpoint before the one that ends a primary, so that there is little left to write while applications wait."""

from __future__ import annotations

import contextlib

from .pgbouncer import PSYCOPG2_IMPORT_ERROR

with contextlib.suppress(ImportError):
    import psycopg2


def checkpoint(socket: str, port: int) -> bool:
    """On the primary's own host; elsewhere, or without access, nothing is lost but time."""
    if not socket or PSYCOPG2_IMPORT_ERROR:
        return False
    try:
        with contextlib.closing(psycopg2.connect(host=socket, port=port, user="postgres", dbname="postgres")) as connection:
            connection.autocommit = True
            cursor = connection.cursor()
            cursor.execute("SELECT pg_is_in_recovery()")
            if cursor.fetchone() != (False,):
                return False
            cursor.execute("CHECKPOINT")
    except psycopg2.Error:
        return False
    return True
