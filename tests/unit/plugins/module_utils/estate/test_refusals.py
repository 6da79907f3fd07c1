# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Each refusal: what is bent, and what the message must say. An estate with one fault has exactly one problem."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.estate.errors import EstateError, Problem
from ansible_collections.tierline.erp.plugins.module_utils.estate.ports import hashed_block
from ansible_collections.tierline.erp.plugins.module_utils.estate.resolve import resolve
from ansible_collections.tierline.erp.tests.unit.plugins.module_utils.estate.estates import Bench, environment

Bend = Callable[[Bench], None]
CASES: dict[str, tuple[Bend, str, dict[str, str]]] = {}


def case(name: str, headline: str, **details: str) -> Callable[[Bend], Bend]:
    def remember(bend: Bend) -> Bend:
        CASES[name] = (bend, headline, details)
        return bend

    return remember


@case(
    "unknown tier",
    "environment acme_prod: service_tier: unknown tier",
    seen='"standrad"',
    allowed="business, regulated, sandbox, standard",
    nearest="standard",
    cure="write service_tier: standard",
)
def _(estate: Bench) -> None:
    estate.environments["acme_prod"]["service_tier"] = "standrad"


@case(
    "unknown tier, unlike any",
    "environment acme_prod: service_tier: unknown tier",
    seen='"zzz"',
    nearest="",
    cure="define zzz under tiers: in tierline.estate.yml",
)
def _(estate: Bench) -> None:
    estate.environments["acme_prod"]["service_tier"] = "zzz"


@case(
    "unknown cell",
    "environment acme_prod: cell: unknown cell",
    seen='"sharde"',
    allowed="shared",
    nearest="shared",
    cure="write cell: shared",
)
def _(estate: Bench) -> None:
    estate.environments["acme_prod"]["cell"] = "sharde"


@case(
    "unknown cell, unlike any",
    "environment acme_prod: cell: unknown cell",
    cure="create the inventory group cell_moon with its machines",
)
def _(estate: Bench) -> None:
    estate.environments["acme_prod"]["cell"] = "moon"


@case(
    "unknown key of an environment",
    "environment acme_prod: cost_center: unknown key",
    nearest="cost_centre",
    cure="write cost_centre",
)
def _(estate: Bench) -> None:
    estate.environments["acme_prod"]["cost_center"] = "1000"


@case("unknown key of a cell", "cell shared: cell_netwrok: unknown key", nearest="cell_network")
def _(estate: Bench) -> None:
    estate.cells["shared"]["cell_netwrok"] = "192.0.2.0/24"


@case("unknown key of a machine", "machine db1: machine_memory: unknown key", nearest="machine_memory_mb")
def _(estate: Bench) -> None:
    estate.machines["db1"]["machine_memory"] = 4


@case("unknown key of a store", "cell shared: cell_backup_store.object_lok: unknown key", nearest="object_lock")
def _(estate: Bench) -> None:
    estate.cells["shared"]["cell_backup_store"]["object_lok"] = True


@case("unknown setting of a tier", "tier gold: sizing.worker: unknown key", nearest="sizing.workers")
def _(estate: Bench) -> None:
    estate.tiers["gold"] = {"inherits": "standard", "sizing": {"worker": 3}}


@case("unknown override", "environment acme_prod: overrides.workers: unknown key", nearest="sizing.workers")
def _(estate: Bench) -> None:
    estate.environments["acme_prod"]["overrides"] = {"workers": 3}


@case("override unlike any", "environment acme_prod: overrides.zzz: unknown key", nearest="", cure="remove it")
def _(estate: Bench) -> None:
    estate.environments["acme_prod"]["overrides"] = {"zzz": 3}


@case(
    "ill-typed override",
    "environment acme_prod: overrides.sizing.workers: wrong value",
    seen='"four"',
    allowed="an integer at least 1",
)
def _(estate: Bench) -> None:
    estate.environments["acme_prod"]["overrides"] = {"sizing.workers": "four"}


@case(
    "override of a promise",
    "environment acme_prod: overrides.recovery.rpo_seconds: a promise of the tier cannot be overridden",
    cure="choose another service_tier, or define one that inherits from this one",
)
def _(estate: Bench) -> None:
    estate.environments["acme_prod"]["overrides"] = {"recovery.rpo_seconds": 60}


@case(
    "missing key",
    "environment acme_prod: tenant: missing",
    seen="(nothing)",
    cure="add tenant: the customer or legal entity that owns the environment",
)
def _(estate: Bench) -> None:
    del estate.environments["acme_prod"]["tenant"]


@case(
    "wrong choice",
    "environment acme_prod: stage: wrong value",
    seen='"prodution"',
    allowed="production, staging, development, training",
    nearest="production",
    cure="write production instead of prodution",
)
def _(estate: Bench) -> None:
    estate.environments["acme_prod"]["stage"] = "prodution"


@case(
    "ill-typed value",
    "environment acme_prod: domains: wrong value",
    seen='"acme.example"',
    allowed="a list, not empty, of:",
    cure="write a list as allowed",
)
def _(estate: Bench) -> None:
    estate.environments["acme_prod"]["domains"] = "acme.example"


@case(
    "template",
    "environment acme_prod: tenant: wrong value",
    seen='"{{ customer }}"',
    cure="write the value itself: the estate is resolved before templates are evaluated",
)
def _(estate: Bench) -> None:
    estate.environments["acme_prod"]["tenant"] = "{{ customer }}"


@case(
    "boolean off",
    "tier gold: availability.synchronous_mode: wrong value",
    seen="false",
    allowed="off, on, quorum",
    cure='quote it: "off"',
)
def _(estate: Bench) -> None:
    estate.tiers["gold"] = {"inherits": "standard", "availability": {"synchronous_mode": False}}


@case("name that is no identifier", "environment acme-prod: inventory name: wrong value", cure="rename it")
def _(estate: Bench) -> None:
    estate.environments["acme-prod"] = environment("acme_x")


@case("name of a database system", "environment postgres: inventory name: wrong value")
def _(estate: Bench) -> None:
    estate.environments["postgres"] = environment("acme_x")


@case("machine name that is a template", "machine {{ x }}: inventory name: wrong value")
def _(estate: Bench) -> None:
    estate.machines["{{ x }}"] = {"machine_roles": ["backup"]}
    estate.members["shared"].append("{{ x }}")


@case("cell name", "cell Spare: inventory name: wrong value", cure="rename it: the name becomes that of a database cluster")
def _(estate: Bench) -> None:
    estate.cells["Spare"] = {"cell_isolation": "shared"}


@case("machine role", "machine db1: machine_roles: wrong value", nearest="postgres", cure="write postgres instead of postgre")
def _(estate: Bench) -> None:
    estate.machines["db1"]["machine_roles"] = ["postgre", "redis"]


@case(
    "duplicate domain",
    "environment globex_prod: domains: duplicate domain, also claimed by acme_prod",
    seen='"acme-prod.example"',
    cure="change it here or in acme_prod",
)
def _(estate: Bench) -> None:
    estate.environments["globex_prod"]["domains"] = ["acme-prod.example"]


@case(
    "duplicate database name",
    "environment globex_prod: database_name: duplicate database name in cell shared, also used by acme_prod",
    seen='"acme_prod"',
)
def _(estate: Bench) -> None:
    estate.environments["globex_prod"]["database_name"] = "acme_prod"


@case(
    "second environment in a dedicated cell",
    "environment globex_prod: cell: a second environment in dedicated cell shared",
    seen="acme_prod, globex_prod",
    allowed="one environment",
)
def _(estate: Bench) -> None:
    estate.cells["shared"]["cell_isolation"] = "dedicated"


@case(
    "dedicated tier in a shared cell",
    "environment acme_prod: cell: the tier promises a dedicated cell",
    seen="cell shared is shared",
    cure="move it to a cell of its own",
)
def _(estate: Bench) -> None:
    estate.tiers["single"] = {"inherits": "standard", "isolation": "dedicated"}
    estate.environments["acme_prod"]["service_tier"] = "single"


@case(
    "HA with too few members",
    "environment acme_prod: service_tier: tier business promises 3 database members",
    seen="cell shared has 1",
    allowed="3, 5",
    cure="add machines with the role postgres to cell_shared",
)
def _(estate: Bench) -> None:
    estate.environments["acme_prod"]["service_tier"] = "business"


@case(
    "even number of members",
    "cell shared: machine_roles: an even number of database members has no majority",
    seen="2 machines with the role postgres",
    allowed="1, 3, 5",
    cure="add or remove one",
)
def _(estate: Bench) -> None:
    estate.machines["db2"] = {"machine_roles": ["postgres"]}
    estate.members["shared"].append("db2")


@case(
    "zero loss with one node",
    "environment initech_prod: service_tier: tier regulated promises zero loss, which one node cannot give",
    seen="cell vault has 1",
    allowed="3 or more",
)
def _(estate: Bench) -> None:
    estate.add_cell("vault", members=1)
    estate.environments["initech_prod"] = environment("initech_prod", cell="vault", service_tier="regulated")


@case(
    "immutability with a store that cannot",
    "environment initech_prod: service_tier: tier regulated promises immutable backups",
    seen="the object_storage store of cell vault has object_lock: false",
    allowed="a store with object_lock: true",
)
def _(estate: Bench) -> None:
    estate.add_cell("vault", members=3, cell_backup_store={"kind": "object_storage"})
    estate.environments["initech_prod"] = environment("initech_prod", cell="vault", service_tier="regulated")


@case(
    "backups without a store",
    "environment acme_prod: service_tier: tier standard promises backups",
    seen="cell shared has no backup store",
    cure="declare cell_backup_store in group_vars/cell_shared",
)
def _(estate: Bench) -> None:
    del estate.cells["shared"]["cell_backup_store"], estate.environments["globex_prod"]


@case(
    "production on a sandbox",
    "environment acme_prod: stage: tier sandbox does not serve production",
    allowed="development, staging, training",
    cure="choose a service_tier that does: business, regulated, standard",
)
def _(estate: Bench) -> None:
    estate.environments["acme_prod"]["service_tier"] = "sandbox"


@case(
    "RPO below the backup plan",
    "tier gold: recovery.rpo_seconds: the backup plan gives a loss of up to 300 seconds",
    seen="60",
    allowed="at least 300",
    cure="set backup.wal_archive_seconds to at most 60, or raise the RPO",
)
def _(estate: Bench) -> None:
    estate.tiers["gold"] = {"inherits": "standard", "recovery": {"rpo_seconds": 60}}


@case("RPO without WAL archive", "tier gold: recovery.rpo_seconds: the backup plan gives a loss of up to 86400 seconds")
def _(estate: Bench) -> None:
    estate.tiers["gold"] = {"inherits": "standard", "backup": {"wal_archive_seconds": 0}}


@case("RPO without backup", "tier gold: recovery.rpo_seconds: the backup plan gives no backup at all")
def _(estate: Bench) -> None:
    estate.tiers["gold"] = {"inherits": "standard", "backup": {"enabled": False}}


@case("zero loss without quorum", "tier gold: recovery.rpo_seconds: zero loss without quorum commit")
def _(estate: Bench) -> None:
    estate.tiers["gold"] = {"inherits": "business", "recovery": {"rpo_seconds": 0}}


@case("tier with an even number", "tier gold: availability.database_members: an even number has no majority")
def _(estate: Bench) -> None:
    estate.tiers["gold"] = {"inherits": "business", "availability": {"database_members": 4}}


@case("replication of one", "tier gold: availability.synchronous_mode: replication with 1 database member")
def _(estate: Bench) -> None:
    estate.tiers["gold"] = {"inherits": "standard", "availability": {"synchronous_mode": "on"}}


@case("strict without replication", "tier gold: availability.synchronous_strict: strict without synchronous replication")
def _(estate: Bench) -> None:
    estate.tiers["gold"] = {"inherits": "standard", "availability": {"synchronous_strict": True}}


@case("immutable for longer than kept", "tier gold: backup.immutable_days: not within the retention", allowed="1 to 30")
def _(estate: Bench) -> None:
    estate.tiers["gold"] = {"inherits": "standard", "backup": {"immutable": True, "immutable_days": 60}}


@case(
    "overlapping networks",
    "cell two: cell_network: network overlaps cell_network of cell shared",
    seen="192.0.2.128/25 and 192.0.2.0/24",
    allowed="networks that share no address",
)
def _(estate: Bench) -> None:
    estate.add_cell("two", cell_network="192.0.2.128/25")
    estate.cells["shared"]["cell_network"] = "192.0.2.0/24"


@case("no network", "cell shared: cell_network: wrong value", seen='"192.0.2.1/24"', allowed="a network in CIDR notation")
def _(estate: Bench) -> None:
    estate.cells["shared"]["cell_network"] = "192.0.2.1/24"


@case(
    "memory above the machine's",
    "machine app1: machine_memory_mb: the sum of sizing.memory_mb is above the machine's size",
    seen="2048 for 2 values",
    allowed="at most 1536",
)
def _(estate: Bench) -> None:
    estate.machines["app1"]["machine_memory_mb"] = 1536


@case(
    "disk above the machine's",
    "machine db1: machine_disk_gb: the sum of quotas.database_gb is above the machine's size",
    seen="40 for 2 values",
)
def _(estate: Bench) -> None:
    estate.machines["db1"]["machine_disk_gb"] = 39


@case(
    "inheritance cycle",
    "tier gold: inherits: inheritance runs in a circle",
    seen="gold -> gold",
    cure="remove one inherits of the circle",
)
def _(estate: Bench) -> None:
    estate.tiers["gold"] = {"inherits": "gold"}


@case(
    "unknown parent", "tier gold: inherits: unknown tier", seen='"bussiness"', nearest="business", cure="write inherits: business"
)
def _(estate: Bench) -> None:
    estate.tiers["gold"] = {"inherits": "bussiness"}


@case("tier that is no mapping", "tier standard: tiers: not a mapping", seen="7")
def _(estate: Bench) -> None:
    estate.tiers["standard"] = 7


@case(
    "port collision",
    "environment globex_prod: port_block: port collision with acme_prod in cell shared",
    seen="19200-19203",
    cure="write port_block: 13188, which is free",
)
def _(estate: Bench) -> None:
    estate.environments["globex_prod"]["port_block"] = hashed_block("acme_prod")


@case(
    "app machine that is none",
    "environment acme_prod: app_machine: no such app machine in cell shared",
    allowed="app1",
    nearest="app1",
    cure="write app1",
)
def _(estate: Bench) -> None:
    estate.environments["acme_prod"]["app_machine"] = "app2"


@case(
    "cell without an edge",
    "cell shared: machine_roles: no machine has the role edge",
    cure="add edge to machine_roles of a machine in cell_shared",
)
def _(estate: Bench) -> None:
    estate.machines["app1"]["machine_roles"] = ["app"]


@case("machine of two cells", "machine app1: cell: a machine of several cells", seen="shared, spare")
def _(estate: Bench) -> None:
    estate.cells["spare"] = {"cell_isolation": "shared"}
    estate.members["spare"] = ["app1"]


def refused(estate: Bench) -> list[Problem]:
    with pytest.raises(EstateError) as caught:
        resolve(estate.intent())
    return caught.value.problems


@pytest.mark.parametrize("name", CASES)
def test_refusal(name: str) -> None:
    bend, headline, details = CASES[name]
    estate = Bench()
    bend(estate)
    problems = refused(estate)
    found = [problem for problem in problems if replace(problem, file="").render().startswith(headline)]
    assert len(found) == 1, EstateError(problems)
    for label, text in details.items():
        value = getattr(found[0], label)
        assert text in value if text else value == "", found[0].render()


# A fault that breaks several promises at once is reported for each of them.
SEVERAL = {"zero loss with one node"}


@pytest.mark.parametrize("name", sorted(CASES.keys() - SEVERAL))
def test_one_fault_is_one_problem(name: str) -> None:
    estate = Bench()
    CASES[name][0](estate)
    assert len(refused(estate)) == 1


def test_all_problems_come_at_once() -> None:
    estate = Bench()
    estate.environments["acme_prod"] |= {"service_tier": "standrad", "stage": "prodution", "cost_center": "1"}
    estate.environments["globex_prod"]["domains"] = ["acme-prod.example"]
    estate.cells["shared"]["cell_isolation"] = "dedicated"
    keys = {(problem.name, problem.key) for problem in refused(estate)}
    assert keys == {
        ("acme_prod", "service_tier"),
        ("acme_prod", "stage"),
        ("acme_prod", "cost_center"),
        ("globex_prod", "domains"),
        ("globex_prod", "cell"),
    }


def test_a_long_circle_is_reported_once() -> None:
    estate = Bench()
    estate.tiers = {"a": {"inherits": "b"}, "b": {"inherits": "c"}, "c": {"inherits": "a"}, "d": {"inherits": "a"}}
    assert [(p.name, p.seen) for p in refused(estate)] == [("a", "a -> b -> c -> a")]


def test_a_tier_whose_grandparent_is_unknown_is_reported_once() -> None:
    estate = Bench()
    estate.tiers = {"a": {"inherits": "b"}, "b": {"inherits": "nobody"}}
    assert [(p.name, p.seen, p.cure) for p in refused(estate)] == [
        ("b", '"nobody"', "define the tier, or inherit from one that exists")
    ]


def test_a_tier_that_lacks_settings_is_refused_setting_by_setting() -> None:
    estate = Bench()
    estate.built_in, estate.tiers = {}, {"standard": {"isolation": "shared"}}
    problems = refused(estate)
    assert {p.what for p in problems} == {"missing"}
    assert "recovery.rpo_seconds" in {p.key for p in problems}
    assert {p.file for p in problems} == {"tierline.estate.yml"}


def test_the_list_counts_places_and_reads_well() -> None:
    problem = Problem("environment", "acme_prod", "stage", "wrong value", '"x"', "a, b", "", "write a")
    text = str(EstateError([problem, problem]).located(lambda _problem: "host_vars/acme_prod.yml:3"))
    assert text == (
        "The estate is refused: 1 problem. Nothing was touched.\n\n"
        "host_vars/acme_prod.yml:3: environment acme_prod: stage: wrong value\n"
        '    seen:    "x"\n'
        "    allowed: a, b\n"
        "    cure:    write a"
    )
