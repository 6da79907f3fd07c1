# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.postgres.errors import PostgresError
from ansible_collections.tierline.erp.plugins.module_utils.postgres.models import Tenant, TenantRole
from ansible_collections.tierline.erp.plugins.module_utils.postgres.services import Service
from ansible_collections.tierline.erp.plugins.module_utils.postgres.validate import (
    setting_text,
    validate_services,
    validate_tenants,
)


def tenant(name: str = "acme", **more) -> Tenant:
    return Tenant(**{"database": name, "owner": name, **more})


@pytest.mark.parametrize(
    ("tenants", "said"),
    [
        ([tenant("Acme")], "bad database name 'Acme'"),
        ([tenant("1acme")], "bad database name '1acme'"),
        ([tenant("a" * 64)], "bad database name"),
        ([tenant('a"; DROP ROLE x')], "bad database name"),
        ([tenant("")], "bad database name ''"),
        ([tenant("acme\n")], "bad database name"),
        ([tenant(password="a\n")], "printable ASCII"),
        ([tenant(owner="acme-prod")], "bad owner name 'acme-prod'"),
        ([tenant("postgres")], "'postgres' is reserved"),
        ([tenant(owner="pg_monitor")], "'pg_monitor' is reserved"),
        ([tenant(owner="replicator")], "'replicator' is reserved"),
        ([tenant(owner="pgbouncer_admin")], "'pgbouncer_admin' is reserved"),
        ([tenant(), tenant()], "database 'acme' is given 2 times"),
        ([tenant("a", owner="x"), tenant("b", owner="x")], "role 'x' is given 2 times"),
        ([tenant(password="secret", login=False)], "login is false and a password is given"),
        ([tenant(password="")], "the password is empty"),
        ([tenant(password="pässword")], "printable ASCII"),
        ([tenant(password="a\nb")], "printable ASCII"),
        ([tenant(connection_limit=-2)], "connection_limit is -2"),
        ([tenant(extensions=("pg trgm",))], "bad extension name 'pg trgm'"),
        ([tenant(settings={"a b": "1"})], "bad setting name 'a b'"),
        ([tenant(present=False)], "allow_removal"),
        ([tenant(present=False)], "needs final_backup"),
        ([tenant(present=False, final_backup="a b")], "'a b' is no name of a backup"),
        ([tenant(roles=(TenantRole("acme", "reporting"),))], "role 'acme' is given 2 times"),
        ([tenant("a", roles=(TenantRole("x", "reporting"),)), tenant("x")], "role 'x' is given 2 times"),
        ([tenant(roles=(TenantRole("monitoring", "reporting"),))], "'monitoring' is reserved"),
        ([tenant(roles=(TenantRole("r", "reporting", password=""),))], "role 'r': the password is empty"),
        ([tenant(roles=(TenantRole("r", "reporting", connection_limit=-3),))], "role 'r': connection_limit is -3"),
        ([tenant(roles=(TenantRole("r", "reporting", settings={"role": "x"}),))], "setting 'role' is not yours"),
    ],
)
def test_refused(tenants, said):
    with pytest.raises(PostgresError) as error:
        validate_tenants(tenants, allow_removal=False)
    assert said in str(error.value)
    assert "pässword" not in str(error.value)


def test_all_problems_are_told_at_once():
    with pytest.raises(PostgresError) as error:
        validate_tenants([tenant("A"), tenant("b", password="")], allow_removal=False)
    assert "'A'" in str(error.value)
    assert "tenant 'b'" in str(error.value)


def test_accepted():
    wanted = [
        tenant(
            password="p4$$ word ~", connection_limit=0, extensions=("uuid-ossp",), settings={"app.tenant": "x", "work_mem": "4MB"}
        ),
        tenant("gone", present=False, final_backup="gone-20260301T020000Z"),
    ]
    validate_tenants(wanted, allow_removal=True)


@pytest.mark.parametrize(
    ("name", "password"), [("Pooler", "x"), ("pg_pool", "x"), ("postgres", "x"), ("pooler", ""), ("pooler", "ä")]
)
def test_bad_service_roles_are_refused(name, password):
    with pytest.raises(PostgresError, match="pooler"):
        validate_services([Service("pooler", name, password)])


def test_services_need_names_of_their_own():
    with pytest.raises(PostgresError, match="role 'x' is given 2 times"):
        validate_services([Service("pooler", "x"), Service("backup", "x")])


def test_good_service_roles_are_accepted():
    validate_services([Service("pooler", "pgbouncer", "secret"), Service("backup", "backup")])


@pytest.mark.parametrize(
    ("value", "text"), [(True, "on"), (False, "off"), (0, "0"), (15, "15"), ("15min", "15min"), (1.1, "1.1")]
)
def test_yaml_values_become_settings(value, text):
    assert setting_text(value) == text
