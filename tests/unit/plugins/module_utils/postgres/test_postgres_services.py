# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.postgres.errors import PostgresError
from ansible_collections.tierline.erp.plugins.module_utils.postgres.models import Action, Contents, as_diff
from ansible_collections.tierline.erp.plugins.module_utils.postgres.services import (
    LOOKUP_BODY,
    Lookup,
    Service,
    ServiceState,
    plan_services,
    wanted_lookup,
)
from postgres_fakes import FakeServer

REPLICATION, POOLER = Service("replicator", "first"), Service("pgbouncer", "second")


def state(server: FakeServer, lookup: Lookup, can_rewind: bool) -> ServiceState:
    return ServiceState(server.read([REPLICATION.name, POOLER.name], ["postgres"]), lookup, can_rewind)


def plan(server, lookup=None, can_rewind=True):
    return plan_services(
        state(server, lookup or wanted_lookup("pgbouncer"), can_rewind), REPLICATION, POOLER, ["pg_stat_statements"]
    )


@pytest.fixture
def converged() -> FakeServer:
    server = FakeServer()
    server.lock()
    server.apply(c for c in plan(server) if c.action not in (Action.CREATE_LOOKUP, Action.GRANT_REWIND))
    return server


def test_a_new_cluster_gets_all_of_it():
    assert [(c.action, c.name) for c in plan(FakeServer(), Lookup(), can_rewind=False)] == [
        (Action.CREATE_ROLE, "replicator"),
        (Action.CREATE_ROLE, "pgbouncer"),
        (Action.GRANT_CONNECT, "postgres"),
        (Action.GRANT_REWIND, "replicator"),
        (Action.CREATE_LOOKUP, "pgbouncer"),
        (Action.CREATE_EXTENSIONS, "postgres"),
    ]


def test_a_second_run_has_nothing_to_do(converged):
    assert plan(converged) == []
    assert converged.roles["replicator"].replication
    assert not converged.roles["pgbouncer"].replication
    assert converged.contents["postgres"] == Contents(frozenset({"plpgsql", "pg_stat_statements"}))


@pytest.mark.parametrize(
    "drift",
    [
        {"body": LOOKUP_BODY.replace("NOT", "")},
        {"security_definer": False},
        {"settings": ()},
        {"owned_by_superuser": False},
        {"schema_users": frozenset({"pgbouncer", "acme"})},
        {"callers": frozenset({"pgbouncer", "PUBLIC"})},
    ],
)
def test_a_lookup_that_was_tampered_with_is_made_again(converged, drift):
    changes = plan(converged, replace(wanted_lookup("pgbouncer"), **drift))
    assert [c.action for c in changes] == [Action.CREATE_LOOKUP]


def test_a_rotated_password_is_set_and_never_shown(converged):
    changes = plan_services(
        state(converged, wanted_lookup("pgbouncer"), True), REPLICATION, replace(POOLER, password="third"), []
    )
    assert [(c.action, c.secret) for c in changes] == [(Action.SET_PASSWORD, "third")]
    assert "third" not in repr(changes) + repr(as_diff(changes))
    assert "third" not in repr(replace(POOLER, password="third"))


def test_a_missing_extension_is_refused(converged):
    with pytest.raises(PostgresError, match="pg_cron"):
        plan_services(state(converged, Lookup(), True), REPLICATION, POOLER, ["pg_cron"])
