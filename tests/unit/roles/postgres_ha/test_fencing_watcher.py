# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""roles/postgres_ha/files/fencing/watcher.py: what it makes of commands, and of an etcd that comes and goes."""

from __future__ import annotations

import base64
import importlib.util
import json
import pathlib
import sys
import time
import types

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.postgres import fencing

PATH = pathlib.Path(__file__).parents[4] / "roles/postgres_ha/files/fencing/watcher.py"
HELD = fencing.Leadership("db1", 7, 42)


@pytest.fixture
def watcher(monkeypatch, tmp_path):
    """The module, as it is on a host, with a Watcher that has no sockets."""
    monkeypatch.setitem(sys.modules, "rules", fencing)
    spec = importlib.util.spec_from_file_location("fencing_watcher", PATH)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "RELEASE_WINDOW", 0.5)
    monkeypatch.setattr(module, "RELEASE_RETRY", 0.01)
    config = {
        "member": "db2",
        "members": [{"name": name, "address": f"{name}.example"} for name in ("db1", "db2", "db3")],
        "prefix": "/tierline/cell/",
        "etcd": ["db2.example", "db1.example", "db3.example"],
        "etcd_port": 2379,
        "api_port": 8008,
        "command": ["/bin/true"],
        "checks": 2,
        "interval": 0.01,
        "timeout": 1,
        "metrics": str(tmp_path / "metrics.prom"),
        "ca": None,
        "certificate": None,
        "key": None,
    }
    monkeypatch.setattr(module.ssl, "create_default_context", lambda **_: types.SimpleNamespace(load_cert_chain=print))
    made = module.Watcher(config)
    made.module = module
    # The connection of a release is one of its own; here it is the test's.
    monkeypatch.setattr(module, "Etcd", lambda *_arguments: made.etcd)
    return made


class Etcd:
    """Answers releases from a list; an exception in it is raised."""

    def __init__(self, *answers):
        self.answers, self.calls = list(answers), []

    def call(self, path, body, **_options):
        self.calls.append((path, body))
        answer = self.answers.pop(0) if self.answers else {"succeeded": True}
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self):
        pass


def entry_kvs(revision, **content):
    value = json.dumps({"api_url": "https://db1.example:8008/patroni", **content})
    return [{"value": encoded(value), "mod_revision": str(revision)}]


def refusal(held=HELD, entry=()):
    """etcd's answer to a release whose comparison failed: what it holds."""
    leader = [{"value": encoded(held.member), "mod_revision": str(held.mod_revision), "lease": str(held.lease)}] if held else []
    return {"responses": [{"response_range": {"kvs": kvs} if kvs else {}} for kvs in (leader, entry)]}


def encoded(text):
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("command", "status", "said"),
    [
        (["/bin/sh", "-c", "echo off"], 0, "off"),
        (["/bin/sh", "-c", "echo on; exit 1"], 1, "on"),
        (["/bin/sh", "-c", "kill -9 $$"], -9, ""),
        (["/nowhere/at/all"], None, "No such file"),
        (["/bin/echo", "{member}", "{address}"], 0, "db1 db1.example"),
        (["/bin/sh", "-c", "head -c 1000000 /dev/zero"], 0, "\0"),
    ],
)
def test_commands(watcher, command, status, said):
    watcher.config["command"] = command
    got, text = watcher.ask("db1")
    assert got == status
    assert said in text
    assert len(text) <= 200


@pytest.mark.parametrize("script", ["sleep 60", "sleep 60 & sleep 60", "trap '' TERM INT; sleep 60; sleep 60"])
def test_a_command_that_hangs_is_killed_and_proves_nothing(watcher, script):
    watcher.config["command"] = ["/bin/sh", "-c", script]
    started = time.monotonic()
    assert watcher.ask("db1")[0] is None
    assert time.monotonic() - started < 10


def test_what_a_command_leaves_running_delays_nothing(watcher):
    watcher.config["command"] = ["/bin/sh", "-c", "sleep 60 & echo off"]
    started = time.monotonic()
    assert watcher.ask("db1") == (0, "off")
    assert time.monotonic() - started < 10


def test_a_release_is_tried_until_etcd_has_a_leader(watcher):
    down = watcher.module.EtcdError("election")
    watcher.etcd = Etcd(down, down, {"succeeded": True})
    watcher.release(HELD, None)
    assert watcher.counters["releases"] == 1
    assert all(call == ("kv/txn", fencing.release_request("/tierline/cell/", HELD)) for call in watcher.etcd.calls)


def test_a_release_that_comes_too_late_is_not_repeated(watcher):
    watcher.etcd = Etcd(refusal(None))
    watcher.release(HELD, None)
    assert watcher.counters["releases"] == 0
    assert len(watcher.etcd.calls) == 1


def test_an_entry_that_was_under_way_when_its_host_died_costs_one_more_try(watcher):
    old, new = entry_kvs(5), entry_kvs(8, xlog_location=9)
    watcher.etcd = Etcd(refusal(entry=new))
    watcher.release(HELD, fencing.parse_entry(old))
    assert watcher.counters["releases"] == 1
    assert watcher.etcd.calls[1][1] == fencing.release_request("/tierline/cell/", HELD, fencing.parse_entry(new))


def test_a_holder_that_goes_on_telling_of_itself_is_left_alone(watcher):
    watcher.etcd = Etcd(refusal(entry=entry_kvs(8)), refusal(entry=entry_kvs(9)))
    watcher.release(HELD, fencing.parse_entry(entry_kvs(5)))
    assert watcher.counters["releases"] == 0
    assert len(watcher.etcd.calls) == 2


@pytest.mark.parametrize("held", [fencing.Leadership("db1", 9, 43), fencing.Leadership("db3", 9, 44)])
def test_a_leadership_that_was_taken_up_again_is_left_alone(watcher, held):
    watcher.etcd = Etcd(refusal(held, entry_kvs(8)))
    watcher.release(HELD, fencing.parse_entry(entry_kvs(5)))
    assert watcher.counters["releases"] == 0
    assert len(watcher.etcd.calls) == 1


def test_a_release_does_not_ask_the_dead_hosts_etcd(watcher, monkeypatch):
    asked = []
    monkeypatch.setattr(watcher.module, "Etcd", lambda endpoints, *_rest: asked.extend(endpoints) or Etcd())
    watcher.release(HELD, None)
    assert asked == [("db2.example", 2379), ("db3.example", 2379)]


def test_a_release_is_given_up_when_etcd_has_no_leader(watcher):
    watcher.etcd = Etcd(*[watcher.module.EtcdError("election")] * 1000)
    watcher.release(HELD, None)
    assert watcher.counters["releases"] == 0


@pytest.mark.parametrize(("status", "released"), [(0, 1), (1, 0), (None, 0), (255, 0)])
def test_only_proof_releases(watcher, monkeypatch, status, released):
    watcher.etcd = Etcd()
    monkeypatch.setattr(watcher, "ask", lambda _member: (status, ""))
    monkeypatch.setattr(watcher, "remaining", lambda _leadership: None)
    watcher.ask_and_release(HELD)
    assert watcher.counters["releases"] == released
    assert [path for path, _body in watcher.etcd.calls] == ["kv/range", "kv/txn"] * released
    assert (watcher.watch.not_before > 0) is (not released)


def test_a_proof_that_a_renewed_lease_contradicts_releases_nothing(watcher, monkeypatch):
    watcher.etcd = Etcd()
    watcher.watch.first = fencing.Remaining(1, 19, 0, 0.1)
    monkeypatch.setattr(watcher, "ask", lambda _member: (0, "off"))
    monkeypatch.setattr(watcher, "remaining", lambda _leadership: fencing.Remaining(1, 19, 4, 4.1))
    watcher.ask_and_release(HELD)
    assert watcher.etcd.calls == []
    assert watcher.counters["refusals"] == 1


def test_counters_are_written_for_prometheus(watcher):
    watcher.count("releases")
    text = pathlib.Path(watcher.config["metrics"]).read_text()
    assert "tierline_fencing_releases_total 1\n" in text
    assert "tierline_fencing_refusals_total 0\n" in text


def test_the_dead_member_s_entry_changes_with_the_release(watcher, monkeypatch):
    kvs = [{"value": base64.b64encode(b'{"api_url": "https://db1:8008/patroni"}').decode(), "mod_revision": "5", "lease": "42"}]
    watcher.etcd = Etcd({"kvs": kvs})
    monkeypatch.setattr(watcher, "ask", lambda _member: (0, ""))
    monkeypatch.setattr(watcher, "remaining", lambda _leadership: None)
    watcher.ask_and_release(HELD)
    assert watcher.etcd.calls[0] == ("kv/range", fencing.entry_request("/tierline/cell/", "db1"))
    assert watcher.etcd.calls[1][1] == fencing.release_request("/tierline/cell/", HELD, fencing.parse_entry(kvs))


def test_an_entry_that_cannot_be_read_delays_no_release(watcher, monkeypatch):
    watcher.etcd = Etcd(watcher.module.EtcdError("election"))
    monkeypatch.setattr(watcher, "ask", lambda _member: (0, ""))
    monkeypatch.setattr(watcher, "remaining", lambda _leadership: None)
    watcher.ask_and_release(HELD)
    assert watcher.etcd.calls[1] == ("kv/txn", fencing.release_request("/tierline/cell/", HELD))
    assert watcher.counters["releases"] == 1


class Members:
    """Each member of etcd under its address; None is one that doesn't answer."""

    def __init__(self, module, **leaders):
        self.module, self.leaders, self.transfers = module, leaders, []

    def __call__(self, endpoints, *_rest):
        name = endpoints[0][0].split(".")[0]

        def call(path, body):
            if path == "maintenance/transfer-leadership":
                self.transfers.append((name, body["targetID"]))
                return {}
            if self.leaders[name] is None:
                raise self.module.EtcdError("down")
            return {"header": {"member_id": name[2:]}, "leader": str(self.leaders[name]), "raftIndex": "7"}

        return types.SimpleNamespace(call=call, close=lambda: None)


@pytest.mark.parametrize(
    ("leaders", "transfers"),
    [
        ({"db1": 1, "db2": 1, "db3": 1}, []),
        ({"db1": 2, "db2": 2, "db3": None}, [("db2", "1")]),
        ({"db1": None, "db2": 2, "db3": None}, []),
        ({"db1": 1, "db2": None, "db3": 1}, []),
    ],
)
def test_the_primary_s_watcher_hands_etcd_s_leadership_over(watcher, monkeypatch, leaders, transfers):
    members = Members(watcher.module, **leaders)
    monkeypatch.setattr(watcher.module, "Etcd", members)
    watcher.hand_over()
    watcher.hand_over()
    assert members.transfers == transfers
    assert watcher.counters["handovers"] == len(transfers)


def test_a_given_etcd_leads_as_it_likes(watcher, monkeypatch):
    members = Members(watcher.module, etcd1=1, etcd2=1)
    monkeypatch.setattr(watcher.module, "Etcd", members)
    watcher.endpoints = [("etcd1.example", 2379), ("etcd2.example", 2379)]
    watcher.hand_over()
    assert members.transfers == []


def test_a_lease_is_asked_of_one_member_per_look(watcher):
    watcher.lease_etcd = Etcd(watcher.module.EtcdError("no leader"))
    assert watcher.remaining(HELD) is None
    assert len(watcher.lease_etcd.calls) == 1
