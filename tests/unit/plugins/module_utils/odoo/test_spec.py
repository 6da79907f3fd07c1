# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What containers are told about their databases."""

from __future__ import annotations

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.odoo import spec
from ansible_collections.tierline.erp.plugins.module_utils.odoo.models import Settings
from ansible_collections.tierline.erp.plugins.module_utils.odoo.parsing import parse
from ansible_collections.tierline.erp.tests.unit.plugins.module_utils.odoo.helpers import REDIS, item


@pytest.mark.parametrize(("host", "told"), [("db1", False), ("db1, db2,db3", True)])
def test_a_dead_host_among_several_is_passed_over(host: str, told: bool) -> None:
    [env] = parse([item(database={**item()["database"], "host": host})])
    for container in (spec.server(env, Settings(), {}), spec.setup(env, Settings(), {}, [])):
        assert ("PGCONNECT_TIMEOUT=3" in container["Env"]) == told
        assert ("PGLOADBALANCEHOSTS=random" in container["Env"]) == told


def test_sessions_in_redis_leave_no_disk_to_keep_them_on() -> None:
    on_disk, [in_redis] = parse([item()])[0], parse([item(**REDIS)])
    assert "/var/lib/odoo/sessions" not in spec.server(on_disk, Settings(), {})["HostConfig"]["Tmpfs"]
    assert spec.server(in_redis, Settings(), {})["HostConfig"]["Tmpfs"]["/var/lib/odoo/sessions"].startswith("ro,")


def test_only_servers_are_given_our_module() -> None:
    [env] = parse([item()])
    assert any(":/usr/share/tierline/odoo/addons:ro" in bind for bind in spec.server(env, Settings(), {})["HostConfig"]["Binds"])
    assert not any("addons" in bind for bind in spec.setup(env, Settings(), {}, [])["HostConfig"]["Binds"])
