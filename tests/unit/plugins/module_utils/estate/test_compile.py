# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""What a valid estate resolves to, in the shapes that roles are given."""

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.estate import ports
from ansible_collections.tierline.erp.plugins.module_utils.estate.resolve import resolve
from ansible_collections.tierline.erp.tests.unit.plugins.module_utils.estate.estates import Bench, environment


def test_postgres_machine() -> None:
    found = resolve(Bench().intent()).variables["db1"]
    assert found["estate_cell"] == "shared"
    assert found["postgres_ha_cluster"] == "shared"
    assert found["postgres_ha_members"] == [{"name": "db1", "address": "db1"}]
    assert (found["postgres_ha_synchronous_mode"], found["postgres_ha_synchronous_strict"]) == ("off", False)
    assert found["estate_postgres_tenants"][0] == {
        "environment": "acme_prod",
        "database": "acme_prod",
        "owner": "acme_prod",
        "connection_limit": 40,
        "extensions": ["pg_trgm", "unaccent"],
        "secret": "database",
        "logins": ["acme_prod", "acme_prod_second"],
    }
    assert [(c["name"], c["group"]) for c in found["estate_certificates"]] == [
        ("etcd", "etcd"),
        ("patroni", "postgres"),
        ("postgres", "postgres"),
        ("pgbouncer", "postgres"),
        ("redis", "redis"),
    ]
    assert {c["name"]: c["dns_names"] for c in found["estate_certificates"]} == {
        "etcd": ["db1"],
        "patroni": ["db1"],
        "postgres": ["db1", "localhost"],
        "pgbouncer": ["db1"],
        "redis": ["db1"],
    }


def test_redis_machine() -> None:
    found = resolve(Bench().intent()).variables["db1"]
    assert (found["redis_name"], found["redis_purpose"], found["redis_maxmemory_mb"]) == ("shared", "session", 256)
    assert found["redis_members"] == [{"name": "db1", "address": "db1"}]
    assert found["estate_redis_users"][1] == {
        "environment": "globex_prod",
        "name": "globex_prod",
        "key_prefix": "globex_prod:",
        "secret": "redis",
    }


def test_app_machine() -> None:
    found = resolve(Bench().intent()).variables["app1"]
    assert found["odoo_container_edge_addresses"] == ["app1"]
    block = ports.hashed_block("acme_prod")
    assert found["estate_odoo_environments"][0] == {
        "environment": "acme_prod",
        "tenant": "acme",
        "image": "{{ odoo_container_image }}",
        "domains": ["acme-prod.example"],
        "modules": ["account"],
        "database": {"name": "acme_prod", "user": "acme_prod", "host": "db1", "port": 6432},
        "redis": {"host": "db1", "port": 6379, "user": "acme_prod", "key_prefix": "acme_prod:"},
        "ports": {"http": block, "websocket": block + 1, "green_http": block + 2, "green_websocket": block + 3},
        "workers": 2,
        "cron_threads": 1,
        "memory_mb": 1024,
        "cpus": 1.0,
        "egress": True,
        "front_image": "{{ odoo_container_front_image | default('') }}",
        "secrets": {"database": "database", "admin": "admin", "master": "master", "redis": "redis"},
    }


def test_edge_machine() -> None:
    estate = Bench()
    estate.machines["app1"]["address"] = "2001:db8::1"
    found = resolve(estate.intent()).variables["app1"]
    block = ports.hashed_block("acme_prod")
    assert found["estate_traefik_routes"][0] == {
        "environment": "acme_prod",
        "tenant": "acme",
        "domains": ["acme-prod.example"],
        "certificate": "acme_prod",
        "limits": [
            {"requests": "pages", "per": "domain", "average": 50, "burst": 500},
            {"requests": "api", "per": "domain", "average": 50, "burst": 500},
            {"requests": "login", "per": "address", "average": 60, "period_seconds": 60, "burst": 30},
            {"requests": "websocket", "per": "address", "average": 10, "burst": 300},
        ],
        "app_machine": "app1",
        "slots": {
            "blue": {"web": [f"http://[2001:db8::1]:{block}"], "websocket": [f"http://[2001:db8::1]:{block + 1}"]},
            "green": {"web": [f"http://[2001:db8::1]:{block + 2}"], "websocket": [f"http://[2001:db8::1]:{block + 3}"]},
        },
    }
    assert found["estate_certificates"][0] == {
        "name": "acme_prod",
        "common_name": "acme-prod.example",
        "dns_names": ["acme-prod.example"],
        "ip_addresses": [],
        "group": "traefik",
        "usages": ["server"],
        "environment": "acme_prod",
    }


def test_certificates_carry_name_and_address() -> None:
    estate = Bench()
    estate.machines["db1"]["address"] = "192.0.2.11"
    first = resolve(estate.intent()).variables["db1"]["estate_certificates"][0]
    assert (first["dns_names"], first["ip_addresses"]) == (["db1"], ["192.0.2.11"])
    estate.machines["db1"]["address"] = "db1.example"
    first = resolve(estate.intent()).variables["db1"]["estate_certificates"][0]
    assert (first["dns_names"], first["ip_addresses"]) == (["db1", "db1.example"], [])


def test_environment() -> None:
    resolution = resolve(Bench().intent())
    found = resolution.variables["acme_prod"]
    assert found["ansible_connection"] == "local"
    assert found["estate_machines"] == ["app1", "db1"]
    assert resolution.machines_of["acme_prod"] == ["app1", "db1"]
    facts = found["estate_environment"]
    assert facts["database_role"] == "acme_prod"
    assert facts["ports"].keys() == {"http", "websocket", "green_http", "green_websocket"}
    assert facts["promises"]["recovery"] == {"rpo_seconds": 900, "rto_seconds": 14400}
    assert resolution.groups["tier_standard"] == ["acme_prod", "globex_prod"]
    assert resolution.groups.keys() == {
        "tier_standard",
        "tenant_acme",
        "tenant_globex",
        "stage_production",
        "role_app",
        "role_backup",
        "role_edge",
        "role_postgres",
        "role_redis",
    }


def test_what_people_write_for_an_environment_is_used() -> None:
    estate = Bench()
    estate.environments["acme_prod"] |= {
        "image": "{{ special }}",
        "modules": ["account", "sale"],
        "addons": [{"archive": "acme.tar.gz", "sha256": "ab" * 32}],
        "database_name": "books",
        "database_extensions": [],
        "port_block": 20000,
        "overrides": {"sizing.workers": 4, "sizing.connection_limit": 60},
    }
    variables = resolve(estate.intent()).variables
    item = variables["app1"]["estate_odoo_environments"][0]
    assert (item["image"], item["modules"], item["workers"]) == ("{{ special }}", ["account", "sale"], 4)
    assert item["addons"] == [{"archive": "acme.tar.gz", "sha256": "ab" * 32}]
    assert (item["database"]["name"], item["ports"]["http"]) == ("books", 20000)
    tenant = variables["db1"]["estate_postgres_tenants"][0]
    assert (tenant["database"], tenant["connection_limit"], tenant["extensions"]) == ("books", 60, [])


@pytest.mark.parametrize(
    ("room", "workers", "connections"),
    [({"cpus": 4, "memory_mb": 8192}, 8, 16), ({"cpus": 1, "memory_mb": 4096}, 2, 16), ({"cpus": 1, "memory_mb": 1024}, 0, 20)],
)
def test_workers_are_computed_where_a_tier_says_none(room: dict, workers: int, connections: int) -> None:
    estate = Bench()
    estate.tiers["sized"] = {"inherits": "standard", "sizing": {"workers": 0, **room}}
    estate.environments["acme_prod"]["service_tier"] = "sized"
    variables = resolve(estate.intent()).variables
    item = variables["app1"]["estate_odoo_environments"][0]
    assert (item["workers"], item["options"]["db_maxconn"]) == (workers, connections)
    assert variables["acme_prod"]["estate_environment"]["promises"]["sizing"]["workers"] == workers
    assert "sizing.workers" in variables["acme_prod"]["estate_explanation"]["computed, as tier sized (tierline.estate.yml) says"]


def test_members_share_the_connections_that_workers_may_use() -> None:
    estate = Bench()
    estate.add_cell("ha", members=3)
    estate.tiers["wide"] = {
        "inherits": "business",
        "isolation": "dedicated",
        "sizing": {"workers": 0, "cpus": 16, "memory_mb": 32768},
    }
    estate.environments["b_prod"] = environment("b_prod", cell="ha", service_tier="wide")
    item = resolve(estate.intent()).variables["ha-app1"]["estate_odoo_environments"][0]
    # 36 connections for three members, less two crons and the evented process.
    assert item["workers"] == 36 // 3 - 2 - 1


def test_workers_that_are_written_bring_no_options() -> None:
    assert "options" not in resolve(Bench().intent()).variables["app1"]["estate_odoo_environments"][0]


def test_a_cell_without_environments_still_gives_its_machines_their_lists() -> None:
    estate = Bench()
    estate.environments = {}
    variables = resolve(estate.intent()).variables
    assert variables["db1"]["estate_postgres_tenants"] == []
    assert variables["app1"]["estate_traefik_routes"] == []


def test_applications_are_given_all_members_of_their_cell() -> None:
    estate = Bench()
    estate.add_cell("ha", members=3)
    estate.machines["ha-db3"]["address"] = "192.0.2.13"
    estate.environments["b_prod"] = environment("b_prod", cell="ha", service_tier="dedicated_business")
    estate.tiers["dedicated_business"] = {"inherits": "business", "isolation": "dedicated"}
    found = resolve(estate.intent()).variables["ha-app1"]["estate_odoo_environments"][0]
    assert found["database"]["host"] == "ha-db1,ha-db2,192.0.2.13"
    assert found["redis"] == {
        "sentinels": ["ha-db1", "ha-db2", "192.0.2.13"],
        "sentinel_port": 26379,
        "primary": "ha",
        "port": 6379,
        "user": "b_prod",
        "key_prefix": "b_prod:",
    }


def test_three_machines_keep_sessions_whatever_the_tiers_ask() -> None:
    estate = Bench()
    estate.machines |= {"r2": {"machine_roles": ["redis"], "address": "192.0.2.22"}, "r3": {"machine_roles": ["redis"]}}
    estate.members["shared"] += ["r2", "r3"]
    variables = resolve(estate.intent()).variables
    for name in ("db1", "r2", "r3"):
        assert variables[name]["redis_name"] == "shared"
        assert variables[name]["redis_members"] == [
            {"name": "db1", "address": "db1"},
            {"name": "r2", "address": "192.0.2.22"},
            {"name": "r3", "address": "r3"},
        ]
    assert [c["name"] for c in variables["r2"]["estate_certificates"]] == ["redis"]
    assert variables["app1"]["estate_odoo_environments"][0]["redis"]["primary"] == variables["r2"]["redis_name"]


def test_only_services_that_connect_can_prove_themselves() -> None:
    certificates = resolve(Bench().intent()).variables["db1"]["estate_certificates"]
    clients = [c["name"] for c in certificates if "client" in c["usages"]]
    assert clients == ["etcd", "patroni", "pgbouncer"]
