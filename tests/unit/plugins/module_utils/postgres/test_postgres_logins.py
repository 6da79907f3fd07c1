# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.postgres.errors import PostgresError
from ansible_collections.tierline.erp.plugins.module_utils.postgres.logins import ACCEPTED, API, ERROR, REFUSED, api, prove, said

OLD = {"kind": "replication", "name": "replicator", "password": "old"}
NEW = {"kind": "replication", "name": "replicator_second", "password": "new"}
OTHER = {"kind": API, "name": "patroni", "password": "api"}


@pytest.mark.parametrize(
    ("message", "outcome"),
    [
        ('FATAL:  password authentication failed for user "replicator"', REFUSED),
        ('FATAL:  too many connections for role "replicator"', REFUSED),
        ("FATAL:  SASL authentication failed", REFUSED),
        ('connection to server at "db1", port 5432 failed: Connection refused', ERROR),
        ("timeout expired", ERROR),
    ],
)
def test_only_a_refusal_of_the_login_proves_anything(message, outcome):
    assert said(message)[0] == outcome


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (None, ACCEPTED),
        ("Patroni refused PATCH https://db1:8008/config: 401 Unauthorized: no auth", REFUSED),
        ("Patroni refused PATCH https://db1:8008/config: 503 Service Unavailable: ", ERROR),
        ("cannot ask Patroni at https://db1:8008/config: timed out", ERROR),
    ],
)
def test_patronis_api(answer, outcome):
    def change():
        if answer:
            raise PostgresError(answer)

    assert api(change)[0] == outcome


def checks(outcomes, members=("db1", "db2")):
    return list(prove(members, [OLD], [NEW, OTHER], lambda _kind, _member, one: (outcomes[one["name"]], "said")))


def test_each_member_is_asked_for_the_old_and_the_new_of_what_was_rotated():
    found = checks({"replicator": REFUSED, "replicator_second": ACCEPTED})
    assert [check.name for check in found] == [
        "db1 -> retired replication (replicator)",
        "db1 -> current replication (replicator_second)",
        "db2 -> retired replication (replicator)",
        "db2 -> current replication (replicator_second)",
    ]
    assert all(check.ok for check in found)


@pytest.mark.parametrize(
    "outcomes",
    [
        {"replicator": ACCEPTED, "replicator_second": ACCEPTED},
        {"replicator": ERROR, "replicator_second": ACCEPTED},
        {"replicator": REFUSED, "replicator_second": REFUSED},
        {"replicator": REFUSED, "replicator_second": ERROR},
    ],
)
def test_anything_else_is_a_failure(outcomes):
    assert not all(check.ok for check in checks(outcomes))
