# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.tierline.erp.plugins.filter.odoo_sizing import FilterModule

odoo_sizing = FilterModule().filters()["odoo_sizing"]


def test_it_says_what_an_environment_needs() -> None:
    assert odoo_sizing({"cpus": "4", "memory_mb": "8192"}, pool=20, clients=500) == {
        "workers": 8,
        "cron_threads": 1,
        "users": 48,
        "bound": "cpus",
        "options": {"db_maxconn": 16, "db_maxconn_gevent": 32},
    }


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"cpus": 1}, "memory_mb is missing"),
        ({"cpus": "many", "memory_mb": 1024}, "could not convert"),
        ({"cpus": 1, "memory_mb": 100}, "Odoo needs 512"),
    ],
)
def test_what_is_no_size_is_refused(limits: dict[str, Any], said: str) -> None:
    with pytest.raises(AnsibleFilterError, match=said):
        odoo_sizing(limits)
