# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""The flows that a firewall is told: each role's own, and nothing more."""

from typing import Any

from ansible_collections.tierline.erp.plugins.module_utils.estate.resolve import resolve
from ansible_collections.tierline.erp.tests.unit.plugins.module_utils.estate.estates import Bench, environment


def _flows(bench: Bench, machine: str) -> dict[str, dict[str, Any]]:
    return {flow["name"]: flow for flow in resolve(bench.intent()).variables[machine]["hardening_firewall_flows"]}


def test_a_single_database_serves_its_applications() -> None:
    assert _flows(Bench(), "db1") == {
        "pgbouncer": {"name": "pgbouncer", "ports": ["6432", "6433"], "sources": ["app1"]},
        # Open while nobody listens there, but for minutes of a proof.
        "restore_proof": {"name": "restore_proof", "ports": ["5499"], "sources": ["app1"]},
        "redis": {"name": "redis", "ports": ["6379"], "sources": ["app1"]},
    }


def test_where_nothing_is_backed_up_nothing_is_proven() -> None:
    bench = Bench()
    bench.environments = {}
    assert "restore_proof" not in _flows(bench, "db1")


def test_members_talk_to_each_other_only() -> None:
    bench = Bench()
    bench.add_cell("vault", members=3)
    bench.environments["hooli_prod"] = environment("hooli_prod", tenant="hooli", cell="vault", service_tier="regulated")
    flows = _flows(bench, "vault-db2")
    assert flows["postgres_members"]["ports"] == ["5432", "8008", "2379", "2380"]
    assert flows["postgres_members"]["sources"] == ["vault-db1", "vault-db3"]
    assert flows["pgbouncer"]["sources"] == ["vault-app1"]
    # Members follow each other, Sentinels agree, and applications ask them where the primary is.
    assert flows["redis_members"] == {"name": "redis_members", "ports": ["6379", "26379"], "sources": ["vault-db1", "vault-db3"]}
    assert flows["redis"] == {"name": "redis", "ports": ["6379", "26379"], "sources": ["vault-app1"]}


def test_containers_reach_sentinels_on_their_own_machine() -> None:
    bench = Bench()
    bench.machines |= {name: {"machine_roles": ["redis"]} for name in ("r1", "r2")}
    bench.machines |= {"app1": {"machine_roles": ["app", "edge", "redis"]}, "db1": {"machine_roles": ["postgres"]}}
    bench.members["shared"] += ["r1", "r2"]
    assert _flows(bench, "app1")["redis"] == {"name": "redis", "ports": ["6379", "26379"], "sources": [], "containers": True}
    assert _flows(bench, "app1")["redis_members"]["sources"] == ["r1", "r2"]


def test_an_edge_serves_everybody_and_applications_only_other_edges() -> None:
    bench = Bench()
    assert _flows(bench, "app1") == {"web": {"name": "web", "ports": ["80", "443"], "sources": ["any"]}}
    bench.machines["edge1"] = {"machine_roles": ["edge"], "address": "edge1.example.com"}
    bench.members["shared"].append("edge1")
    assert _flows(bench, "app1")["odoo"] == {
        "name": "odoo",
        "ports": ["10000-32767"],
        "sources": ["edge1.example.com"],
        "published": True,
    }


def test_containers_of_a_machine_that_does_everything_reach_its_services() -> None:
    bench = Bench()
    bench.machines = {"one": {"machine_roles": ["app", "edge", "postgres", "redis"]}}
    bench.members = {"shared": ["one"]}
    flows = _flows(bench, "one")
    assert flows["pgbouncer"] == {"name": "pgbouncer", "ports": ["6432", "6433"], "sources": [], "containers": True}
    assert "postgres_members" not in flows


def test_a_machine_keeps_the_strictest_promise() -> None:
    bench = Bench()
    assert resolve(bench.intent()).variables["db1"]["hardening_profiles"] == ["cis_level1_server", "lynis"]
    bench.add_cell("vault", members=3)
    bench.environments["hooli_prod"] = environment("hooli_prod", tenant="hooli", cell="vault", service_tier="regulated")
    found = resolve(bench.intent()).variables["vault-app1"]
    assert found["hardening_profiles"] == ["cis_level2_server", "anssi_bp28", "lynis"]
    assert found["hardening_log_retention_days"] == 400
