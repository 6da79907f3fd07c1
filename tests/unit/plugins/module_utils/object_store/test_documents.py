# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stores are told and what they say: a lock that is misread is a backup that can be deleted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.object_store import documents
from ansible_collections.tierline.erp.plugins.module_utils.object_store.errors import ObjectStoreError
from hypothesis import example, given
from hypothesis import strategies as st

DAYS = st.integers(1, 36500)


@given(st.sampled_from(["governance", "compliance"]), DAYS)
def test_a_lock_is_read_as_it_was_set(mode: str, days: int) -> None:
    assert documents.lock(documents.default_lock(mode, days)) == (True, mode, days)


@given(DAYS)
def test_an_expiry_is_read_as_it_was_set(days: int) -> None:
    assert documents.noncurrent_days(documents.expire_noncurrent(days)) == days


def test_versioning_is_on_only_where_it_is_enabled() -> None:
    assert documents.versioning(documents.enable_versioning())
    assert not documents.versioning(b"<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>")
    assert not documents.versioning(b"<VersioningConfiguration/>")


@pytest.mark.parametrize(
    ("document", "seen"),
    [
        (b"<C><ObjectLockEnabled>Enabled</ObjectLockEnabled></C>", (True, "none", 0)),
        (b"<C/>", (False, "none", 0)),
        (
            b'<C xmlns="urn:other"><Rule><DefaultRetention><Mode>COMPLIANCE</Mode><Days> 3 </Days></DefaultRetention></Rule></C>',
            (True, "compliance", 3),
        ),
    ],
)
def test_locks_as_stores_write_them(document: bytes, seen: tuple[bool, str, int]) -> None:
    assert documents.lock(document) == seen


def rule(days: int, extra: str = "<Status>Enabled</Status>") -> str:
    expiry = f"<NoncurrentVersionExpiration><NoncurrentDays>{days}</NoncurrentDays></NoncurrentVersionExpiration>"
    return f"<Rule>{extra}{expiry}</Rule>"


@pytest.mark.parametrize(
    ("rules", "days"),
    [
        ([rule(30), rule(7)], 7),  # the one that removes first is what happens
        ([rule(7, "<Status>Disabled</Status>"), rule(30)], 30),
        ([rule(7, "<Status>Disabled</Status>")], 0),
        ([rule(7, "<Filter><Prefix>logs/</Prefix></Filter>")], 0),
        ([rule(7, "<Prefix>logs/</Prefix>")], 0),
        ([rule(7, "<Filter><And><Prefix></Prefix><Tag><Key>a</Key><Value>b</Value></Tag></And></Filter>")], 0),
        ([rule(7, "<Filter><Prefix></Prefix></Filter>")], 7),
        ([rule(7, "")], 7),
        (["<Rule><Status>Enabled</Status><Expiration><Days>3</Days></Expiration></Rule>"], 0),
    ],
)
def test_only_rules_in_force_for_the_whole_bucket_remove_its_versions(rules: list[str], days: int) -> None:
    assert documents.noncurrent_days(f"<LifecycleConfiguration>{''.join(rules)}</LifecycleConfiguration>".encode()) == days


# What XML can carry; a line break would come back as another one.
KEYS = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn", "Co")), min_size=1, max_size=40)
VERSIONS = st.fixed_dictionaries(
    {
        "key": KEYS,
        "version": st.from_regex(r"[A-Za-z0-9._-]{1,20}", fullmatch=True),
        "marker": st.booleans(),
        "latest": st.booleans(),
        "modified": st.just("2026-11-22T08:00:00.000Z"),
        "size": st.integers(0, 2**50),
    }
)


def listed(versions: list[dict[str, Any]], following: str = "") -> bytes:
    rows = []
    for item in versions:
        name = "DeleteMarker" if item["marker"] else "Version"
        rows.append(
            f"<{name}><Key>{escape(item['key'])}</Key><VersionId>{item['version']}</VersionId>"
            f"<IsLatest>{str(item['latest']).lower()}</IsLatest><LastModified>{item['modified']}</LastModified>"
            f"<Size>{item['size']}</Size></{name}>"
        )
    return f'<ListVersionsResult xmlns="{documents.NAMESPACE}">{following}{"".join(rows)}</ListVersionsResult>'.encode()


@given(st.lists(VERSIONS, max_size=5))
@example([{"key": " a ", "version": "1", "marker": False, "latest": True, "modified": "", "size": 0}])
def test_every_version_and_marker_of_a_page_is_read(versions: list[dict[str, Any]]) -> None:
    """In the store's order, and with the spaces that belong to a key."""
    assert documents.versions(listed(versions)) == (versions, {})


def test_where_the_next_page_begins() -> None:
    following = "<IsTruncated>true</IsTruncated><NextKeyMarker>a </NextKeyMarker><NextVersionIdMarker>7</NextVersionIdMarker>"
    assert documents.versions(listed([], following)) == ([], {"key-marker": "a ", "version-id-marker": "7"})


def test_a_list_that_would_never_end_is_refused() -> None:
    with pytest.raises(ObjectStoreError, match="goes on, and not where"):
        documents.versions(listed([], "<IsTruncated>true</IsTruncated>"))


READERS = [documents.versioning, documents.lock, documents.noncurrent_days, documents.versions]


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("document", [b"", b"Not Found", b'{"error": 404}', b"<html><br></html>", b"<C>\xff</C>"])
def test_what_is_no_document_is_refused(read: Callable[[bytes], Any], document: bytes) -> None:
    with pytest.raises(ObjectStoreError, match=r"no XML.*is the endpoint an S3 endpoint"):
        read(document)


@pytest.mark.parametrize(
    ("read", "document", "needle"),
    [
        (
            documents.lock,
            b"<C><DefaultRetention><Mode>COMPLIANCE</Mode><Days>many</Days></DefaultRetention></C>",
            "Days is 'many'",
        ),
        (documents.lock, b"<C><DefaultRetention><Days>3</Days></DefaultRetention></C>", "locks in mode ''"),
        (
            documents.lock,
            b"<C><DefaultRetention><Mode>STRICT</Mode></DefaultRetention></C>",
            "mode 'strict', and known are none, gov",
        ),
        (documents.noncurrent_days, f"<C>{rule(7).replace('7', '7d')}</C>".encode(), "NoncurrentDays is '7d'"),
        (documents.versions, b"<R><Version><Size>1k</Size></Version></R>", "Size is '1k'"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_name(read: Callable[[bytes], Any], document: bytes, needle: str) -> None:
    with pytest.raises(ObjectStoreError, match=needle):
        read(document)


@given(st.binary(max_size=200))
def test_whatever_a_store_sends_with_an_error_is_no_error_of_ours(document: bytes) -> None:
    code, _message = documents.failure(document, "Not Found")
    assert code


@pytest.mark.parametrize(
    ("document", "told"),
    [
        (b"<Error><Code>NoSuchKey</Code><Message>It is gone.</Message></Error>", ("NoSuchKey", "It is gone.")),
        (b"<html><body>502</body></html>", ("Bad Gateway", "")),
        (b"", ("Bad Gateway", "")),
    ],
)
def test_what_a_refusal_says(document: bytes, told: tuple[str, str]) -> None:
    assert documents.failure(document, "Bad Gateway") == told
