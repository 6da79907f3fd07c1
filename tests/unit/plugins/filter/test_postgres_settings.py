# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.tierline.erp.plugins.filter.postgres_settings import FilterModule, postgres_settings

MACHINE = {"memory_mb": 4096, "cores": 4}


def test_is_offered_under_its_name():
    assert FilterModule().filters() == {"postgres_settings": postgres_settings}


def test_overrides_win_over_what_is_computed_and_fixed_ones_over_both():
    settings = postgres_settings(
        MACHINE,
        overrides={"work_mem": "1GB", "max_connections": 7, "ssl": "off", "log_statement": "ddl"},
        fixed={"ssl": "on", "wal_level": "replica"},
    )
    assert settings["member"]["work_mem"] == "1GB"
    assert settings["member"]["log_statement"] == "ddl"
    assert settings["member"]["ssl"] == "on"
    assert settings["cluster"]["max_connections"] == 7
    assert settings["cluster"]["wal_level"] == "replica"
    assert settings["member"]["shared_buffers"] == "1024MB"


@pytest.mark.parametrize(
    ("machine", "said"),
    [
        ({"cores": 2}, "lacks memory_mb"),
        ({**MACHINE, "storage": "tape"}, "storage is 'tape'"),
        ({**MACHINE, "cores": 0}, "0 cores"),
    ],
)
def test_says_what_is_wrong(machine, said):
    with pytest.raises(AnsibleFilterError, match=said):
        postgres_settings(machine)
