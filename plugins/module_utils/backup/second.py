# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Whether the write-ahead log goes to the second store too.

pgBackRest tells PostgreSQL that a segment is archived when all repositories that it knows have it, and drops what waits for
any of them when the queue is full. So a second store that is away would cost the first its log. Here it is taken out of what
archiving knows, by a link to its part of the configuration, as soon as the log waits and it is the second that doesn't answer.
"""

import time
from pathlib import Path

from .host import Host
from .judge import suffers
from .models import Policy, Repository

# From taking it out to trying it again: one that answers and takes nothing would else hold up archiving all the time.
REST_SECONDS = 600
# pgBackRest's codes of a repository in which the stanza isn't.
UNMADE = (1, 3)


def settle(policy: Policy, host: Host, at_once: bool = False) -> str:
    """What was done, if anything. ``at_once``: without the rest, when somebody asks for it."""
    second, link = host.second, Path(policy.second["link"]) if policy.second else None
    if second is None or link is None:
        return ""
    archiving = host.archiving()
    if host.attached:
        waits, late = suffers(policy, archiving)
        if not waits and not at_once:
            return ""
        seen = second.seen()
        why = "" if _well(seen) else seen.message
        if late and not why and _well(host.seen()):
            why = "it answers, and the log waits longer than promised"
        if why:
            link.unlink()
            host.end_archiver()
        return f"left out: {why}" if why else ""
    if not at_once and time.time() - link.parent.stat().st_mtime < REST_SECONDS:
        return ""
    seen = second.seen()
    if not seen.reachable:
        return ""
    if seen.code in UNMADE:
        if archiving is None or archiving.replica:
            return ""  # Only the primary can make it.
        second.make()
    link.symlink_to(Path(policy.second["directory"]) / link.name)
    # Else the log would go to the first store alone until PostgreSQL begins another.
    host.end_archiver()
    return "attached"


def _well(seen: Repository) -> bool:
    return seen.reachable and seen.code not in UNMADE
