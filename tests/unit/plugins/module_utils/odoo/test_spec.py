# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What containers are told about their databases."""

from __future__ import annotations

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.odoo import spec
from ansible_collections.tierline.erp.plugins.module_utils.odoo.models import Settings, parse
from ansible_collections.tierline.erp.tests.unit.plugins.module_utils.odoo.helpers import item


@pytest.mark.parametrize(("host", "told"), [("db1", False), ("db1, db2,db3", True)])
def test_a_dead_host_among_several_is_passed_over(host: str, told: bool) -> None:
    [env] = parse([item(database={**item()["database"], "host": host})])
    for container in (spec.server(env, Settings(), {}), spec.setup(env, Settings(), {}, [])):
        assert ("PGCONNECT_TIMEOUT=3" in container["Env"]) == told
        assert ("PGLOADBALANCEHOSTS=random" in container["Env"]) == told
