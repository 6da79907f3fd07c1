# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""What ``pgbackrest info --output=json`` says, and what PostgreSQL says of its archiver. Pure."""

import json
from collections.abc import Mapping
from typing import Any

from . import wal
from .errors import BackupError, StoreError
from .models import Archiving, Backup, Repository

# pgBackRest's code of a repository for "some other reason".
UNREAD = 99
# What a backup says of itself: which member's files it has, and what that member was then.
MEMBER, ROLE, PRIMARY, REPLICA = "tierline-member", "tierline-role", "primary", "replica"
# As the role backup may ask it. The archiver's view and these functions are open to everybody.
ARCHIVING_QUERY = """
SELECT pg_catalog.json_build_object(
  'now', extract(epoch FROM pg_catalog.now())::bigint,
  'replica', pg_catalog.pg_is_in_recovery(),
  'current', CASE WHEN pg_catalog.pg_is_in_recovery() THEN ''
             ELSE pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()) END,
  'archived', coalesce(last_archived_wal, ''),
  'archived_at', coalesce(extract(epoch FROM last_archived_time)::bigint, 0),
  'failed_at', coalesce(extract(epoch FROM last_failed_time)::bigint, 0))
FROM pg_catalog.pg_stat_archiver
"""


def parse_repository(text: str, stanza: str) -> Repository:
    try:
        # Not strict: what a wrong passphrase decrypts to is quoted as it is.
        found = json.loads(text, strict=False)
        if not isinstance(found, list):
            raise TypeError(f"a list was expected, not {type(found).__name__}")
        stanzas = [item for item in found if item["name"] == stanza]
    except (ValueError, KeyError, TypeError) as error:
        raise BackupError(f"pgbackrest info gave something else than its JSON: {error}") from error
    if not stanzas:
        return Repository(1, "missing stanza path")
    state = stanzas[0]
    status = state.get("status", {})
    # What it could not read is no failure to pgBackRest: it says so, and lists nothing.
    unread = [item["status"].get("message", "") for item in state.get("repo", ()) if item.get("status", {}).get("code") == UNREAD]
    if unread:
        raise StoreError(f"the store can't be asked for backups: {readable(unread[0]) or 'no reason given'}")
    # A new major version, or a cluster that was made anew, begins a new archive under a higher number.
    newest = max((item["database"]["id"] for item in state.get("archive", ())), default=0)
    segments = [item["max"] for item in state.get("archive", ()) if item["database"]["id"] == newest and item.get("max")]
    return Repository(
        code=int(status.get("code", 99)),
        message=str(status.get("message", "")),
        backups=tuple(_backup(item) for item in state.get("backup", ())),
        last_segment=max(segments, key=wal.number, default=""),
        archive=next((str(item["id"]) for item in state.get("archive", ()) if item["database"]["id"] == newest), ""),
        busy=bool(status.get("lock", {}).get("backup", {}).get("held")),
    )


def readable(message: str) -> str:
    """One line that can be shown, whatever is quoted in it."""
    line = next((line for line in message.splitlines() if line.strip()), "")
    return "".join(letter if letter.isascii() and letter.isprintable() else "?" for letter in line.strip())[:300]


def _backup(item: Mapping[str, Any]) -> Backup:
    noted = item.get("annotation") or {}
    return Backup(
        label=item["label"],
        kind=item["type"],
        started=int(item["timestamp"]["start"]),
        stopped=int(item["timestamp"]["stop"]),
        size=int(item["info"]["size"]),
        stored=int(item["info"]["repository"].get("delta", 0)),
        damaged=bool(item.get("error")),
        lsn=str((item.get("lsn") or {}).get("stop") or ""),
        segment=str((item.get("archive") or {}).get("stop") or ""),
        member=str(noted.get(MEMBER, "")),
        replica=noted.get(ROLE) == REPLICA,
    )


def parse_archiving(text: str) -> Archiving:
    try:
        return Archiving(**json.loads(text))
    except (ValueError, TypeError) as error:
        raise BackupError(f"PostgreSQL's answer about its archiver can't be read: {error}") from error
