# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""What is refused before a cluster is touched. Pure.

Each refusal says what was seen, what is needed, and how to mend it. All of them are told at once. ``wanted`` is what the role was
asked for, ``seen`` what the module postgres_host_info found on each host of the cluster that is in the play.
"""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from . import cluster, hosts, settings

Facts = Mapping[str, Any]


def refusals(wanted: Facts, seen: Sequence[Facts]) -> list[str]:
    checks = chain(
        settings.members(wanted),
        settings.choices(wanted),
        settings.timing(wanted),
        settings.secrets(wanted),
        cluster.agreement(wanted, seen),
        cluster.presence(wanted, seen),
        cluster.leaving(wanted, seen),
        *(hosts.postgres(wanted, host) for host in seen),
        *(hosts.certificates(wanted, host) for host in seen),
        *(hosts.network(host) for host in seen),
        hosts.disk(wanted, seen),
        cluster.identity(seen),
        cluster.given_etcd(wanted, seen),
        cluster.etcd_identity(wanted, seen),
        cluster.membership(wanted, seen),
    )
    return list(dict.fromkeys(checks))
