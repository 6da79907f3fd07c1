# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The glue: arguments become tenants, check mode changes nothing, and documentation and arguments agree."""

from __future__ import annotations

import pathlib
import sys

import pytest
import yaml
from ansible_collections.tierline.erp.plugins.doc_fragments import patroni, postgres
from ansible_collections.tierline.erp.plugins.module_utils.postgres import api_arguments
from ansible_collections.tierline.erp.plugins.module_utils.postgres.api_arguments import addresses
from ansible_collections.tierline.erp.plugins.module_utils.postgres.errors import PostgresError
from ansible_collections.tierline.erp.plugins.module_utils.postgres.login import login
from ansible_collections.tierline.erp.plugins.module_utils.postgres.models import Tenant
from ansible_collections.tierline.erp.plugins.module_utils.postgres.operations import Operator
from ansible_collections.tierline.erp.plugins.module_utils.postgres.patroni import PatroniApi
from ansible_collections.tierline.erp.plugins.module_utils.postgres.services import Service
from ansible_collections.tierline.erp.plugins.modules import (
    postgres_cluster_config,
    postgres_cluster_info,
    postgres_cluster_restart,
    postgres_credentials_info,
    postgres_endpoint_probe,
    postgres_reinitialise,
    postgres_services,
    postgres_switchover,
    postgres_tenants,
    postgres_tenants_info,
)

sys.path.append(str(pathlib.Path(__file__).parents[1] / "module_utils" / "postgres"))
from cluster_fakes import FakeApi, FakeClock, FakePoolers, healthy
from postgres_fakes import FakeServer

MODULES = [
    postgres_cluster_config,
    postgres_cluster_info,
    postgres_cluster_restart,
    postgres_credentials_info,
    postgres_endpoint_probe,
    postgres_reinitialise,
    postgres_services,
    postgres_switchover,
    postgres_tenants,
    postgres_tenants_info,
]
FRAGMENTS = {
    "tierline.erp.postgres": postgres.ModuleDocFragment.DOCUMENTATION,
    "tierline.erp.patroni": patroni.ModuleDocFragment.DOCUMENTATION,
    "tierline.erp.patroni.members": patroni.ModuleDocFragment.MEMBERS,
    "tierline.erp.patroni.poolers": patroni.ModuleDocFragment.POOLERS,
    "tierline.erp.patroni.health": patroni.ModuleDocFragment.HEALTH,
    "tierline.erp.patroni.operation": patroni.ModuleDocFragment.OPERATION,
}


def _documented(options):
    return {
        name: {key: option.get(key) for key in ("type", "elements", "choices", "default", "required")}
        | {"suboptions": _documented(option.get("suboptions") or {})}
        for name, option in options.items()
    }


def _accepted(arguments):
    return {
        name: {key: argument.get(key) for key in ("type", "elements", "choices", "default", "required")}
        | {"suboptions": _accepted(argument.get("options") or {})}
        for name, argument in arguments.items()
    }


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.rpartition(".")[2])
def test_documentation_and_arguments_agree(module):
    documentation = yaml.safe_load(module.DOCUMENTATION)
    options = documentation["options"]
    for fragment in documentation["extends_documentation_fragment"]:
        options |= yaml.safe_load(FRAGMENTS.get(fragment, "options: {}"))["options"]
    assert _accepted(module.ARGUMENTS) == _documented(options)
    yaml.safe_load(module.EXAMPLES)
    yaml.safe_load(module.RETURN)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.rpartition(".")[2])
def test_secrets_are_marked(module):
    def walk(arguments):
        for name, argument in arguments.items():
            assert argument.get("no_log") or "password" not in name, name
            walk(argument.get("options") or {})

    walk(module.ARGUMENTS)


ITEM = {
    "database": "acme",
    "owner": None,
    "state": "present",
    "password": "secret",
    "login": True,
    "connection_limit": 40,
    "extensions": ["pg_trgm"],
    "settings": {"jit": False, "work_mem": "4MB"},
    "lc_collate": "C",
    "lc_ctype": "C.UTF-8",
    "roles": [],
    "final_backup": None,
    "environment": "acme_prod",
    "secret": "database",
}


def test_an_item_becomes_a_tenant():
    settings = {"jit": "off", "work_mem": "4MB"}
    assert postgres_tenants.as_tenant(ITEM) == Tenant("acme", "acme", "secret", 40, ("pg_trgm",), settings)
    assert postgres_tenants.as_tenant({**ITEM, "owner": "o", "settings": None, "state": "absent"}) == Tenant(
        "acme", "o", "secret", 40, ("pg_trgm",), None, present=False
    )


def test_a_dry_run_says_what_the_real_one_does_and_does_nothing():
    server, tenants = FakeServer(), [postgres_tenants.as_tenant(ITEM)]
    dry = postgres_tenants.run(server, tenants, check_mode=True)
    assert "acme" not in server.databases
    first = postgres_tenants.run(server, tenants, check_mode=False)
    assert dry == first
    assert first["changed"]
    assert postgres_tenants.run(server, tenants, check_mode=False) == {
        "changed": False,
        "diff": {"before": {}, "after": {}},
        "changes": [],
    }


class FakeInfoServer(FakeServer):
    def database_names(self):
        return [name for name in self.databases if name not in ("postgres", "template1")]

    def owners(self, databases):
        return {name: self.databases[name].owner for name in databases if name in self.databases}

    def connectors(self, databases):
        return {name: sorted(self.databases[name].connectors - {self.databases[name].owner}) for name in databases}

    def evidence(self):
        return []

    def sizes(self, databases):
        return dict.fromkeys(databases, (4096, 1))


@pytest.mark.parametrize(("asked", "told"), [(None, ["acme"]), (["acme", "unknown"], ["acme"]), ([], [])])
def test_info_tells_what_was_asked_for(asked, told):
    server = FakeInfoServer()
    postgres_tenants.run(server, [postgres_tenants.as_tenant(ITEM)], check_mode=False)
    assert [tenant["database"] for tenant in postgres_tenants_info.run(server, asked)["tenants"]] == told


def operator(cluster):
    clock = FakeClock()
    return Operator(FakeApi(cluster, clock), FakePoolers(), clock)


def test_cluster_configuration_is_patched_once():
    one = operator(healthy())
    one.api.config = {"ttl": 30}
    dry = postgres_cluster_config.run(one, {"ttl": 20}, None, check_mode=True)
    first = postgres_cluster_config.run(one, {"ttl": 20}, None, check_mode=False)
    assert dry == first
    assert first == {
        "changed": True,
        "diff": {"before": {"ttl": 30}, "after": {"ttl": 20}},
        "patch": {"ttl": 20},
        "restart_needed": [],
    }
    assert not postgres_cluster_config.run(one, {"ttl": 20}, None, check_mode=False)["changed"]


def test_maintenance_mode_is_entered_and_left_once():
    one = operator(healthy())
    for paused, patch in ((True, {"pause": True}), (True, {}), (False, {"pause": None}), (False, {})):
        assert postgres_cluster_config.run(one, {}, paused, check_mode=False)["patch"] == patch
        assert one.api.cluster.paused is paused


def test_a_setting_that_needs_a_restart_waits_for_health():
    one = operator(healthy())
    one.api.change("db3", streaming=False)
    wanted = {"postgresql": {"parameters": {"max_connections": 300}}}
    with pytest.raises(PostgresError, match="nothing was changed: db3 doesn't stream"):
        postgres_cluster_config.run(one, wanted, None, check_mode=False)
    assert one.api.config == {}
    one.api.change("db3", streaming=True)
    assert postgres_cluster_config.run(one, wanted, None, check_mode=False)["restart_needed"] == ["max_connections"]


def test_a_rolling_restart_is_told_and_done():
    one = operator(healthy(pending=("db2", "db1")))
    dry = postgres_cluster_restart.run(one, "pending", None, check_mode=True)
    assert one.api.calls == []
    real = postgres_cluster_restart.run(one, "pending", None, check_mode=False)
    assert dry["actions"] == real["actions"] == ["restart db2", "switchover from db1 to db2"]
    assert dry["diff"] == real["diff"]
    one.done.clear()
    assert not postgres_cluster_restart.run(one, "pending", None, check_mode=False)["changed"]


def test_a_cluster_that_waits_for_nothing_may_be_unhealthy():
    one = operator(healthy())
    one.api.change("db3", streaming=False)
    assert not postgres_cluster_restart.run(one, "pending", None, check_mode=False)["changed"]
    with pytest.raises(PostgresError, match="nothing was changed"):
        postgres_cluster_restart.run(one, "all", None, check_mode=False)


def test_a_switchover_is_told_and_done_once():
    one, prepared = operator(healthy()), []
    one.poolers.state = "paused"
    dry = postgres_switchover.run(one, "db3", lambda: prepared.append(1), check_mode=True)
    assert (one.api.calls, prepared, one.poolers.state) == ([], [], "paused")
    real = postgres_switchover.run(one, "db3", lambda: prepared.append(1), check_mode=False)
    assert prepared == [1]
    assert dry["actions"] == real["actions"] == ["resume PgBouncer on db1", "switchover from db1 to db3"]
    assert dry["diff"] == real["diff"] == {"before": {"primary": "db1"}, "after": {"primary": "db3"}}
    one.done.clear()
    assert not postgres_switchover.run(one, "db3", lambda: None, check_mode=False)["changed"]


def test_a_reinitialisation_is_told_and_done():
    one = operator(healthy())
    dry = postgres_reinitialise.run(one, "db3", False, check_mode=True)
    assert one.api.calls == []
    assert dry["actions"] == postgres_reinitialise.run(one, "db3", False, check_mode=False)["actions"] == ["reinitialise db3"]
    with pytest.raises(PostgresError, match="is the primary"):
        postgres_reinitialise.run(one, "db1", False, check_mode=True)


class Waiting(FakeClock):
    monotonic = FakeClock.now


def test_info_waits_for_health_and_tells_it():
    one = operator(healthy())
    one.api.restart("db2", 1)
    seen = postgres_cluster_info.run(one.api, one.poolers, one.rules, 0, Waiting())
    assert (seen["healthy"], seen["reasons"], seen["pgbouncers"]) == (False, ["db2 is starting, not running"], {"db1": "active"})
    clock = Waiting()
    one.api.clock = clock
    assert postgres_cluster_info.run(one.api, None, one.rules, 30, clock)["healthy"]


def test_certificates_that_cannot_be_read_are_named():
    with pytest.raises(PostgresError, match="/nowhere/ca"):
        PatroniApi({"db1": "db1"}, 8008, "/nowhere/ca", "/nowhere/crt", "/nowhere/key", "patroni", "x")


def test_each_member_is_named_once():
    with pytest.raises(PostgresError, match="each member"):
        addresses({"members": [{"name": "db1", "address": "a"}, {"name": "db1", "address": "b"}]})


def test_the_socket_wants_no_tls_and_the_network_does():
    params = {name: argument.get("default") for name, argument in postgres_tenants.LOGIN_ARGUMENTS.items()}
    assert login(params)["host"] == "/var/run/postgresql"
    assert login(params)["sslmode"] is None
    assert login({**params, "login_host": "db1", "ca_cert": "/ca"}) == {
        "host": "db1",
        "port": 5432,
        "user": "postgres",
        "password": None,
        "sslmode": "verify-full",
        "sslrootcert": "/ca",
    }


def test_services_are_read_from_the_arguments():
    params = {
        "replication": {"name": "replicator", "password": "a", "others": [{"name": "replicator_second", "password": None}]},
        "pooler": {"name": "pgbouncer", "password": "b", "others": [{"name": "pgbouncer_second", "password": "d"}]},
        "services": [
            {"service": "rewind", "name": None, "state": "present", "password": "c", "connection_limit": 10},
            {"service": "backup", "name": "pgbackrest", "state": "absent", "password": None, "connection_limit": 2},
        ],
    }
    assert postgres_services.as_services(params) == [
        Service("replication", "replicator", "a"),
        Service("replication", "replicator_second", None, shut_out=True),
        Service("pooler", "pgbouncer", "b"),
        Service("pooler", "pgbouncer_second", "d"),
        Service("rewind", "rewinder", "c", 10),
        Service("backup", "pgbackrest", None, 2, present=False),
    ]


class Flaky:
    def __init__(self, clock):
        self.clock = clock

    def write(self):
        down = 3 <= self.clock.now() < 5
        self.clock.sleep(0.01)
        return "gone" if down else ""


def test_a_probe_measures_how_long_writes_fail():
    clock = Waiting()
    found = postgres_endpoint_probe.run(Flaky(clock), 10, 10, clock)
    assert found["outage"] == pytest.approx(2, abs=0.11)
    assert found["first_error"] == "gone"
    assert found["errors"] + found["writes"] > 90


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ([], ["https://192.0.2.1:2379", "https://192.0.2.2:2379"]),
        (["192.0.2.9"], ["https://192.0.2.9:2379"]),
    ],
)
def test_a_resigning_primary_asks_the_etcd_that_holds_the_cluster(monkeypatch, given, asked):
    seen = []
    monkeypatch.setattr(api_arguments, "EtcdClient", lambda endpoints, *_paths, **_options: seen.extend(endpoints))
    api_arguments.open_resignation(
        {
            "members": [{"name": "db1", "address": "192.0.2.1"}, {"name": "db2", "address": "192.0.2.2"}],
            "data_directory": "/srv/data",
            "etcd_prefix": "/tierline/cell/",
            "etcd_port": 2379,
            "etcd_addresses": given,
            "ca_cert": "ca.crt",
            "client_cert": "tls.crt",
            "client_key": "tls.key",
        }
    )
    assert seen == asked
