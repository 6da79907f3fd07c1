# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.probe.errors import Fault
from ansible_collections.tierline.erp.plugins.module_utils.probe.models import Answer
from ansible_collections.tierline.erp.tests.unit.plugins.module_utils.probe.fake_odoo import (
    SECRET,
    FakeOdoo,
    attribute,
    look,
    page,
    refutes,
)


def test_a_sound_environment_passes(odoo: FakeOdoo) -> None:
    found = look(odoo)
    assert [name for name, check in found.items() if not check.ok] == []
    assert all(check.status == "passed" for check in found.values())
    assert found["invoice"].detail == "TLCHK/1 posted, total 123.40 EUR read back"
    assert found["http_redirect"].detail == "HTTP 301 to https://acme.example.com:8443"
    assert ("account.journal", "create") in odoo.calls


def test_skips_stand_in_the_report(odoo: FakeOdoo) -> None:
    found = look(odoo, skip_http="no", skip_invoice="forbidden by finance", skip_cron="dry run")
    assert found["invoice"].status == found["invoice_withdrawn"].status == "skipped"
    assert found["invoice"].detail == "forbidden by finance"
    assert not [call for call in odoo.calls if call[1] in ("create", "write")]


@pytest.mark.parametrize(
    ("break_it", "check", "layer", "words"),
    [
        (attribute("not_after", 1_000_000.0 + 86400), "tls", "pki", "expires in 1 days"),
        (attribute("redirect", Answer(200)), "http_redirect", "edge", "not with a redirect"),
        (
            attribute("redirect", Answer(301, {"Location": "https://evil.example.com/"})),
            "http_redirect",
            "edge",
            "not with a redirect",
        ),
        (page("/web/login", Answer(502)), "app", "app", "can't reach Odoo"),
        (page("/web/login", Answer(200, {}, "hello")), "app", "app", "not Odoo's login page"),
        (page("/web/login", Answer(404, {}, "404 page not found\n")), "app", "edge", "no route"),
        (
            page("/web/login", Answer(303, {"location": "/web/database/selector"})),
            "app",
            "database",
            "does not find its database",
        ),
        (
            page("/web/health?db_server_status=1", Answer(500, {}, '{"db_server_status": false}')),
            "database",
            "database",
            "database server",
        ),
        (page("/web/health?db_server_status=1", Answer(500, {}, "<html>")), "database", "app", "HTTP 500"),
        (page("/web/database/manager", Answer(200)), "database_manager", "edge", "not closed: HTTP 200"),
        (attribute("upgrade", (Answer(200), "x")), "websocket", "websocket", "instead of 101"),
        (attribute("upgrade", (Answer(503), "x")), "websocket", "websocket", "knows no healthy server"),
        (attribute("upgrade", (Answer(101), "x")), "websocket", "websocket", "does not belong"),
        (attribute("uid", False), "login_web", "app", "refuses the credentials"),
        (attribute("uid", None), "login_rpc", "app", "refuses the credentials"),
    ],
)
def test_each_fault_is_seen_and_blames_its_layer(odoo: FakeOdoo, break_it: Any, check: str, layer: str, words: str) -> None:
    refutes(odoo, break_it, check, layer, words)


def test_nothing_is_sent_to_a_server_that_is_not_trusted(odoo: FakeOdoo) -> None:
    odoo.not_after = 0
    found = look(odoo)
    assert {check.status for name, check in found.items() if name not in ("tls", "http_redirect")} == {"blocked"}
    assert odoo.calls == []


def test_the_password_is_in_no_report(odoo: FakeOdoo) -> None:
    odoo.broken["account.move", "create"] = Fault("app", f"bad argument {SECRET}")
    found = look(odoo)
    assert found["invoice"].status == "failed"
    assert SECRET not in json.dumps([check.to_dict() for check in found.values()])


def test_a_websocket_server_that_is_just_starting_is_waited_for(odoo: FakeOdoo, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [(Answer(502), "x"), (Answer(502), "x"), odoo.upgrade]
    monkeypatch.setattr(odoo, "websocket", lambda _path: answers.pop(0))
    assert look(odoo)["websocket"].detail == "upgraded (HTTP 101) at the 3. attempt"
