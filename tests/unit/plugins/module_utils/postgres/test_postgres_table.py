# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace

from ansible_collections.tierline.erp.plugins.module_utils.postgres.cluster import Cluster, Member
from ansible_collections.tierline.erp.plugins.module_utils.postgres.health import describe
from ansible_collections.tierline.erp.plugins.module_utils.postgres.table import as_lines
from cluster_fakes import healthy


def test_a_cluster_is_printed_with_its_verdict():
    cluster = healthy(pending=("db2",))
    assert as_lines({**describe(cluster), "pgbouncers": {"db1": "paused"}}, "shared") == [
        "cluster shared: healthy",
        "member  role     state      timeline  lag  synchronous  waits for restart  PgBouncer",
        "db1     primary  running    1         0 B  no           no                 paused",
        "db2     replica  streaming  1         0 B  yes          yes                -",
        "db3     replica  streaming  1         0 B  yes          no                 -",
    ]
    assert (
        as_lines({**describe(cluster), "healthy": True, "paused": True}, "shared")[0]
        == "cluster shared (maintenance mode): healthy"
    )
    waiting = replace(cluster.members[0], pending_restart=True, pending_reasons={"port": {}})
    broken = Cluster((waiting, Member("db2", error="refused")))
    assert as_lines(describe(broken), "shared") == [
        "cluster shared: NOT HEALTHY: db2 doesn't answer (refused)",
        "member  role     state    timeline  lag  synchronous  waits for restart  PgBouncer",
        "db1     primary  running  1         0 B  no           port               -",
        "db2     unknown  refused  ?         ?    no           no                 -",
    ]
