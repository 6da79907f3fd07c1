# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.pki.errors import PkiError
from ansible_collections.tierline.erp.plugins.module_utils.pki.models import Certificate, Found, Wanted
from ansible_collections.tierline.erp.plugins.module_utils.pki.plan import (
    Access,
    Change,
    access_of,
    check_issued,
    check_lifetimes,
    describe,
    plan,
    reasons,
)
from hypothesis import given
from hypothesis import strategies as st

NOW = datetime(2026, 6, 1, tzinfo=UTC)
MONTH = timedelta(days=30)
WANTED = Wanted("web", "shop", ("shop",), ("192.0.2.1",), "www-data")
CERTIFICATE = Certificate(
    common_name="shop",
    dns_names=("shop",),
    ip_addresses=("192.0.2.1",),
    usages=("server", "client"),
    issuer="Test CA",
    trusted=True,
    not_before=NOW,
    not_after=NOW + timedelta(days=90),
    serial="1",
    fingerprint="f",
    key="k",
)


def test_a_serving_certificate_is_left_alone() -> None:
    assert reasons(WANTED, Found("k", CERTIFICATE), NOW, MONTH) == []


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (Found(), "there is no certificate"),
        (Found("k"), "there is no certificate"),
        (Found("k", damaged=True), "the certificate cannot be read"),
        (Found(None, CERTIFICATE), "there is no usable key"),
        (Found("other", CERTIFICATE), "it does not belong to the key"),
        (Found("k", replace(CERTIFICATE, trusted=False, issuer="Evil CA")), "it was issued by another authority (Evil CA)"),
        (Found("k", replace(CERTIFICATE, not_after=NOW + MONTH - timedelta(seconds=1))), "it expires on 2026-06-30"),
        (Found("k", replace(CERTIFICATE, common_name="old")), "its common name are old instead of shop"),
        (Found("k", replace(CERTIFICATE, dns_names=("a", "b"))), "its host names are a, b instead of shop"),
        (Found("k", replace(CERTIFICATE, ip_addresses=())), "its addresses are none instead of 192.0.2.1"),
        (Found("k", replace(CERTIFICATE, usages=("server",))), "its usages are server instead of server, client"),
    ],
)
def test_every_flaw_is_a_reason(found: Found, reason: str) -> None:
    assert reasons(WANTED, found, NOW, MONTH) == [reason]


def test_the_last_moment_before_renewal() -> None:
    assert reasons(WANTED, Found("k", replace(CERTIFICATE, not_after=NOW + MONTH)), NOW, MONTH) == []


@given(days=st.integers(2, 400), before=st.integers(1, 399))
def test_a_new_certificate_is_never_requested_again(days: int, before: int) -> None:
    """Whatever lifetimes the role allows, a second run issues nothing."""
    fresh = replace(CERTIFICATE, not_after=NOW + timedelta(days=days))
    assert (reasons(WANTED, Found("k", fresh), NOW, timedelta(days=before)) == []) == (before <= days)


def test_an_empty_machine_gets_everything() -> None:
    assert plan([WANTED], {"web": Found()}, {}, ["root"], True) == [
        Change("create_group", "www-data"),
        Change("create_directory", "", Access("root", 0o755)),
        Change("create_directory", "web", Access("root", 0o755)),
        Change("write_authority", "ca.crt", Access("root", 0o644)),
        Change("create_key", "web", Access("www-data", 0o640)),
    ]


def test_a_complete_machine_gets_nothing() -> None:
    assert plan([WANTED], {"web": Found("k", CERTIFICATE)}, access_of([WANTED]), ["root", "www-data"], False) == []


def test_a_usable_key_is_kept_and_closed_again() -> None:
    access = access_of([WANTED]) | {"web/tls.key": Access("root", 0o644)}
    assert plan([WANTED], {"web": Found("k", damaged=True)}, access, ["www-data"], False) == [
        Change("set_access", "web/tls.key", Access("www-data", 0o640))
    ]


@given(st.sets(st.sampled_from(["directory", "key", "access", "group", "authority"])))
def test_an_interrupted_run_is_completed(done: set[str]) -> None:
    """Whatever part of the plan was applied, the rest of it is planned again and nothing else."""
    access = {"": Access("root", 0o755), "web": Access("root", 0o755)} if "directory" in done else {}
    if "key" in done:
        access["web/tls.key"] = Access("www-data" if "access" in done else "root", 0o640)
    found = Found("k" if "key" in done else None)
    changes = plan([WANTED], {"web": found}, access, ["www-data"] if "group" in done else [], "authority" not in done)
    actions = [change.action for change in changes]
    assert ("create_key" in actions) == ("key" not in done)
    assert ("create_group" in actions) == ("group" not in done)
    assert ("write_authority" in actions) == ("authority" not in done)
    assert ("create_directory" in actions) == ("directory" not in done)
    assert ("set_access" in actions) == ("key" in done and "access" not in done)


def test_certificates_may_not_outlive_their_authority() -> None:
    authority = replace(CERTIFICATE, not_after=NOW + timedelta(days=50))
    check_lifetimes(timedelta(days=50), authority, NOW)
    with pytest.raises(PkiError, match="outlive"):
        check_lifetimes(timedelta(days=51), authority, NOW)


@pytest.mark.parametrize(("change", "message"), [({"key": "other"}, "does not fit"), ({"trusted": False}, "does not come from")])
def test_only_what_serves_is_installed(change: dict[str, Any], message: str) -> None:
    check_issued(WANTED, Found("k"), CERTIFICATE)
    with pytest.raises(PkiError, match=message):
        check_issued(WANTED, Found("k"), replace(CERTIFICATE, **change))


def test_descriptions_hold_nothing_that_a_dry_run_could_not_know() -> None:
    assert describe(None) == {}
    other = replace(CERTIFICATE, serial="2", fingerprint="g", key="l", not_after=CERTIFICATE.not_after + timedelta(seconds=5))
    assert describe(CERTIFICATE) == describe(other)
