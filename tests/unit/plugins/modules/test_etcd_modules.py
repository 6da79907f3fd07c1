# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The glue of the etcd modules, with a cluster that behaves as etcd's documentation says."""

from __future__ import annotations

from dataclasses import replace

import pytest
import yaml
from ansible_collections.tierline.erp.plugins.doc_fragments.etcd import ModuleDocFragment
from ansible_collections.tierline.erp.plugins.module_utils.etcd.errors import EtcdError, EtcdUnavailableError
from ansible_collections.tierline.erp.plugins.module_utils.etcd.models import Cluster, Member, Step, Wanted
from ansible_collections.tierline.erp.plugins.module_utils.etcd.plan import after
from ansible_collections.tierline.erp.plugins.module_utils.etcd.service import Service
from ansible_collections.tierline.erp.plugins.modules import etcd_members, etcd_members_info, etcd_restart, postgres_host_info

MODULES = [etcd_members, etcd_members_info, etcd_restart, postgres_host_info]
FRAGMENT = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]
WISH = [Wanted(name, f"https://{name}:2380") for name in ("db1", "db2", "db3")]


def _shape(options, inner):
    return {
        name: {key: option.get(key) for key in ("type", "elements", "choices", "default", "required")}
        | {"inner": _shape(option.get(inner) or {}, inner)}
        for name, option in options.items()
    }


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.rpartition(".")[2])
def test_documentation_and_arguments_agree(module):
    documentation = yaml.safe_load(module.DOCUMENTATION)
    shared = FRAGMENT if "tierline.erp.etcd" in documentation["extends_documentation_fragment"] else {}
    assert _shape(module.ARGUMENTS, "options") == _shape({**(documentation.get("options") or {}), **shared}, "suboptions")
    yaml.safe_load(module.EXAMPLES)
    yaml.safe_load(module.RETURN)


class FakeEtcd:
    def __init__(self, cluster: Cluster, refusals: int = 0) -> None:
        self.now = cluster
        self.refusals = refusals
        self.applied: list[Step] = []

    def cluster(self) -> Cluster:
        return self.now

    def apply(self, step: Step, _leader_url: str) -> None:
        if self.refusals:
            self.refusals -= 1
            raise EtcdUnavailableError("etcdserver: can only promote a learner member which is in sync with leader")
        self.applied.append(step)
        self.now = after(self.now, step)

    def start(self, name: str) -> None:
        member = next(member for member in self.now.members if member.peer_urls == (f"https://{name}:2380",))
        self.now = after(self.now, Step("start", name, id=member.id))


def one(name="db1"):
    return Cluster((Member(1, name, (f"https://{name}:2380",), (f"https://{name}:2379",)),), 1, frozenset({1}))


def run(etcd, check_mode=False, remove=(), lost=(), timeout=3):
    return etcd_members.run(etcd, WISH, list(remove), list(lost), timeout, check_mode, pause=lambda _seconds: None)


def test_growth_stops_where_somebody_has_to_start_a_member():
    etcd = FakeEtcd(one())
    first = run(etcd)
    assert (first["steps"], first["waits_for"]) == (["add db2"], "db2")
    assert first["initial_cluster"] == "db1=https://db1:2380,db2=https://db2:2380"
    assert run(etcd)["changed"] is False, "it waits, and adds nobody twice"
    etcd.start("db2")
    assert run(etcd)["steps"] == ["promote db2", "add db3"]
    etcd.start("db3")
    last = run(etcd)
    assert (last["steps"], last["waits_for"], last["initial_cluster"]) == (["promote db3"], "", "")
    assert run(etcd)["changed"] is False


def test_check_mode_tells_all_and_does_nothing():
    etcd = FakeEtcd(one())
    dry = run(etcd, check_mode=True)
    assert dry["steps"] == [f"{action} {name}" for name in ("db2", "db3") for action in ("add", "start", "promote")]
    assert dry["waits_for"] == "db2"
    assert etcd.applied == []
    assert dry["diff"]["after"].count("voter") == 3


def test_not_now_is_tried_again():
    etcd = FakeEtcd(one(), refusals=3)
    assert run(etcd)["steps"] == ["add db2"]
    with pytest.raises(EtcdUnavailableError, match="in sync with leader"):
        run(FakeEtcd(one(), refusals=9))


def test_a_lost_member_is_replaced():
    etcd = FakeEtcd(one())
    for name in ("db2", "db3"):
        run(etcd)
        etcd.start(name)
    run(etcd)
    dead = next(member.id for member in etcd.now.members if member.name == "db3")
    etcd.now = replace(etcd.now, healthy=etcd.now.healthy - {dead})
    result = run(etcd, lost=["db3"])
    assert (result["steps"], result["waits_for"]) == (["remove db3", "add db3"], "db3")


def test_info():
    result = etcd_members_info.run(FakeEtcd(one()))
    assert result["quorum"] is True
    assert result["members"][0]["name"] == "db1"
    assert result["members"][0]["leader"] is True


def service(started, state="active"):
    commands = []

    def execute(command, _timeout):
        commands.append(command[1])
        return f"ActiveState={state}\nExecMainStartTimestamp={started}\n"

    return Service("etcd.service", execute), commands


def restart(etcd, unit, path, check_mode=False):
    return etcd_restart.run(etcd, unit, "db1", [str(path), "/nowhere"], 3, check_mode, pause=lambda _seconds: None)


def test_a_restart_only_where_the_configuration_is_newer(tmp_path):
    path = tmp_path / "etcd"
    path.touch()
    younger, commands = service("Sun 2096-11-22 04:43:43.103532 UTC")
    assert restart(FakeEtcd(one()), younger, path)["changed"] is False
    stopped, commands = service("", "inactive")
    assert restart(FakeEtcd(one()), stopped, path)["changed"] is False
    older, commands = service("Thu 2020-11-26 04:43:43.103532 UTC")
    assert restart(FakeEtcd(one()), older, path, check_mode=True)["newer"] == [str(path)]
    assert "restart" not in commands
    assert restart(FakeEtcd(one()), older, path)["changed"] is True
    assert commands[-1] == "restart"


def test_nobody_is_restarted_while_another_is_silent(tmp_path):
    path = tmp_path / "etcd"
    path.touch()
    unit, commands = service("Thu 2020-11-26 04:43:43.103532 UTC")
    cluster = one()
    for name in ("db2", "db3"):
        step = Step("add", name, f"https://{name}:2380")
        cluster = after(cluster, step)
        cluster = after(cluster, Step("start", name, id=cluster.members[-1].id))
        cluster = after(cluster, Step("promote", name, id=cluster.members[-1].id))
    silent = replace(cluster, healthy=cluster.healthy - {cluster.members[-1].id})
    with pytest.raises(EtcdError, match="etcd on db3 doesn't answer, so db1 is not restarted"):
        restart(FakeEtcd(silent), unit, path)
    assert "restart" not in commands
