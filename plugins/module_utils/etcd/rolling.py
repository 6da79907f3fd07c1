# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""When a member of etcd may be restarted. Pure."""

from .errors import EtcdUnavailableError
from .models import Cluster


def may_restart(cluster: Cluster, member: str) -> None:
    """Refuse while any voter but this one is silent: with one more gone, the next failure would stop the cluster."""
    silent = [other.name for other in cluster.voters if other.id not in cluster.healthy and other.name != member]
    if silent:
        raise EtcdUnavailableError(
            f"etcd on {', '.join(silent)} doesn't answer, so {member or 'the next member'} is not restarted: "
            "see systemctl status etcd there, and run this again"
        )
