# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.estate.errors import EstateError
from ansible_collections.tierline.erp.plugins.module_utils.estate.resolve import resolve
from ansible_collections.tierline.erp.tests.unit.plugins.module_utils.estate.estates import Bench

OWN = {"kind": "object_storage", "object_lock": True}


def bench(machine: str = "db1", **store: Any) -> Bench:
    """The cell `shared` keeps its backups on a machine of its own."""
    estate = Bench()
    estate.machines[machine]["machine_roles"] = [*estate.machines[machine]["machine_roles"], "backup"]
    estate.cells["shared"]["cell_backup_store"] = {**OWN, **store}
    return estate


def vault() -> Bench:
    """A cell without environments keeps the backups of two others."""
    estate = Bench()
    estate.add_cell("single")
    estate.environments["globex_prod"]["cell"] = "single"
    estate.machines["vault1"] = {"machine_roles": ["backup"], "address": "192.0.2.9"}
    estate.cells["vault"], estate.members["vault"] = {"cell_isolation": "shared"}, ["vault1"]
    for cell in ("shared", "single"):
        estate.cells[cell]["cell_backup_store"] = {**OWN, "cell": "vault"}
    return estate


def variables(estate: Bench, name: str = "db1") -> dict[str, Any]:
    return resolve(estate.intent()).variables[name]


def roles(found: dict[str, Any]) -> list[str]:
    return [name for name in found if name.startswith(("backup_agent", "object_store"))]


def test_without_a_tier_that_asks_nothing_is_backed_up() -> None:
    estate = bench()
    nothing = {"enabled": False, "records_retention_years": 0}
    estate.tiers["bare"] = {"inherits": "standard", "backup": nothing, "recovery": {"rpo_seconds": 0}}
    estate.tiers["bare"] |= {"availability": {"database_members": 3, "synchronous_mode": "quorum", "synchronous_strict": True}}
    for words in estate.environments.values():
        words |= {"service_tier": "bare"}
    estate.machines |= {"db2": {"machine_roles": ["postgres"]}, "db3": {"machine_roles": ["postgres"]}}
    estate.members["shared"] += ["db2", "db3"]
    assert roles(variables(estate, "db2")) == []
    assert "backup" not in [item["service"] for item in variables(estate, "db2")["postgres_ha_services"]]
    assert variables(estate)["object_store_buckets"] == []


def test_the_most_demanding_environment_decides() -> None:
    estate = bench()
    estate.tiers["gold"] = {"inherits": "standard", "backup": {"wal_archive_seconds": 30, "retention_days": 90}}
    estate.environments["acme_prod"]["service_tier"] = "gold"
    found = variables(estate)
    assert found["postgres_ha_parameters"] == {
        "archive_mode": "on",
        "archive_command": "pgbackrest --stanza=shared archive-push %p",
        "archive_timeout": 30,
    }
    assert (found["backup_agent_retention_days"], found["backup_agent_archive_seconds"]) == (90, 30)
    assert (found["backup_agent_store_host"], found["backup_agent_store_bucket"]) == ("db1", "shared-database")
    rules = {"lock_mode": "none", "lock_days": 0, "noncurrent_days": 91}
    assert found["object_store_buckets"][:2] == [{"name": name, **rules} for name in ("shared-database", "shared-filestore")]


def test_a_backup_is_read_from_another_member() -> None:
    estate = bench()
    estate.machines |= {"db2": {"machine_roles": ["postgres"]}, "db3": {"machine_roles": ["postgres"], "address": "192.0.2.13"}}
    estate.members["shared"] += ["db2", "db3"]
    found = variables(estate, "db3")
    members = [("db1", "db1"), ("db2", "db2"), ("db3", "192.0.2.13")]
    assert found["backup_agent_members"] == [{"name": name, "address": address} for name, address in members]
    (certificate,) = (one for one in found["estate_certificates"] if one["name"] == "pgbackrest")
    # No other certificate of a member has that name, by which it is let in.
    assert (certificate["common_name"], certificate["usages"]) == ("pgbackrest.db3", ["server", "client"])
    (flow,) = (one for one in found["hardening_firewall_flows"] if one["name"] == "backup_members")
    assert flow == {"name": "backup_members", "ports": ["8432"], "sources": ["db1", "db2"]}


def test_a_cluster_of_one_is_read_itself() -> None:
    found = variables(bench())
    assert [one["name"] for one in found["backup_agent_members"]] == ["db1"]
    assert "pgbackrest" not in [one["name"] for one in found["estate_certificates"]]
    assert "backup_members" not in [one["name"] for one in found["hardening_firewall_flows"]]


def test_also_a_tier_without_archiving_keeps_the_log_that_a_backup_needs() -> None:
    estate = bench()
    for words in estate.environments.values():
        words |= {"service_tier": "sandbox", "stage": "staging"}
    found = variables(estate)
    assert found["postgres_ha_parameters"] | {"archive_command": ""} == {
        "archive_mode": "on",
        "archive_command": "",
        "archive_timeout": 0,
    }
    assert found["backup_agent_archive_seconds"] == 0


def test_the_shortest_interval_counts_of_those_who_ask_for_one() -> None:
    estate = bench()
    estate.tiers["gold"] = {
        "inherits": "standard",
        "backup": {"full_every_hours": 48, "differential_every_hours": 0, "incremental_every_hours": 2},
    }
    estate.environments["acme_prod"]["service_tier"] = "gold"
    found = variables(estate)
    seen = [found[f"backup_agent_{kind}_every_hours"] for kind in ("full", "differential", "incremental")]
    assert seen == [48, 24, 2]


def test_the_firewall_lets_in_who_has_something_to_store() -> None:
    flows = {flow["name"]: flow for flow in variables(bench())["hardening_firewall_flows"]}
    assert flows["object_store"] == {"name": "object_store", "ports": ["8333"], "sources": ["app1"]}


def test_a_cell_can_keep_the_backups_of_others_apart_from_each_other() -> None:
    resolution = resolve(vault().intent())
    store = resolution.variables["vault1"]
    kinds = ("database", "filestore", "records")
    assert [bucket["name"] for bucket in store["object_store_buckets"]] == [
        f"{c}-{k}" for c in ("shared", "single") for k in kinds
    ]
    for identity in store["estate_object_store_identities"]:
        assert {bucket.split("-")[0] for bucket in identity["buckets"]} == {identity["name"].split("-")[0]}
    sources = {flow["name"]: flow["sources"] for flow in store["hardening_firewall_flows"]}
    assert sources["object_store"] == ["db1", "app1", "single-db1", "single-app1"]
    for name in ("db1", "single-db1"):
        found = resolution.variables[name]
        assert (found["backup_agent_store_host"], found["backup_agent_store_port"]) == ("192.0.2.9", 8333)
        assert found["backup_agent_store_ca"] == "/etc/tierline/pki/ca.crt"
    # So that --limit globex_prod covers it.
    assert resolution.machines_of["globex_prod"] == ["single-app1", "single-db1", "vault1"]


def test_a_store_is_as_strict_as_those_whose_backups_it_keeps() -> None:
    estate = vault()
    estate.tiers["strict"] = {"inherits": "standard", "hardening": {"profile": "strict"}, "logs": {"retention_days": 365}}
    estate.environments["globex_prod"]["service_tier"] = "strict"
    found = variables(estate, "vault1")
    assert (found["hardening_profiles"][0], found["hardening_log_retention_days"]) == ("cis_level2_server", 365)


@pytest.mark.parametrize(
    ("endpoint", "host", "port"), [("https://s3.example", "s3.example", 443), ("https://a.b:9000/", "a.b", 9000)]
)
def test_a_store_that_is_given_is_used_as_it_is(endpoint: str, host: str, port: int) -> None:
    estate = bench(endpoint=endpoint, region="eu-1", writer_access_key="AKIA")
    found = variables(estate)
    assert (found["backup_agent_store_host"], found["backup_agent_store_port"]) == (host, port)
    assert (found["backup_agent_store_region"], found["estate_backup_access_keys"]["writer"]) == ("eu-1", "AKIA")
    assert found["backup_agent_store_ca"] == "/etc/ssl/certs/ca-certificates.crt"
    assert found["object_store_buckets"] == []


def test_a_recovery_point_says_what_rebuilding_takes_and_a_proof_what_is_promised() -> None:
    estate = bench()
    estate.environments["globex_prod"] |= {"service_tier": "sandbox", "stage": "staging", "database_name": "books"}
    found = variables(estate)
    acme, globex = found["estate_backup_environments"]
    assert (acme["environment"], acme["database"], globex["database"]) == ("acme_prod", "acme_prod", "books")
    assert acme["facts"] == {
        "tenant": "acme",
        "tier": "standard",
        "stage": "production",
        "image": "{{ odoo_container_image }}",
        "modules": ["account"],
        "addons": [],
        "domains": ["acme-prod.example"],
    }
    assert found["backup_agent_proofs"] == {"acme_prod": 30}, "the tier sandbox promises no proof"
    assert found["estate_recovery_promises"]["acme_prod"] == {"rto_seconds": 14400, "rpo_seconds": 900}


def test_files_are_copied_where_they_are_and_read_as_somebody_who_cannot_write() -> None:
    estate = bench()
    estate.environments["globex_prod"] |= {"service_tier": "sandbox", "stage": "staging", "database_name": "books"}
    acme, globex = variables(estate, "app1")["estate_filestores"]
    assert globex == {
        "environment": "globex_prod",
        "cell": "shared",
        "name": "globex_prod",
        "path": "/var/lib/tierline/odoo/globex_prod/filestore/books",
        "bucket": "shared-filestore",
        "access_key": "shared-files",
        "secrets": {"secret_key": "backup_files", "cipher_pass": "backup_files_cipher"},
        "every_seconds": 3600,
        "promised_seconds": 86400,
    }
    assert (acme["every_seconds"], acme["promised_seconds"]) == (450, 900)
    assert variables(estate, "app1")["backup_agent_store_host"] == "db1"
    read = variables(estate)["estate_backup_filestores"]["globex_prod"]
    assert (read["access_key"], read["secrets"]["secret_key"]) == ("shared-restorer", "backup_restorer")
    assert variables(estate, "app1")["estate_filestore_sources"][1] == {"environment": "globex_prod", **read}


def test_files_are_copied_by_the_machine_that_runs_the_environment() -> None:
    estate = bench()
    estate.machines["app2"] = {"machine_roles": ["app"]}
    estate.members["shared"].append("app2")
    estate.environments["acme_prod"]["app_machine"] = "app2"
    estate.environments["globex_prod"]["app_machine"] = "app1"
    assert [f["name"] for f in variables(estate, "app2")["estate_filestores"]] == ["acme_prod"]


def test_of_a_tier_that_loses_nothing_the_store_gives_what_was_archived() -> None:
    estate = Bench()
    estate.add_cell("vault", members=3)
    estate.environments["globex_prod"] |= {"service_tier": "regulated", "cell": "vault"}
    assert variables(estate, "vault-db2")["estate_recovery_promises"]["globex_prod"]["rpo_seconds"] == 60


@pytest.mark.parametrize(
    ("store", "words"),
    [
        ({}, "cell shared: cell_backup_store.endpoint: a store that isn't anywhere"),
        ({"cell": "vualt"}, "cell shared: cell_backup_store.cell: unknown cell"),
        ({"cell": "single"}, "no machine of cell single has the role backup, and no endpoint is given"),
        ({"endpoint": "http://s3.example"}, "cell shared: cell_backup_store.endpoint: wrong value"),
        ({"bucket": "under_score"}, "cell shared: cell_backup_store.bucket: wrong value"),
    ],
)
def test_a_store_that_is_not_anywhere_is_refused(store: dict[str, Any], words: str) -> None:
    estate = Bench()
    estate.add_cell("single")
    estate.cells["shared"]["cell_backup_store"] = {**OWN, **store}
    with pytest.raises(EstateError, match=words):
        resolve(estate.intent())


def test_members_ask_stores_for_what_the_tiers_promise() -> None:
    estate = bench()
    asked = variables(estate)
    assert asked["backup_agent_store_promised"] == asked["object_store_buckets"]
    assert (asked["backup_agent_second_promised"], asked["estate_store_given"]) == ([], False)


def test_a_store_that_is_given_is_asked_for_the_same() -> None:
    estate = bench()
    estate.tiers["locked"] = {"inherits": "standard", "backup": {"immutable": True, "immutable_days": 30, "full_every_hours": 24}}
    estate.environments["acme_prod"]["service_tier"] = "locked"
    own = variables(estate)["backup_agent_store_promised"]
    estate.cells["shared"]["cell_backup_store"] = {
        "kind": "object_storage",
        "object_lock": True,
        "endpoint": "https://s3.example",
    }
    estate.cells["shared"]["cell_second_store"] = {"endpoint": "https://s3.elsewhere.example", "retention_days": 400}
    given = variables(estate)
    assert (given["backup_agent_store_promised"], given["estate_store_given"]) == (own, True)
    (second,) = given["backup_agent_second_promised"]
    # A full backup a week: the oldest one that is needed may be a week older, and what was replaced stays as long as is promised.
    assert (second["name"], second["lock_mode"], second["noncurrent_days"]) == ("shared-second", "compliance", 401)
    assert second["lock_days"] == own[0]["lock_days"] + 6


def test_a_second_store_is_another_ones() -> None:
    estate = bench()
    assert variables(estate)["backup_agent_second_store"] == {}
    estate.cells["shared"]["cell_second_store"] = {"endpoint": "https://s3.elsewhere.example", "full_every_hours": 24}
    assert variables(estate)["backup_agent_second_store"] == {
        "host": "s3.elsewhere.example",
        "port": 443,
        "region": "us-east-1",
        "ca": "/etc/ssl/certs/ca-certificates.crt",
        "bucket": "shared-second",
        "access_key": "shared-second-writer",
        "restore_access_key": "shared-second-restorer",
        "full_every_hours": 24,
        "incremental_every_hours": 24,
        # What the most demanding of its environments asks for.
        "retention_days": variables(estate)["backup_agent_retention_days"],
    }


@pytest.mark.parametrize(
    ("second", "needle"),
    [
        ({}, "cell shared: cell_second_store.endpoint: missing"),
        ({"endpoint": "http://s3.example"}, "cell shared: cell_second_store.endpoint: wrong value"),
        ({"endpoint": "https://s3.example", "buckt": "a"}, "cell shared: cell_second_store.buckt: unknown key"),
        ({"endpoint": "https://s3.example", "retention_days": 0}, "cell shared: cell_second_store.retention_days: wrong value"),
    ],
)
def test_refuses_a_second_store_that_cannot_be(second: dict[str, Any], needle: str) -> None:
    estate = bench()
    estate.cells["shared"]["cell_second_store"] = {"region": "eu", **second}
    with pytest.raises(EstateError) as refused:
        resolve(estate.intent())
    assert needle in str(refused.value)


def test_refuses_a_second_store_without_a_first() -> None:
    estate = Bench()
    del estate.cells["shared"]["cell_backup_store"]
    estate.cells["shared"]["cell_second_store"] = {"endpoint": "https://s3.example"}
    with pytest.raises(EstateError, match="cell_second_store: a second store without a first"):
        resolve(estate.intent())
