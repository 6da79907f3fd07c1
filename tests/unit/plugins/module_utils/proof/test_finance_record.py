# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.object_store.client import Client, Version
from ansible_collections.tierline.erp.plugins.module_utils.object_store.errors import Refused
from ansible_collections.tierline.erp.plugins.module_utils.proof.errors import ProofError
from ansible_collections.tierline.erp.plugins.module_utils.proof.finance_record import keep_until, parse
from ansible_collections.tierline.erp.plugins.modules import finance_record, finance_record_info

NOW = datetime(2027, 1, 31, 2, 4, tzinfo=UTC)
POINT = {
    "name": "verify-1",
    "environment": "acme_prod",
    "database": "acme",
    "time": "2027-01-31T02:00:00Z",
    "sha256": "p",
    "postgres_version": "17.6",
    "facts": {"image": "odoo@sha256:1"},
}
PARAMS: dict[str, Any] = {
    "bucket": "b",
    "name": "2027-01-31",
    "years": 10,
    "point": POINT,
    "figures_sha256": "f",
    "dump": {"bytes": 3, "sha256": "d"},
    "files": 2,
    "checks": [{"name": "balanced", "passed": True, "detail": ""}, {"name": "boots", "passed": None, "detail": "not asked for"}],
    "tools": {},
}


class Store:
    """A versioned bucket: what is written or deleted becomes another version."""

    def __init__(self) -> None:
        self.written: dict[str, list[bytes | None]] = {}

    def put(self, _bucket: str, key: str, body: bytes | None) -> None:
        self.written.setdefault(key, []).append(body)

    def get(self, _bucket: str, key: str, version: str = "") -> bytes:
        found = self.written.get(key, [None])[int(version) if version else -1]
        if found is None:
            raise Refused("GET", 404, "NoSuchKey", "")
        return found

    find = Client.find

    def versions(self, _bucket: str, prefix: str) -> list[Version]:
        return [
            Version(key, str(number), marker=body is None, latest=False, modified=f"2027-01-31T02:0{number}:00Z")
            for key, bodies in self.written.items()
            if key.startswith(prefix)
            for number, body in reversed(list(enumerate(bodies)))
        ]

    def retention(self, _bucket: str, _key: str, version: str) -> tuple[str, str]:
        return ("compliance", "2037-02-07T00:00:00Z") if version == "0" else ("none", "")


@pytest.mark.parametrize(
    ("taken", "years", "expected"),
    [((2027, 1, 31), 10, "2037-01-31"), ((2028, 2, 29), 1, "2029-03-01"), ((2028, 2, 29), 4, "2032-02-29")],
)
def test_until_when_it_is_kept(taken: tuple[int, int, int], years: int, expected: str) -> None:
    assert keep_until(datetime(*taken, tzinfo=UTC), years) == expected


def test_a_record_is_written_once_and_counts_as_it_was_written() -> None:
    store: Any = Store()
    dry = finance_record.run(store, PARAMS, NOW, check_mode=True)
    assert not store.written
    first = finance_record.run(store, PARAMS, NOW, check_mode=False)
    again = finance_record.run(store, {**PARAMS, "files": 9}, NOW, check_mode=False)
    assert [one["changed"] for one in (dry, first, again)] == [True, True, False]
    assert again["record"] == first["record"] == dry["record"]
    store.put("b", "records/acme_prod/2027-01-31.json", b"{}")
    store.put("b", "records/acme_prod/2027-01-31.json", None)
    seen = finance_record_info.run(store, "b", ["acme_prod", "globex_prod"])
    (record,) = seen["records"]
    assert (record["keep_until"], record["dump"], record["files"]) == ("2037-01-31", {"bytes": 3, "sha256": "d"}, 2)
    assert (record["tampered"], record["lock_mode"]) == (True, "compliance")
    assert record["checks"] == [{"name": "balanced", "passed": True}, {"name": "boots", "passed": None}], "it isn't encrypted"
    assert seen["newest"] == {"acme_prod": "2027-01-31T02:04:00Z"}


def test_the_newest_of_several_is_named() -> None:
    store: Any = Store()
    finance_record.run(store, PARAMS, NOW, check_mode=False)
    finance_record.run(store, {**PARAMS, "name": "2026-closed"}, NOW.replace(month=3), check_mode=False)
    seen = finance_record_info.run(store, "b", ["acme_prod"])
    assert [record["name"] for record in seen["records"]] == ["2027-01-31", "2026-closed"]
    assert seen["newest"] == {"acme_prod": "2027-03-31T02:04:00Z"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"checks": [{"name": "balanced", "passed": False, "detail": ""}]}, "acme_prod is not kept as a record.*balanced"),
        ({"years": 0}, "a year or more"),
        ({"name": "Closed 2026"}, "can't name"),
        ({"dump": {"bytes": 3}}, "'sha256' is missing"),
        ({"point": {"environment": "acme_prod"}}, "is missing"),
    ],
)
def test_what_is_no_record(words: dict[str, Any], message: str) -> None:
    store: Any = Store()
    with pytest.raises(ProofError, match=message):
        finance_record.run(store, {**PARAMS, **words}, NOW, check_mode=False)
    assert not store.written


@pytest.mark.parametrize(
    ("content", "message"), [(b"none", "no finance record"), (b'{"format": 2}', "format 2"), (b'{"format": 1}', "no finance")]
)
def test_what_can_t_be_read(content: bytes, message: str) -> None:
    with pytest.raises(ProofError, match=message):
        parse(content)
