# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The client against answers as a store gives them."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.object_store import documents
from ansible_collections.tierline.erp.plugins.module_utils.object_store.client import Client
from ansible_collections.tierline.erp.plugins.module_utils.object_store.errors import (
    ObjectStoreError,
    ObjectStoreUnreachableError,
    Refused,
)
from ansible_collections.tierline.erp.plugins.module_utils.object_store.models import Bucket
from ansible_collections.tierline.erp.plugins.module_utils.object_store.plan import plan
from ansible_collections.tierline.erp.plugins.module_utils.object_store.signature import Credentials

Answer = tuple[int, bytes]


class Wire:
    """Stands for the connection: notes what is asked, and answers."""

    def __init__(self, answer: Callable[[str, str], Answer]) -> None:
        self.asked: list[tuple[str, str, bytes, dict[str, str]]] = []
        self._answer = answer

    def request(self, method: str, target: str, body: bytes | None, headers: dict[str, str]) -> None:
        self.asked.append((method, target, body or b"", headers))

    def getresponse(self) -> Any:
        status, content = self._answer(*self.asked[-1][:2])
        return SimpleNamespace(status=status, reason="Reason", read=lambda: content)

    def close(self) -> None:
        pass


def client(monkeypatch: pytest.MonkeyPatch, answer: Callable[[str, str], Answer]) -> tuple[Client, Wire]:
    wire = Wire(answer)
    made = Client("https://store.example:8333", "us-east-1", Credentials("key", "secret"), None, 5)
    monkeypatch.setattr(made, "_connect", lambda: wire)
    return made, wire


def error(code: str) -> bytes:
    return f"<Error><Code>{code}</Code><Message>why</Message></Error>".encode()


def test_reads_a_locked_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {
        "/b": b"",
        "/b?versioning=": documents.enable_versioning(),
        "/b?object-lock=": documents.default_lock("compliance", 30),
        "/b?lifecycle=": documents.expire_noncurrent(40),
    }
    made, _wire = client(monkeypatch, lambda _method, target: (200, answers[target]))
    assert made.bucket("b") == Bucket("b", True, True, "compliance", 30, 40)


def test_reads_a_plain_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(_method: str, target: str) -> Answer:
        if "object-lock" in target:
            return 404, error("ObjectLockConfigurationNotFoundError")
        if "lifecycle" in target:
            return 404, error("NoSuchLifecycleConfiguration")
        return 200, b"<VersioningConfiguration/>"

    made, _wire = client(monkeypatch, answer)
    assert made.bucket("b") == Bucket("b", versioning=False)


def test_a_bucket_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    made, _wire = client(monkeypatch, lambda *_: (404, b""))
    assert made.bucket("b") is None


def test_a_refusal_says_what_was_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    made, _wire = client(monkeypatch, lambda *_: (403, error("AccessDenied")))
    with pytest.raises(Refused, match=r"GET /b/k\?versionId: 403 AccessDenied \(why\)") as refused:
        made.get("b", "k", "v")
    assert refused.value.code == "AccessDenied"
    with pytest.raises(Refused):
        made.bucket("b")


def test_applies_what_was_planned(monkeypatch: pytest.MonkeyPatch) -> None:
    made, wire = client(monkeypatch, lambda *_: (200, b""))
    locked = Bucket("b", lockable=True, lock_mode="compliance", lock_days=30, noncurrent_days=40)
    plain = Bucket("c")
    for change in plan({"d": Bucket("d", noncurrent_days=5)}, [locked, plain, Bucket("d")]):
        made.apply(change)
    assert [(method, target) for method, target, _body, _headers in wire.asked] == [
        ("PUT", "/b"),
        ("PUT", "/b?object-lock="),
        ("PUT", "/b?lifecycle="),
        ("PUT", "/c"),
        ("PUT", "/c?versioning="),
        ("DELETE", "/d?lifecycle="),
    ]
    assert wire.asked[0][3]["x-amz-bucket-object-lock-enabled"] == "true"
    assert "content-md5" in wire.asked[1][3]


def test_versions_come_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(_method: str, target: str) -> Answer:
        more = "key-marker=a" not in target
        following = "<IsTruncated>true</IsTruncated><NextKeyMarker>a</NextKeyMarker><NextVersionIdMarker>1</NextVersionIdMarker>"
        item = "<Version><Key>a</Key><VersionId>1</VersionId><IsLatest>false</IsLatest><Size>3</Size></Version>"
        marker = "<DeleteMarker><Key>b</Key><VersionId>2</VersionId><IsLatest>true</IsLatest></DeleteMarker>"
        return 200, f"<R>{following + item if more else marker}</R>".encode()

    made, _wire = client(monkeypatch, answer)
    assert [(v.key, v.version, v.marker, v.latest, v.size) for v in made.versions("b")] == [
        ("a", "1", False, False, 3),
        ("b", "2", True, True, 0),
    ]


def test_put_sends_a_checksum(monkeypatch: pytest.MonkeyPatch) -> None:
    made, wire = client(monkeypatch, lambda *_: (200, b""))
    made.put("b", "k", b"content")
    assert wire.asked[0][:3] == ("PUT", "/b/k", b"content")
    assert wire.asked[0][3]["content-md5"]


def test_a_store_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: str) -> Answer:
        raise ConnectionRefusedError("refused")

    made, _wire = client(monkeypatch, away)
    with pytest.raises(ObjectStoreUnreachableError, match="cannot be reached"):
        made.bucket("b")


@pytest.mark.parametrize("endpoint", ["store:8333", "ftp://store", "https://store/bucket"])
def test_refuses_what_is_no_endpoint(endpoint: str) -> None:
    with pytest.raises(ObjectStoreError, match="is no https"):
        Client(endpoint, "r", Credentials("a", "b"), None, 5)


def test_refuses_an_authority_that_cannot_be_read() -> None:
    with pytest.raises(ObjectStoreError, match="cannot read the authority"):
        Client("https://store", "r", Credentials("a", "b"), "/nowhere/ca.crt", 5)


@pytest.mark.parametrize(
    ("endpoint", "port", "tls"), [("https://s", 443, True), ("http://s:80", 80, False), ("https://s:1", 1, True)]
)
def test_connects_where_it_is_told(endpoint: str, port: int, tls: bool) -> None:
    connection = Client(endpoint, "r", Credentials("a", "b"), None, 5)._connect()
    assert (connection.port, type(connection).__name__ == "HTTPSConnection") == (port, tls)


def test_something_that_is_no_store(monkeypatch: pytest.MonkeyPatch) -> None:
    made, _wire = client(monkeypatch, lambda *_: (200, b"<html>"))
    with pytest.raises(ObjectStoreError, match="no XML"):
        made.bucket("b")


def test_a_lock_in_years_and_a_lock_without_default() -> None:
    years = b"<C><Rule><DefaultRetention><Mode>GOVERNANCE</Mode><Years>2</Years></DefaultRetention></Rule></C>"
    assert documents.lock(years) == (True, "governance", 730)
    assert documents.lock(documents.default_lock("none", 0)) == (True, "none", 0)
    assert documents.noncurrent_days(b"<L/>") == 0


def test_until_when_a_version_is_locked(monkeypatch: pytest.MonkeyPatch) -> None:
    lock = b"<Retention><Mode>COMPLIANCE</Mode><RetainUntilDate>2037-02-07T00:00:00Z</RetainUntilDate></Retention>"
    made, wire = client(monkeypatch, lambda _method, _target: (200, lock))
    assert made.retention("b", "a/b.json", "v1") == ("compliance", "2037-02-07T00:00:00Z")
    assert wire.asked[0][:2] == ("GET", "/b/a/b.json?retention=&versionId=v1")


def test_a_version_that_isn_t_locked(monkeypatch: pytest.MonkeyPatch) -> None:
    made, _wire = client(monkeypatch, lambda _method, _target: (404, error("NoSuchObjectLockConfiguration")))
    assert made.retention("b", "a", "v1") == ("none", "")
    refusing, _wire = client(monkeypatch, lambda _method, _target: (403, error("AccessDenied")))
    with pytest.raises(Refused, match="AccessDenied"):
        refusing.retention("b", "a", "v1")


@pytest.mark.parametrize(("status", "found"), [(200, b"it"), (404, None)])
def test_an_object_that_may_be_there(status: int, found: bytes | None, monkeypatch: pytest.MonkeyPatch) -> None:
    made, _wire = client(monkeypatch, lambda _method, _target: (status, found or error("NoSuchKey")))
    assert made.find("b", "a") == found
    refusing, _wire = client(monkeypatch, lambda _method, _target: (403, error("AccessDenied")))
    with pytest.raises(Refused, match="AccessDenied"):
        refusing.find("b", "a")
