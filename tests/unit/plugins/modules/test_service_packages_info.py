# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os

import pytest
import yaml
from ansible_collections.tierline.erp.plugins.modules import service_packages_info
from ansible_collections.tierline.erp.plugins.modules.service_packages_info import outdated, when_unpacked

SERVICES = [
    {"name": "patroni", "packages": ["patroni", "postgresql-17"], "restarts_with": []},
    {"name": "haproxy", "packages": ["haproxy"], "restarts_with": []},
    {"name": "pgbouncer", "packages": ["pgbouncer"], "restarts_with": ["haproxy"]},
]


@pytest.mark.parametrize(
    ("started", "unpacked", "found"),
    [
        ({"patroni": 100, "haproxy": 100}, {"patroni": 50, "postgresql-17": 50, "haproxy": 50}, []),
        ({"patroni": 100, "haproxy": 100}, {"patroni": 50, "postgresql-17": 101, "haproxy": 50}, ["patroni"]),
        ({"patroni": 100, "haproxy": 100}, {"patroni": 100.9, "haproxy": 101}, ["haproxy"]),
        ({"patroni": None, "haproxy": 100}, {"patroni": 200, "haproxy": 200}, ["haproxy"]),
        ({"patroni": 100, "haproxy": 100}, {}, []),
        ({"haproxy": 100, "pgbouncer": 100}, {"pgbouncer": 101}, ["pgbouncer"]),
        ({"haproxy": 100, "pgbouncer": 100}, {"haproxy": 101, "pgbouncer": 101}, ["haproxy"]),
    ],
)
def test_a_service_is_outdated_that_started_before_its_package_was_unpacked(started, unpacked, found):
    assert outdated(SERVICES, started.get, unpacked.get) == found


def test_the_time_is_that_of_the_packages_list(tmp_path):
    for name, time in (("haproxy.list", 10), ("libc6:amd64.list", 20), ("haproxy-doc.list", 30)):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (time, time))
    assert [when_unpacked(name, tmp_path) for name in ("haproxy", "libc6", "gone")] == [10, 20, None]


def test_documentation_and_arguments_agree():
    documented = yaml.safe_load(service_packages_info.DOCUMENTATION)["options"]["services"]["suboptions"]
    accepted = service_packages_info.ARGUMENTS["services"]["options"]
    assert {name: option.get("default") for name, option in documented.items()} == {
        name: argument.get("default") for name, argument in accepted.items()
    }
