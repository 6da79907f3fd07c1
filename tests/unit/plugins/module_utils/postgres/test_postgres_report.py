# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.postgres.models import Cluster, Contents, Database, Role
from ansible_collections.tierline.erp.plugins.module_utils.postgres.report import describe_tenant
from ansible_collections.tierline.erp.plugins.module_utils.postgres.scram import make_verifier

ROLE = Role("acme", connection_limit=40, verifier=make_verifier("x", b"salt", 2), settings={"work_mem": "4MB"})
CLUSTER = Cluster(
    roles={
        "acme": ROLE,
        "b": Role("b"),
        "blue": Role("blue", member_of=frozenset({"acme"})),
        "report": Role("report"),
    },
    databases={
        "acme": Database("acme", "acme", public=frozenset({"CONNECT"}), connectors=frozenset({"b", "acme", "blue", "report"}))
    },
    contents={"acme": Contents(frozenset({"unaccent", "plpgsql"}), readers=frozenset({"report"}))},
)


def test_a_tenant_is_described_without_its_verifier():
    told = describe_tenant(CLUSTER, "acme", 4096, 2)
    others = told.pop("roles")
    assert {role["name"]: role["access"] for role in others} == {
        "b": "connect only",
        "blue": "application",
        "report": "reporting",
    }
    assert told == {
        "database": "acme",
        "owner": "acme",
        "encoding": "UTF8",
        "lc_collate": "C",
        "lc_ctype": "C.UTF-8",
        "public_privileges": ["CONNECT"],
        "connect_granted_to": ["acme", "b", "blue", "report"],
        "extensions": ["plpgsql", "unaccent"],
        "size_bytes": 4096,
        "connections": 2,
        "role": {
            "login": True,
            "privileged": [],
            "connection_limit": 40,
            "member_of": [],
            "password": "scram-sha-256",
            "settings": {"work_mem": "4MB"},
        },
    }


@pytest.mark.parametrize(("verifier", "kind"), [(None, "none"), ("md5abc", "md5")])
def test_weak_passwords_are_told(verifier, kind):
    cluster = replace(CLUSTER, roles={**CLUSTER.roles, "acme": replace(ROLE, verifier=verifier, superuser=True)})
    role = describe_tenant(cluster, "acme", 0, 0)["role"]
    assert (role["password"], role["privileged"]) == (kind, ["superuser"])
