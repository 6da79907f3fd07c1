# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The glue: arguments become tenants, check mode changes nothing, and documentation and arguments agree."""

from __future__ import annotations

import pathlib
import sys

import pytest
import yaml
from ansible_collections.tierline.erp.plugins.doc_fragments.postgres import ModuleDocFragment
from ansible_collections.tierline.erp.plugins.module_utils.postgres.errors import PostgresError
from ansible_collections.tierline.erp.plugins.module_utils.postgres.login import login
from ansible_collections.tierline.erp.plugins.module_utils.postgres.models import Tenant
from ansible_collections.tierline.erp.plugins.module_utils.postgres.patroni import PatroniApi
from ansible_collections.tierline.erp.plugins.module_utils.postgres.services import Service
from ansible_collections.tierline.erp.plugins.modules import (
    postgres_cluster_config,
    postgres_services,
    postgres_tenants,
    postgres_tenants_info,
)

sys.path.append(str(pathlib.Path(__file__).parents[1] / "module_utils" / "postgres"))
from postgres_fakes import FakeServer

MODULES = [postgres_cluster_config, postgres_services, postgres_tenants, postgres_tenants_info]
LOGIN = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]


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
    shared = LOGIN if "tierline.erp.postgres" in documentation["extends_documentation_fragment"] else {}
    assert _accepted(module.ARGUMENTS) == _documented({**documentation["options"], **shared})
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


class FakeApi:
    def __init__(self, config):
        self.config = config

    def read_config(self):
        return self.config

    def patch_config(self, patch):
        self.config = {**self.config, **patch}


def test_cluster_configuration_is_patched_once():
    api = FakeApi({"ttl": 30})
    dry = postgres_cluster_config.run(api, {"ttl": 20}, check_mode=True)
    first = postgres_cluster_config.run(api, {"ttl": 20}, check_mode=False)
    assert dry == first == {"changed": True, "diff": {"before": {"ttl": 30}, "after": {"ttl": 20}}, "patch": {"ttl": 20}}
    assert not postgres_cluster_config.run(api, {"ttl": 20}, check_mode=False)["changed"]


def test_certificates_that_cannot_be_read_are_named():
    with pytest.raises(PostgresError, match="/nowhere/ca"):
        PatroniApi("https://db1:8008", "/nowhere/ca", "/nowhere/crt", "/nowhere/key", "patroni", "x")


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
        "replication": {"name": "replicator", "password": "a"},
        "pooler": {"name": "pgbouncer", "password": "b"},
        "services": [
            {"service": "rewind", "name": None, "state": "present", "password": "c", "connection_limit": 10},
            {"service": "backup", "name": "pgbackrest", "state": "absent", "password": None, "connection_limit": 2},
        ],
    }
    assert postgres_services.as_services(params) == [
        Service("replication", "replicator", "a"),
        Service("pooler", "pgbouncer", "b"),
        Service("rewind", "rewinder", "c", 10),
        Service("backup", "pgbackrest", None, 2, present=False),
    ]
