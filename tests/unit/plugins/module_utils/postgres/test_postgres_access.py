# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.postgres.access import plan_access
from ansible_collections.tierline.erp.plugins.module_utils.postgres.errors import PostgresError


def test_a_system_user_comes_in_by_the_socket_only():
    assert plan_access([{"service": "backup", "system_user": "postgres"}]) == {
        "local": ["local postgres backup peer map=backup"],
        "network": [],
        "ident": ["backup postgres backup"],
        "roles": [{"service": "backup", "name": "backup"}],
        "names": ["backup"],
        "rewind": {},
    }


def test_who_administers_reaches_every_database():
    access = plan_access([{"service": "administration", "system_user": "tierline-dba"}])
    assert access["local"] == ["local all dba peer map=dba"]
    assert access["ident"] == ["dba tierline-dba dba"]


def test_a_network_takes_tls_and_a_password():
    networks = ["192.0.2.0/24", "2001:db8::/64"]
    access = plan_access([{"service": "monitoring", "name": "exporter", "password": "m", "networks": networks}])
    assert access["network"] == [
        "hostssl postgres exporter 192.0.2.0/24 scram-sha-256",
        "hostssl postgres exporter 2001:db8::/64 scram-sha-256",
    ]
    assert access["local"] == access["ident"] == []
    assert access["roles"] == [{"service": "monitoring", "name": "exporter", "password": "m"}]


def test_rewinding_comes_from_wherever_members_are():
    access = plan_access([{"service": "rewind", "password": "r"}])
    assert access["network"] == ["hostssl postgres rewinder all scram-sha-256"]
    assert access["rewind"] == {"username": "rewinder", "password": "r"}


def test_an_absent_service_has_no_way_in_and_its_role_goes():
    access = plan_access([{"service": "monitoring", "state": "absent", "password": "m", "networks": ["192.0.2.0/24"]}])
    assert access["network"] == access["local"] == []
    assert access["roles"][0]["state"] == "absent"


@pytest.mark.parametrize(
    ("service", "said"),
    [
        ({"service": "reports"}, "'reports' is unknown; known are administration, backup, monitoring, rewind"),
        ({"service": "backup"}, "backup: it has no way in"),
        ({"service": "rewind"}, "rewind: it comes over the network, which takes a password"),
        ({"service": "rewind", "password": "a$$b"}, "rewind: its password has two dollar signs"),
        ({"service": "monitoring", "networks": ["192.0.2.0/24"]}, "which takes a password"),
        ({"service": "monitoring", "networks": ["somewhere"], "password": "m"}, "'somewhere' is no network"),
        ({"service": "monitoring", "networks": ["192.0.2.1"], "password": "m"}, "'192.0.2.1' is no network"),
        ({"service": "administration", "networks": ["192.0.2.0/24"], "password": "p"}, "by the socket only"),
        ({"service": "backup", "system_user": "a b"}, "'a b' is no name of a system user"),
    ],
)
def test_refused(service, said):
    with pytest.raises(PostgresError, match=said):
        plan_access([service])
