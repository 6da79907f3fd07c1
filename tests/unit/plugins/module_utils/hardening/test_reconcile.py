# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.tierline.erp.plugins.module_utils.hardening import reconcile

from .hosts import FakeHost, a_file


def controls(**exempt: Any) -> list[dict[str, Any]]:
    return [
        {"id": "quality", "title": "Long passwords", "cis": "5.3", "packages": {"pwquality": "present"}, "if_package": "pam"}
        | {"settings": [{"path": "/etc/pw.conf", "values": {"minlen": 14}}]},
        {"id": "cookies", "title": "Cookies", "sysctl": {"net.syn": 1}, "exemption": exempt.get("cookies")},
        {"id": "socket", "title": "The socket", "if_package": "pwquality", "files": [{"path": "/etc/socket", "content": "x\n"}]},
        {"id": "same", "title": "The same again", "settings": [{"path": "/etc/pw.conf", "values": {"minlen": 14}}]},
    ]


def a_host() -> FakeHost:
    host = FakeHost()
    host.kernel = {"net.syn": ("0", True)}
    host.installed = {"pam": "1"}
    host.brings = {"pwquality": {"/etc/pw.conf": a_file("# minlen = 8\n")}}
    return host


def test_a_dry_run_predicts_the_run_and_a_second_run_does_nothing() -> None:
    host = a_host()
    dry = reconcile.run(controls(), host, True)
    assert host.installed == {"pam": "1"}
    real = reconcile.run(controls(), host, False)
    again = reconcile.run(controls(), host, False)
    assert (
        dry["changes"]
        == real["changes"]
        == [
            "packages pwquality",
            "files /etc/socket",
            "settings /etc/pw.conf: minlen",
            "settings /etc/sysctl.d/zz-tierline-hardening.conf: net.syn",
            "sysctl net.syn",
        ]
    )
    assert dry["diff"] == real["diff"]
    assert (again["changed"], again["changes"]) == (False, [])


def test_the_report_says_what_was_mended_and_what_is_exempt() -> None:
    host = a_host()
    exemption = {"reason": "An old switch dislikes them", "expires": "2027-01-31"}
    real = reconcile.run(controls(cookies=exemption), host, False)
    lines = {line["id"]: line for line in real["controls"]}
    assert host.kernel["net.syn"] == ("0", True)
    assert (lines["cookies"]["state"], lines["cookies"]["would_be"], lines["cookies"]["exemption"]) == (
        "exempt",
        "failed",
        exemption,
    )
    assert (lines["quality"]["state"], lines["quality"]["changed"], lines["quality"]["references"]) == (
        "passed",
        True,
        {"cis": "5.3"},
    )
    table = reconcile.table(real["controls"])
    assert table[0] == "3 passed, 0 failed, 1 exempt, 0 not applicable"
    assert table[1] == "exempt until 2027-01-31: cookies (An old switch dislikes them); it is failed"


def test_looking_changes_nothing() -> None:
    host = a_host()
    seen = reconcile.info(controls(), host)
    assert reconcile.summary(seen["controls"]) == {"passed": 0, "failed": 3, "exempt": 0, "not_applicable": 1}
    assert host.installed == {"pam": "1"}
    assert any(line.startswith("failed: cookies: net.syn is 0, wanted 1") for line in reconcile.table(seen["controls"]))


def test_a_package_that_goes_is_gone_for_the_dry_run() -> None:
    host = a_host()
    host.installed["docker.io"] = "26"
    wanted = [
        {"id": "gone", "title": "Gone", "packages": {"docker.io": "absent"}},
        {"id": "routes", "title": "Routes", "unless_package": "docker.io", "sysctl": {"net.syn": 1}},
    ]
    dry = reconcile.run(wanted, host, True)
    assert dry["changes"] == reconcile.run(wanted, host, False)["changes"]
    assert "sysctl net.syn" in dry["changes"]
