# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import json
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.tierline.erp.plugins.doc_fragments.hardening_trial import ModuleDocFragment
from ansible_collections.tierline.erp.plugins.filter import hardening_controls, hardening_sshd, hardening_table
from ansible_collections.tierline.erp.plugins.module_utils.hardening.arguments import CONTROLS, TRIAL
from ansible_collections.tierline.erp.plugins.module_utils.hardening.errors import HardeningError
from ansible_collections.tierline.erp.plugins.modules import (
    audit_info,
    firewall,
    hardening,
    hardening_info,
    ssh_server,
    tls_audit_info,
)

SETTINGS = {"PermitRootLogin": "no"}
AUDIT = {
    "datastream": "/x",
    "profiles": ["cis_level1_server"],
    "lynis": False,
    "docker_bench": None,
    "docker_exceptions": [],
    "rule_exceptions": [],
}
TODAY = datetime.date(2026, 11, 22)


class Undo:
    def __init__(self) -> None:
        self.pending = False
        self.said: list[str] = []

    def arm(self, _seconds: int, _keep: Mapping[str, Any], _commands: Sequence[Any]) -> None:
        self.pending = True

    def confirm(self) -> None:
        self.pending = False
        self.said.append("confirmed")

    def restore(self) -> None:
        self.pending = False
        self.said.append("restored")


class Ssh:
    def __init__(self) -> None:
        self.undo = Undo()
        self.text = "UsePAM no\n"
        self.effective: dict[str, str] = {"permitrootlogin": "no"}

    def read(self) -> str:
        return self.text

    def effective_with(self, _text: str) -> dict[str, str]:
        return self.effective

    def try_out(self, text: str, _before: str, seconds: int) -> None:
        self.undo.arm(seconds, {}, [])
        self.text = text


class Firewall:
    def __init__(self) -> None:
        self.undo = Undo()
        self.file: str | None = None
        self.kernel: str | None = None
        self.unit = False
        self.logged_in: list[str] = []

    def read(self) -> str | None:
        return self.file

    def loaded(self) -> str | None:
        return self.kernel

    def enabled(self) -> bool:
        return self.unit

    def has_nft(self) -> bool:
        return True

    def check(self, text: str) -> None:
        assert "policy drop" in text

    def peers(self, _port: int) -> list[str]:
        return self.logged_in

    def try_out(self, text: str, seconds: int) -> None:
        self.undo.arm(seconds, {}, [])
        self.kernel = text

    def keep(self, text: str) -> None:
        self.file, self.unit = text, True
        self.undo.confirm()


def ssh(store: Ssh, state: str = "tried", check: bool = False) -> dict[str, Any]:
    return ssh_server.run({"settings": SETTINGS, "state": state, "rollback_seconds": 60}, store, check)


def rules(store: Firewall, state: str = "tried", check: bool = False, source: str = "192.0.2.0/28") -> dict[str, Any]:
    flows = [{"name": "management", "protocol": "tcp", "ports": ["22"], "sources": [source]}]
    params = {"flows": flows, "state": state, "rollback_seconds": 60, "management_port": 22, "container_interfaces": ["docker0"]}
    return firewall.run(params, store, check)


@pytest.mark.parametrize(("store", "run"), [(Ssh, ssh), (Firewall, rules)])
def test_tried_then_kept_then_left_alone(store: type, run: Any) -> None:
    host = store()
    dry = run(host, check=True)
    assert not host.undo.pending
    first = run(host)
    assert (first["changed"], first["on_trial"], host.undo.pending) == (True, True, True)
    assert (dry["changed"], dry["on_trial"], dry["diff"]) == (True, False, first["diff"])
    assert run(host, "kept")["changed"]
    assert host.undo.said == ["confirmed"]
    again = run(host)
    assert (again["changed"], again["on_trial"]) == (False, False)


@pytest.mark.parametrize(("store", "run"), [(Ssh, ssh), (Firewall, rules)])
def test_a_run_that_was_cut_off_goes_back_before_it_tries_again(store: type, run: Any) -> None:
    host = store()
    run(host)
    run(host)
    assert host.undo.said == ["restored"]


@pytest.mark.parametrize(("store", "run"), [(Ssh, ssh), (Firewall, rules)])
def test_what_is_not_on_trial_can_t_be_kept_and_needs_no_restoring(store: type, run: Any) -> None:
    host = store()
    with pytest.raises(HardeningError, match="on trial: they were taken back"):
        run(host, "kept")
    assert not run(host, "restored")["changed"]
    run(host)
    assert run(host, "restored", check=True)["changed"]
    assert host.undo.pending
    assert run(host, "restored")["changed"]
    assert host.undo.said == ["restored"]


def test_settings_that_sshd_would_not_go_by_are_never_written() -> None:
    host = Ssh()
    host.effective = {"permitrootlogin": "yes"}
    with pytest.raises(HardeningError, match="would be yes instead of no"):
        ssh(host)
    assert (host.text, host.undo.pending) == ("UsePAM no\n", False)


def test_rules_that_shut_out_a_session_are_never_loaded() -> None:
    host = Firewall()
    host.logged_in = ["198.51.100.7"]
    with pytest.raises(HardeningError, match="couldn't come back"):
        rules(host)
    assert (host.kernel, host.undo.pending) == (None, False)


def test_rules_that_somebody_flushed_are_loaded_again() -> None:
    host = Firewall()
    rules(host)
    rules(host, "kept")
    host.kernel = None
    assert rules(host)["changed"]


class Scanners:
    def openscap(self, _datastream: str, profile: str) -> str:
        assert profile == "cis_level1_server"
        result = '<rule-result idref="x"><result>pass</result></rule-result>'
        return f'<TestResult xmlns="http://checklists.nist.gov/xccdf/1.2">{result}</TestResult>'

    def lynis(self) -> str:
        return "hardening_index=70\n"

    def docker_bench(self, _program: str) -> str:
        checks = [{"id": "2.2", "desc": "icc", "result": "PASS"}, {"id": "2.9", "desc": "users", "result": "WARN"}]
        return json.dumps({"tests": [{"id": "2", "results": checks}]})


@pytest.mark.parametrize(("lynis", "index"), [(True, {"index": 70, "warnings": [], "suggestions": []}), (False, {})])
def test_scanners(lynis: bool, index: dict[str, Any]) -> None:
    found = audit_info.run(AUDIT | {"lynis": lynis}, Scanners(), TODAY)
    assert found["openscap"]["cis_level1_server"]["score"] == 100.0
    assert found["lynis"] == index
    assert found["docker_bench"] == {}


def test_a_warning_of_docker_bench_with_an_exception_is_reported_as_such() -> None:
    exceptions = [{"check": "2.9", "reason": "Filestores belong to users of the host", "expires": "2027-01-31"}]
    found = audit_info.run(AUDIT | {"docker_bench": "/x", "docker_exceptions": exceptions}, Scanners(), TODAY)["docker_bench"]
    assert (found["passed"], found["warnings"], [item["check"] for item in found["exempt"]]) == (1, [], ["2.9"])


def test_an_exception_past_its_date_is_refused_before_the_scanners_run() -> None:
    exceptions = [{"check": "2.9", "reason": "Filestores belong to users of the host", "expires": "2020-01-31"}]
    with pytest.raises(HardeningError, match=r"2\.9 expired on 2020-01-31"):
        audit_info.run(AUDIT | {"docker_exceptions": exceptions}, None, TODAY)


def test_how_a_name_is_served() -> None:
    asked: list[Any] = []

    def scanner(*arguments: Any) -> str:
        asked.extend(arguments)
        ids = ("cert_revocation", "HIGH"), ("scanTime", "INFO"), ("overall_grade", "OK")
        return json.dumps([{"id": name, "severity": severity, "finding": "A+"} for name, severity in ids])

    exception = {"check": "cert_revocation", "reason": "No list is published", "expires": "2027-01-31"}
    params = {"name": "a.example.com", "address": "192.0.2.1", "port": 443, "authority": None, "directory": "/x"}
    found = tls_audit_info.run({**params, "program": "testssl", "exceptions": [exception]}, scanner, TODAY)
    assert (found["changed"], found["grade"], found["findings"], len(found["exempt"])) == (False, "A+", [], 1)
    assert asked == ["testssl", "a.example.com", "192.0.2.1", 443, None, pathlib.Path("/x/testssl.json")]


def test_filters() -> None:
    catalogue = [{"id": "root", "title": "Root", "level": 1, "sshd": SETTINGS}]
    chosen = hardening_controls.FilterModule().filters()["hardening_controls"](catalogue, ["cis_level1_server"])
    assert hardening_sshd.FilterModule().filters()["hardening_sshd"](chosen) == SETTINGS
    line = {"id": "root", "state": "failed", "details": ["sshd goes by yes"]}
    assert hardening_table.FilterModule().filters()["hardening_table"]([line])[1] == "failed: root: sshd goes by yes"
    with pytest.raises(AnsibleFilterError, match="unknown profile"):
        hardening_controls.hardening_controls(catalogue, ["all"])


@pytest.mark.parametrize("module", [hardening, hardening_info])
def test_documented_options_are_those_of_the_argument_spec(module: Any) -> None:
    fragments = yaml.safe_load(module.DOCUMENTATION)["extends_documentation_fragment"]
    assert "tierline.erp.hardening" in fragments
    assert set(CONTROLS) == {"controls"}


@pytest.mark.parametrize("module", [firewall, ssh_server])
def test_what_can_lock_out_is_put_on_trial_in_the_same_words(module: Any) -> None:
    fragment = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]
    assert "tierline.erp.hardening_trial" in yaml.safe_load(module.DOCUMENTATION)["extends_documentation_fragment"]
    assert {name: (option["type"], option["default"], option.get("choices")) for name, option in fragment.items()} == {
        name: (option["type"], option["default"], option.get("choices")) for name, option in TRIAL.items()
    }
