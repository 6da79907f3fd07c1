# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.postgres.errors import PostgresError
from ansible_collections.tierline.erp.plugins.module_utils.postgres.models import (
    Action,
    Contents,
    Database,
    Role,
    Tenant,
    TenantRole,
    as_diff,
)
from ansible_collections.tierline.erp.plugins.module_utils.postgres.plan import plan_tenants
from ansible_collections.tierline.erp.plugins.module_utils.postgres.scram import make_verifier, matches
from hypothesis import given
from hypothesis import strategies as st
from postgres_fakes import FakeServer

ACME = Tenant("acme", "acme", "secret", 40, ("pg_trgm", "unaccent"), {"statement_timeout": "15min"})
KEPT = make_verifier("secret", b"salt", 2)


def plan(server: FakeServer, *tenants: Tenant):
    seen = server.read(
        [name for t in tenants for name in t.role_names],
        [t.database for t in tenants],
        {t.database: (t.owner, t.present_roles("reporting")) for t in tenants},
    )
    return plan_tenants(seen, tenants)


def run(server: FakeServer, *tenants: Tenant):
    changes = plan(server, *tenants)
    server.lock()
    server.apply(changes)
    return changes


def actions(changes):
    return [(change.action, change.name) for change in changes]


@pytest.fixture
def server() -> FakeServer:
    return FakeServer()


@pytest.fixture
def converged(server) -> FakeServer:
    run(server, ACME)
    return server


def test_a_new_tenant_gets_everything_in_a_workable_order(server):
    assert actions(run(server, ACME)) == [
        (Action.REVOKE_PUBLIC, "postgres"),
        (Action.REVOKE_PUBLIC, "template1"),
        (Action.CREATE_ROLE, "acme"),
        (Action.SET_SETTINGS, "acme"),
        (Action.GRANT_CONNECT, "postgres"),
        (Action.CREATE_DATABASE, "acme"),
        (Action.REVOKE_PUBLIC, "acme"),
        (Action.CREATE_EXTENSIONS, "acme"),
    ]


def test_a_second_run_has_nothing_to_do(converged):
    assert plan(converged, ACME) == []


def test_neither_diff_nor_representation_shows_a_secret(server):
    changes = plan(server, ACME)
    assert "secret" not in repr(changes) + repr(ACME) + repr(as_diff(changes)) + str([str(c) for c in changes])
    assert as_diff(changes)["after"]["roles"]["acme"]["password"] == "as given"


def test_a_role_without_a_password_is_made_without_one(server):
    run(server, replace(ACME, password=None))
    assert server.roles["acme"].verifier is None


@pytest.mark.parametrize("flag", ["superuser", "createdb", "createrole", "bypassrls"])
def test_a_tenant_who_became_powerful_is_put_back(converged, flag):
    converged.roles["acme"] = replace(converged.roles["acme"], **{flag: True})
    changes = run(converged, ACME)
    assert as_diff(changes) == {"before": {"roles": {"acme": {flag: True}}}, "after": {"roles": {"acme": {flag: False}}}}
    assert plan(converged, ACME) == []


@pytest.mark.parametrize(
    ("drift", "action"),
    [
        ({"verifier": "md5c4ca4238a0b923820dcc509a6f75849b"}, Action.SET_PASSWORD),
        ({"verifier": None}, Action.SET_PASSWORD),
        ({"verifier": make_verifier("other", b"salt", 2)}, Action.SET_PASSWORD),
        ({"connection_limit": 3}, Action.ALTER_ROLE),
        ({"login": False}, Action.ALTER_ROLE),
        ({"settings": {"work_mem": "1GB"}}, Action.SET_SETTINGS),
    ],
)
def test_drift_of_a_role_is_mended(converged, drift, action):
    converged.roles["acme"] = replace(converged.roles["acme"], **drift)
    assert actions(run(converged, ACME)) == [(action, "acme")]
    assert plan(converged, ACME) == []


@pytest.mark.parametrize(
    ("drift", "action"),
    [({"owner": "postgres"}, Action.SET_OWNER), ({"public": frozenset({"CONNECT"})}, Action.REVOKE_PUBLIC)],
)
def test_drift_of_a_database_is_mended(converged, drift, action):
    converged.databases["acme"] = replace(converged.databases["acme"], **drift)
    assert actions(run(converged, ACME)) == [(action, "acme")]
    assert plan(converged, ACME) == []


@pytest.mark.parametrize("contents", [{"schema_owner": "postgres"}, {"schema_public_create": True}])
def test_a_public_schema_from_an_older_server_is_closed(converged, contents):
    converged.contents["acme"] = replace(converged.contents["acme"], **contents)
    assert actions(run(converged, ACME)) == [(Action.OWN_SCHEMA, "acme")]
    assert plan(converged, ACME) == []


@pytest.mark.parametrize("owner", [None, "acme", "pg_database_owner"])
def test_a_public_schema_that_is_missing_or_the_owners_is_left_alone(converged, owner):
    converged.contents["acme"] = replace(converged.contents["acme"], schema_owner=owner)
    assert plan(converged, ACME) == []


def test_what_is_not_asked_for_is_left_alone(converged):
    converged.roles["acme"] = replace(converged.roles["acme"], verifier=KEPT)
    converged.contents["acme"] = Contents(frozenset({"plpgsql", "pg_trgm", "unaccent", "hstore"}))
    assert plan(converged, replace(ACME, password=None, settings=None)) == []
    assert matches(converged.roles["acme"].verifier, "secret")


def test_settings_that_are_no_longer_wanted_are_reset(converged):
    changes = run(converged, replace(ACME, settings={}))
    assert as_diff(changes)["after"] == {"roles": {"acme": {"settings": {"statement_timeout": None}}}}
    assert converged.roles["acme"].settings == {}


def test_another_tenant_is_never_touched(converged):
    before = (converged.roles["acme"], converged.databases["acme"], converged.contents["acme"])
    run(converged, Tenant("globex", "globex", "x"))
    assert (converged.roles["acme"], converged.databases["acme"], converged.contents["acme"]) == before


def test_removal_drops_database_and_role(converged):
    gone = Tenant("acme", "acme", present=False, final_backup="acme-1")
    assert actions(run(converged, gone)) == [
        (Action.RECORD_REMOVAL, "acme"),
        (Action.DROP_DATABASE, "acme"),
        (Action.DROP_ROLE, "acme"),
    ]
    assert converged.removals == [("acme", "acme", "acme-1")]
    assert plan(converged, gone) == []
    assert "acme" not in converged.databases["postgres"].connectors


REPORT = TenantRole("acme_report", "reporting", "r", 5, {"work_mem": "64MB"})
BLUE = TenantRole("acme_blue", "application", "b")
WITH_ROLES = replace(ACME, roles=(REPORT, BLUE))


def test_other_roles_of_a_new_tenant_are_made_in_a_workable_order(server):
    assert actions(run(server, WITH_ROLES)) == [
        (Action.REVOKE_PUBLIC, "postgres"),
        (Action.REVOKE_PUBLIC, "template1"),
        (Action.CREATE_ROLE, "acme"),
        (Action.SET_SETTINGS, "acme"),
        (Action.CREATE_ROLE, "acme_report"),
        (Action.SET_SETTINGS, "acme_report"),
        (Action.CREATE_ROLE, "acme_blue"),
        (Action.GRANT_MEMBERSHIP, "acme_blue"),
        (Action.SET_SETTINGS, "acme_blue"),
        (Action.GRANT_CONNECT, "postgres"),
        (Action.CREATE_DATABASE, "acme"),
        (Action.REVOKE_PUBLIC, "acme"),
        (Action.GRANT_CONNECT, "acme"),
        (Action.CREATE_EXTENSIONS, "acme"),
        (Action.GRANT_READING, "acme"),
    ]
    assert plan(server, WITH_ROLES) == []
    assert server.databases["acme"].connectors == {"acme_report", "acme_blue"}
    assert server.databases["postgres"].connectors == {"acme", "acme_blue"}, "reports have no bus to listen to"
    assert server.roles["acme_blue"].settings == {"role": "acme"}
    assert server.roles["acme_report"].settings == {"work_mem": "64MB", "default_transaction_read_only": "on"}
    assert server.roles["acme_report"].member_of == frozenset()


@pytest.mark.parametrize(
    ("name", "drift", "action"),
    [
        ("acme", {"member_of": frozenset({"pg_read_all_data"})}, Action.REVOKE_MEMBERSHIP),
        ("acme_report", {"member_of": frozenset({"acme"})}, Action.REVOKE_MEMBERSHIP),
        ("acme_blue", {"member_of": frozenset()}, Action.GRANT_MEMBERSHIP),
        ("acme_blue", {"settings": {}}, Action.SET_SETTINGS),
        ("acme_report", {"verifier": None}, Action.SET_PASSWORD),
        ("acme_report", {"superuser": True}, Action.ALTER_ROLE),
    ],
)
def test_drift_of_other_roles_is_mended(server, name, drift, action):
    run(server, WITH_ROLES)
    server.roles[name] = replace(server.roles[name], **drift)
    assert actions(run(server, WITH_ROLES)) == [(action, name)]
    assert plan(server, WITH_ROLES) == []


def test_a_table_that_reports_may_not_read_is_seen(server):
    run(server, WITH_ROLES)
    server.contents["acme"] = replace(server.contents["acme"], readers=frozenset())
    assert actions(run(server, WITH_ROLES)) == [(Action.GRANT_READING, "acme")]


def test_a_role_that_is_not_the_tenants_is_kept_out(server):
    run(server, ACME)
    server.roles["stranger"] = Role("stranger")
    server.databases["acme"] = replace(server.databases["acme"], connectors=frozenset({"acme", "stranger"}))
    assert actions(run(server, ACME)) == [(Action.REVOKE_CONNECT, "acme")]
    assert server.databases["acme"].connectors == {"acme"}


def test_a_role_that_is_no_longer_wanted_leaves_what_it_made_to_the_owner(server):
    run(server, WITH_ROLES)
    gone = replace(ACME, roles=(replace(REPORT, present=False), replace(BLUE, present=False)))
    assert actions(run(server, gone)) == [
        (Action.EMPTY_ROLES, "acme"),
        (Action.DROP_ROLE, "acme_report"),
        (Action.DROP_ROLE, "acme_blue"),
    ]
    assert plan(server, gone) == []
    assert set(server.roles) == {"postgres", "acme"}


def test_removal_takes_the_other_roles_along(server):
    run(server, WITH_ROLES)
    run(server, Tenant("acme", "acme", roles=(REPORT, BLUE), present=False, final_backup="acme-1"))
    assert set(server.roles) == {"postgres"}


@pytest.mark.parametrize(
    ("role", "said"),
    [
        (Role("acme", replication=True), "role 'acme' belongs to the server"),
        (Role("acme", superuser=True, builtin=True), "role 'acme' belongs to the server"),
    ],
)
def test_roles_of_the_server_are_refused(server, role, said):
    server.roles["acme"] = role
    with pytest.raises(PostgresError, match=said):
        plan(server, ACME)


@pytest.mark.parametrize(
    ("database", "said"),
    [
        (Database("acme", "acme", encoding="SQL_ASCII"), "has encoding SQL_ASCII, wanted is UTF8"),
        (Database("acme", "acme", lc_collate="de_DE.UTF-8"), "has lc_collate de_DE.UTF-8, wanted is C"),
        (Database("acme", "acme", lc_ctype="C"), "has lc_ctype C, wanted is C.UTF-8"),
        (Database("acme", "acme", accepts_connections=False), "accepts no connections"),
    ],
)
def test_databases_that_cannot_be_changed_are_refused(server, database, said):
    server.databases["acme"] = database
    with pytest.raises(PostgresError, match=said):
        plan(server, ACME)


def test_spellings_of_one_locale_are_the_same(converged):
    converged.databases["acme"] = replace(converged.databases["acme"], lc_ctype="C.utf8")
    assert plan(converged, ACME) == []


def test_removal_of_somebody_elses_database_is_refused(converged):
    with pytest.raises(PostgresError, match="belongs to 'acme', not to 'globex'"):
        plan(converged, Tenant("acme", "globex", present=False))


def test_an_extension_that_the_server_lacks_is_refused(server):
    with pytest.raises(PostgresError, match="no extension postgis: install its package"):
        plan(server, replace(ACME, extensions=("postgis",)))


names = st.sampled_from(["a", "b", "c", "d"])
passwords = st.sampled_from([None, "one", "two"])
other_roles = st.builds(
    lambda access, password, present: (access, password, present),
    st.sampled_from(["application", "reporting"]),
    passwords,
    st.booleans(),
)
tenants = st.builds(
    lambda name, roles, **more: Tenant(
        name,
        f"{name}_owner",
        roles=tuple(TenantRole(f"{name}_{n}", *role[:2], present=role[2]) for n, role in enumerate(roles)),
        final_backup="last",
        **more,
    ),
    names,
    # Always as many: a role that isn't mentioned stays, which is another test's subject.
    st.lists(other_roles, min_size=2, max_size=2),
    password=passwords,
    connection_limit=st.sampled_from([-1, 0, 40]),
    extensions=st.lists(st.sampled_from(["pg_trgm", "unaccent"]), unique=True).map(tuple),
    settings=st.none() | st.dictionaries(st.sampled_from(["work_mem", "statement_timeout"]), st.sampled_from(["1", "2"])),
    present=st.booleans(),
)
wishes = st.lists(tenants, unique_by=lambda t: t.database)


def satisfied_role(server: FakeServer, tenant: Tenant, wanted: TenantRole) -> bool:
    role, works = server.roles[wanted.name], wanted.access == "application"
    return (
        (wanted.password is None or matches(role.verifier, wanted.password))
        and role.member_of == ({tenant.owner} if works else frozenset())
        and role.settings == wanted.all_settings(tenant.owner)
        and wanted.name in server.databases[tenant.database].connectors
        and (works or wanted.name in server.contents[tenant.database].readers)
    )


def satisfied(server: FakeServer, tenant: Tenant) -> bool:
    if not tenant.present:
        return tenant.database not in server.databases and not set(tenant.role_names) & set(server.roles)
    for other in tenant.roles:
        if other.present != (other.name in server.roles) or (other.present and not satisfied_role(server, tenant, other)):
            return False
    role, database = server.roles[tenant.owner], server.databases[tenant.database]
    return (
        (tenant.password is None or matches(role.verifier, tenant.password))
        and (tenant.settings is None or role.settings == tenant.settings)
        and role.connection_limit == tenant.connection_limit
        and not (role.superuser or role.createdb or role.createrole or role.replication or role.bypassrls)
        and database.owner == tenant.owner
        and not database.public
        and set(tenant.extensions) <= server.contents[tenant.database].extensions
        and tenant.owner in server.databases["postgres"].connectors
    )


@given(wishes, wishes)
def test_from_any_wish_to_any_other_in_one_run(first, second):
    server = FakeServer()
    for wished in (first, second):
        run(server, *wished)
        assert all(satisfied(server, tenant) for tenant in wished)
        assert plan(server, *wished) == []


@given(wishes, wishes, st.data())
def test_a_run_that_was_cut_off_anywhere_is_completed_by_the_next(first, second, data):
    server = FakeServer()
    run(server, *first)
    changes = plan(server, *second)
    for change in changes[: data.draw(st.integers(0, len(changes)))]:
        server.apply_one(change)
    run(server, *second)
    assert all(satisfied(server, tenant) for tenant in second)
    assert plan(server, *second) == []


@given(wishes, st.randoms())
def test_order_of_the_tenants_does_not_matter(wished, random):
    shuffled = list(wished)
    random.shuffle(shuffled)
    servers = FakeServer(), FakeServer()
    diffs = [as_diff(run(server, *order)) for server, order in zip(servers, (wished, shuffled), strict=True)]
    assert diffs[0] == diffs[1]


def test_a_login_whose_turn_is_over_is_locked_out_for_good(server):
    """Without a password, since poolers ask for no more than that; and out of the sessions that are open."""
    second = TenantRole("acme_second", "application", password="two")
    both = Tenant("acme", "acme", password="one", roles=(second,))
    run(server, both)
    server.roles["acme"] = replace(server.roles["acme"], sessions=3)
    over = replace(both, login=False, password=None)
    assert [str(change) for change in run(server, over)] == [
        "alter role acme",
        "take the password from role acme",
        "end the sessions of role acme",
    ]
    locked = server.roles["acme"]
    assert (locked.connection_limit, locked.verifier, locked.sessions) == (0, None, 0)
    assert locked.login, "Odoo looks up its databases' owner in pg_user, where only those stand who have LOGIN"
    assert server.roles["acme_second"].connection_limit == -1
    assert run(server, over) == []
    # Cut off before the last step: what is left is seen.
    server.roles["acme"] = replace(server.roles["acme"], sessions=1)
    assert [change.action for change in run(server, over)] == [Action.END_SESSIONS]
    assert [str(change) for change in run(server, both)] == ["alter role acme", "set the password of role acme"]
