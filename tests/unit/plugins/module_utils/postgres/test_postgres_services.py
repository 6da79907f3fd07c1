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

REPLICATION, POOLER = Service("replication", "replicator", "first"), Service("pooler", "pgbouncer", "second")
REWIND, MONITORING, BACKUP = (
    Service("rewind", "rewinder", "r"),
    Service("monitoring", "monitoring", "m"),
    Service("backup", "backup"),
)


def state(server: FakeServer, lookup: Lookup, services=(REPLICATION, POOLER)) -> ServiceState:
    return ServiceState(server.read([service.name for service in services], ["postgres"]), lookup, server.functions)


def plan(server, lookup=None, services=(REPLICATION, POOLER)):
    return plan_services(state(server, lookup or wanted_lookup("pgbouncer"), services), services, ["pg_stat_statements"])


def run(server, *services):
    server.lock()
    server.apply(c for c in plan(server, services=services) if c.action is not Action.CREATE_LOOKUP)


@pytest.fixture
def converged() -> FakeServer:
    server = FakeServer()
    run(server, REPLICATION, POOLER)
    return server


def test_a_new_cluster_gets_all_of_it():
    assert [(c.action, c.name) for c in plan(FakeServer(), Lookup())] == [
        (Action.CREATE_ROLE, "replicator"),
        (Action.GRANT_FUNCTIONS, "replicator"),
        (Action.CREATE_ROLE, "pgbouncer"),
        (Action.GRANT_CONNECT, "postgres"),
        (Action.CREATE_LOOKUP, "pgbouncer"),
        (Action.CREATE_EXTENSIONS, "postgres"),
    ]


def test_each_service_may_do_what_it_needs_and_no_more(converged):
    services = (REPLICATION, POOLER, REWIND, MONITORING, BACKUP)
    run(converged, *services)
    assert plan(converged, services=services) == []
    assert {name: role.member_of for name, role in converged.roles.items() if role.member_of} == {
        "monitoring": {"pg_monitor"},
        "backup": {"pg_checkpoint", "pg_read_all_settings"},
    }
    assert {name: len(functions) for name, functions in converged.functions.items()} == {
        "replicator": 0,
        "rewinder": 4,
        "backup": 4,
    }, "replication gave rewinding away"
    assert [name for name, role in converged.roles.items() if role.replication and not role.builtin] == ["replicator"]
    assert not any(role.superuser for name, role in converged.roles.items() if not role.builtin)
    assert converged.roles["backup"].verifier is None


def test_who_administers_may_do_anything_and_all_of_it_is_logged(converged):
    services = (REPLICATION, POOLER, Service("administration", "dba"))
    run(converged, *services)
    assert plan(converged, services=services) == []
    assert converged.roles["dba"].superuser
    converged.roles["dba"] = replace(converged.roles["dba"], settings={"pgaudit.log": "none"})
    assert [c.action for c in plan(converged, services=services)] == [Action.SET_SETTINGS]


def test_without_a_role_for_rewinding_replication_does_it_again(converged):
    run(converged, REPLICATION, POOLER, REWIND)
    gone = (REPLICATION, POOLER, replace(REWIND, present=False))
    assert [(c.action, c.name) for c in plan(converged, services=gone)] == [
        (Action.GRANT_FUNCTIONS, "replicator"),
        (Action.DROP_ROLE, "rewinder"),
    ]


@pytest.mark.parametrize(
    ("drift", "action"),
    [
        ({"member_of": frozenset({"pg_monitor", "pg_read_all_data"})}, Action.REVOKE_MEMBERSHIP),
        ({"superuser": True}, Action.ALTER_ROLE),
    ],
)
def test_a_service_that_became_powerful_is_put_back(converged, drift, action):
    run(converged, REPLICATION, POOLER, MONITORING)
    converged.roles["monitoring"] = replace(converged.roles["monitoring"], **drift)
    assert [c.action for c in plan(converged, services=(REPLICATION, POOLER, MONITORING))] == [action]


def test_a_function_too_many_is_taken_back(converged):
    run(converged, REPLICATION, POOLER, MONITORING)
    converged.functions["monitoring"] = frozenset({"pg_catalog.pg_read_binary_file(text)"})
    assert [c.action for c in plan(converged, services=(REPLICATION, POOLER, MONITORING))] == [Action.REVOKE_FUNCTIONS]


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
    changes = plan_services(state(converged, wanted_lookup("pgbouncer")), [REPLICATION, replace(POOLER, password="third")], [])
    assert [(c.action, c.secret) for c in changes] == [(Action.SET_PASSWORD, "third")]
    assert "third" not in repr(changes) + repr(as_diff(changes))
    assert "third" not in repr(replace(POOLER, password="third"))


def test_a_missing_extension_is_refused(converged):
    with pytest.raises(PostgresError, match="pg_cron"):
        plan_services(state(converged, Lookup()), [REPLICATION, POOLER], ["pg_cron"])


SECOND = Service("pooler", "pgbouncer_second", "fourth")


def test_two_poolers_take_turns(converged):
    both = (REPLICATION, POOLER, SECOND)
    assert [(c.action, c.name) for c in plan(converged, services=both)] == [
        (Action.CREATE_ROLE, "pgbouncer_second"),
        (Action.GRANT_CONNECT, "postgres"),
        (Action.CREATE_LOOKUP, "pgbouncer"),
    ]
    run(converged, *both)
    assert plan(converged, wanted_lookup("pgbouncer", "pgbouncer_second"), both) == []
    turned = (REPLICATION, SECOND, replace(POOLER, password=None, shut_out=True))
    converged.roles["pgbouncer"] = replace(converged.roles["pgbouncer"], sessions=2)
    changes = plan(converged, wanted_lookup("pgbouncer", "pgbouncer_second"), turned)
    assert {(c.action, c.name) for c in changes} == {
        (Action.ALTER_ROLE, "pgbouncer"),
        (Action.CLEAR_PASSWORD, "pgbouncer"),
        (Action.END_SESSIONS, "pgbouncer"),
    }


def test_the_lookup_is_for_both_in_one_statement(converged):
    (change,) = [c for c in plan(converged, services=(REPLICATION, POOLER, SECOND)) if c.action is Action.CREATE_LOOKUP]
    assert change.after["lookup"]["callers"] == ["pgbouncer", "pgbouncer_second"]
