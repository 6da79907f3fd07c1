# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.proof.errors import ProofError
from ansible_collections.tierline.erp.plugins.module_utils.proof.record import RecoveryPoint, parse

WORDS = {
    "name": "before-release",
    "environment": "acme_prod",
    "time": "2026-11-22T08:00:00Z",
    "stanza": "main",
    "database": "acme_prod",
    "lsn": "0/1",
    "segment": "1",
    "timeline": 1,
    "system_identifier": "7",
    "postgres_version": "17.6",
    "figures_sha256": "0",
    "exact": True,
}


def test_what_is_stored_is_read_again() -> None:
    point = RecoveryPoint(**WORDS, facts={"image": "odoo@sha256:0"})
    assert point.key == "recovery-points/acme_prod/before-release.json"
    assert parse(point.serialise()) == point


@pytest.mark.parametrize("word", ["", "Before", "a/b", "a'b", "-a", "a" * 51])
def test_names_that_would_break_a_path_or_a_statement(word: str) -> None:
    with pytest.raises(ProofError, match="can't name"):
        RecoveryPoint(**{**WORDS, "name": word})
    with pytest.raises(ProofError, match="can't name"):
        RecoveryPoint(**{**WORDS, "environment": word})


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", json.dumps({**WORDS, "format": 1, "more": 1}).encode()])
def test_refuses_what_is_no_record(content: bytes) -> None:
    with pytest.raises(ProofError, match="no recovery point"):
        parse(content)


def test_refuses_a_record_of_another_release() -> None:
    with pytest.raises(ProofError, match="format 2"):
        parse(json.dumps({**WORDS, "format": 2}).encode())
