# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Where each machine's journal goes."""

from typing import Any

from ansible_collections.tierline.erp.plugins.module_utils.estate.resolve import resolve
from ansible_collections.tierline.erp.tests.unit.plugins.module_utils.estate.estates import Bench


def _bench() -> Bench:
    bench = Bench()
    bench.machines["vault1"] = {"machine_roles": ["backup"], "address": "vault1.example.com"}
    bench.members["shared"].append("vault1")
    return bench


def _certificates(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {certificate["name"]: certificate for certificate in found["estate_certificates"]}


def test_without_a_machine_kept_apart_journals_stay_where_they_are() -> None:
    found = resolve(Bench().intent()).variables["db1"]
    assert "journal_upload_to" not in found
    assert "journal" not in _certificates(found)


def test_every_machine_sends_under_a_name_that_no_other_certificate_has() -> None:
    found = resolve(_bench().intent()).variables["db1"]
    assert (found["journal_upload_to"], found["journal_port"]) == ("vault1.example.com", 19532)
    assert "journal_senders" not in found
    certificate = _certificates(found)["journal"]
    assert (certificate["common_name"], certificate["usages"], certificate["group"]) == (
        "journal.db1",
        ["client"],
        "journal-upload",
    )
    assert certificate["reload"] == ["systemd-journal-upload.service"]
    names = [each["common_name"] for each in found["estate_certificates"]]
    assert names.count("journal.db1") == 1


def test_the_receiver_knows_whom_it_hears_and_lets_nobody_else_in() -> None:
    found = resolve(_bench().intent()).variables["vault1"]
    assert found["journal_senders"] == ["app1", "db1", "vault1"]
    assert found["journal_retention_days"] == found["hardening_log_retention_days"]
    assert _certificates(found)["journal_receiver"]["usages"] == ["server"]
    flows = {flow["name"]: flow for flow in found["hardening_firewall_flows"]}
    assert flows["journal"]["ports"] == ["19532"]
    assert sorted(flows["journal"]["sources"]) == ["app1", "db1"]
