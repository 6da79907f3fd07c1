# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""An etcd cluster in the words of results and diffs. Pure."""

from typing import Any

from .models import Cluster


def as_lines(cluster: Cluster) -> str:
    """One line for each member: what a diff shows."""
    rows = sorted(
        f"{member.name or '(never started)'} {','.join(member.peer_urls)} {'learner' if member.learner else 'voter'}"
        for member in cluster.members
    )
    return "".join(f"{row}\n" for row in rows)


def as_rows(cluster: Cluster) -> list[dict[str, Any]]:
    return [
        {
            "id": f"{member.id:x}",
            "name": member.name,
            "peer_urls": list(member.peer_urls),
            "client_urls": list(member.client_urls),
            "learner": member.learner,
            "leader": member.id == cluster.leader,
            "healthy": member.id in cluster.healthy,
        }
        for member in sorted(cluster.members, key=lambda member: (member.name, member.peer_urls))
    ]
