# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Every fault is blamed on the layer that has it."""

import errno
import socket
import ssl
from typing import Any

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.probe import faults
from ansible_collections.tierline.erp.plugins.module_utils.probe.models import Answer
from ansible_collections.tierline.erp.tests.unit.plugins.module_utils.probe.fake_odoo import (
    FakeOdoo,
    look,
)


def test_a_database_that_is_down_is_blamed_for_the_rest(odoo: FakeOdoo) -> None:
    odoo.pages["/web/health?db_server_status=1"] = Answer(500, {}, '{"db_server_status": false}')
    odoo.pages["/web/login"] = Answer(500)
    odoo.uid = None
    found = look(odoo)
    assert {check.layer for check in found.values() if not check.ok} == {"database"}


def test_an_application_that_is_down_is_blamed_for_its_websocket(odoo: FakeOdoo) -> None:
    odoo.pages["/web/login"] = odoo.pages["/web/health?db_server_status=1"] = Answer(502)
    odoo.upgrade = (Answer(502), "x")
    assert {check.layer for check in look(odoo).values() if not check.ok} == {"app"}


def test_a_page_in_place_of_an_application_blames_who_is_away(odoo: FakeOdoo) -> None:
    odoo.pages["/web/login"] = Answer(503, {"X-Upstream-Status": "502"}, "Back in a moment")
    (said,) = {check.detail for check in look(odoo).values() if not check.ok and "HTTP" in check.detail}
    assert said == "the edge can't reach Odoo (HTTP 502)"


def _os_error(number: int) -> OSError:
    return OSError(number, "x")


def _verification() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "x")
    error.verify_message = "certificate has expired"
    return error


def _tls(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, "x")
    error.reason = reason
    return error


@pytest.mark.parametrize(
    ("error", "layer", "words"),
    [
        (_verification(), "pki", "certificate has expired"),
        (_tls("TLSV1_UNRECOGNIZED_NAME"), "edge", "no route or no certificate"),
        (_tls("WRONG_VERSION_NUMBER"), "edge", "WRONG_VERSION_NUMBER"),
        (socket.gaierror(-2, "Name or service not known"), "dns", "can't be resolved"),
        (TimeoutError(), "edge", "in time"),
        (_os_error(errno.ECONNREFUSED), "edge", "nothing listens"),
        (_os_error(errno.EPIPE), "edge", "BrokenPipeError"),
    ],
)
def test_exceptions_of_the_network_name_a_layer(error: Exception, layer: str, words: str) -> None:
    found = faults.from_exception(error, "192.0.2.1:443")
    assert found.layer == layer
    assert words in str(found)


@pytest.mark.parametrize(
    ("error", "layer", "words"),
    [
        ({"data": {"name": "psycopg2.OperationalError", "message": "gone"}}, "database", "gone"),
        ({"data": {"name": "odoo.exceptions.AccessDenied", "message": "x"}}, "app", "refuses these credentials"),
        ({"data": {"name": "odoo.exceptions.UserError", "message": "a\n b"}}, "app", "odoo.exceptions.UserError: a b"),
        ({"message": "Odoo Server Error"}, "app", "an error: Odoo Server Error"),
        ({"message": "x" * 900}, "app", "…"),
    ],
)
def test_errors_inside_an_answer_name_a_layer(error: dict[str, Any], layer: str, words: str) -> None:
    found = faults.from_rpc(error)
    assert found.layer == layer
    assert words in str(found)
    assert len(str(found)) < 400
