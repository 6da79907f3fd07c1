# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dry run, run, run again against a store that speaks HTTP, and its info twin: what one sets is what the other reports."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.object_store.arguments import CONNECTION, open_client
from ansible_collections.tierline.erp.plugins.module_utils.object_store.client import Client
from ansible_collections.tierline.erp.plugins.module_utils.object_store.errors import ObjectStoreError
from ansible_collections.tierline.erp.plugins.module_utils.object_store.models import parse_buckets
from ansible_collections.tierline.erp.plugins.modules import object_store_buckets, object_store_buckets_info
from ansible_collections.tierline.erp.tests.unit.plugins.module_utils.local_server import answering, http

ABSENT = {"object-lock": "ObjectLockConfigurationNotFoundError", "lifecycle": "NoSuchLifecycleConfiguration"}


class Buckets:
    """Keeps the documents that it is given and gives them back, as S3 does; a lock only where the bucket was made for it."""

    def __init__(self) -> None:
        self.documents: dict[str, dict[str, bytes]] = {}
        self.changes: list[str] = []

    def answer(self, request: bytes) -> bytes:
        head, _end, body = request.partition(b"\r\n\r\n")
        method, target, _version = head.split(b"\r\n")[0].decode().split()
        bucket = urlsplit(target).path.strip("/")
        (what,) = parse_qs(urlsplit(target).query, keep_blank_values=True) or ("",)
        if method in ("PUT", "DELETE"):
            self.changes.append(f"{method} {target}")
        if method == "PUT" and not what:
            lockable = b"x-amz-bucket-object-lock-enabled: true" in head
            enabled = {
                "versioning": b"<V><Status>Enabled</Status></V>",
                "object-lock": b"<C><ObjectLockEnabled>Enabled</ObjectLockEnabled></C>",
            }
            self.documents[bucket] = enabled if lockable else {"versioning": b"<V/>"}
            return http(200)
        if bucket not in self.documents:
            return http(404, b"" if method == "HEAD" else b"<Error><Code>NoSuchBucket</Code></Error>")
        kept = self.documents[bucket]
        if method == "PUT":
            if what == "object-lock" and what not in kept:
                return http(409, b"<Error><Code>InvalidBucketState</Code></Error>")
            kept[what] = body
        elif method == "DELETE":
            kept.pop(what, None)
        elif what in ABSENT and what not in kept:
            return http(404, f"<Error><Code>{ABSENT[what]}</Code></Error>".encode())
        return http(200, kept[what] if method == "GET" else b"")


@pytest.fixture
def buckets() -> Buckets:
    return Buckets()


@pytest.fixture
def client(buckets: Buckets) -> Iterator[Client]:
    defaults = {name: option.get("default") for name, option in CONNECTION.items()}
    with answering(buckets.answer) as store:
        yield open_client({**defaults, "endpoint": f"http://127.0.0.1:{store.port}", "access_key": "a", "secret_key": "s" * 24})


def wanted(name: str = "shared-database", mode: str = "compliance", days: int = 30, noncurrent: int = 40) -> dict[str, Any]:
    return {"name": name, "lock_mode": mode, "lock_days": days, "noncurrent_days": noncurrent}


def run(client: Client, *items: dict[str, Any], check_mode: bool = False) -> dict[str, Any]:
    return object_store_buckets.run(client, parse_buckets(items), check_mode)


def seen(client: Client, *names: str) -> list[dict[str, Any]]:
    found = object_store_buckets_info.run(client, list(names), [])
    assert not found["changed"]
    return found["buckets"]


@pytest.mark.parametrize(
    "want", [wanted(), wanted(mode="governance"), wanted("plain", "none", 0, 0), wanted("plain", "none", 0, 7)]
)
def test_dry_run_run_and_run_again(client: Client, buckets: Buckets, want: dict[str, Any]) -> None:
    dry = run(client, want, check_mode=True)
    assert (dry["changed"], buckets.changes) == (True, [])
    first = run(client, want)
    assert (first["changed"], first["diff"]) == (True, dry["diff"])
    done = list(buckets.changes)
    again = run(client, want)
    assert (again["changed"], again["buckets_changed"], buckets.changes) == (False, [], done)
    (found,) = seen(client, want["name"], "another")
    assert {name: found[name] for name in want} == want
    assert found["versioning"]


def test_one_call_reconciles_a_list_and_leaves_others_alone(client: Client, buckets: Buckets) -> None:
    run(client, wanted("others", "none", 0, 9))
    kept = dict(buckets.documents["others"])
    run(client, wanted("one"), wanted("two", "none", 0, 0))
    assert [found["name"] for found in seen(client, "one", "two", "others")] == ["one", "two", "others"]
    assert buckets.documents["others"] == kept


def test_retention_grows_and_never_shrinks(client: Client, buckets: Buckets) -> None:
    run(client, wanted())
    assert run(client, wanted(days=60, noncurrent=70))["buckets_changed"] == [
        {"name": "shared-database", "action": "lock"},
        {"name": "shared-database", "action": "expire"},
    ]
    done = list(buckets.changes)
    for smaller in (wanted(days=59, noncurrent=70), wanted(mode="governance", days=60, noncurrent=70)):
        with pytest.raises(ObjectStoreError, match=r"shrink|weaken"):
            run(client, wanted("new"), smaller)
    assert buckets.changes == done, "a call that is refused changes nothing"


def test_what_somebody_switched_off_is_put_right(client: Client, buckets: Buckets) -> None:
    run(client, wanted("plain", "none", 0, 7))
    kept = buckets.documents["plain"]
    kept["versioning"] = b"<V><Status>Suspended</Status></V>"
    kept["lifecycle"] = kept["lifecycle"].replace(b"Enabled", b"Disabled")
    assert [change["action"] for change in run(client, wanted("plain", "none", 0, 7))["buckets_changed"]] == ["version", "expire"]
    (found,) = seen(client, "plain")
    assert (found["versioning"], found["noncurrent_days"]) == (True, 7)


def test_a_run_that_was_cut_off_is_finished_by_the_next(client: Client) -> None:
    """The bucket is there and nothing else of what it shall have."""
    client.request("PUT", "/shared-database", headers={"x-amz-bucket-object-lock-enabled": "true"})
    assert [change["action"] for change in run(client, wanted())["buckets_changed"]] == ["lock", "expire"]
    assert not run(client, wanted())["changed"]
