# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.tierline.erp.plugins.filter.object_store_identities import FilterModule
from ansible_collections.tierline.erp.plugins.module_utils.backup.models import FULL, Backup, Finding, Report, Repository
from ansible_collections.tierline.erp.plugins.module_utils.object_store.errors import ObjectStoreUnreachableError
from ansible_collections.tierline.erp.plugins.module_utils.object_store.models import Bucket
from ansible_collections.tierline.erp.plugins.module_utils.object_store.plan import Change
from ansible_collections.tierline.erp.plugins.modules import (
    backup_info,
    object_store_buckets,
    object_store_buckets_info,
    recovery_point,
    recovery_point_info,
)

LOCKED = Bucket("b-1", lockable=True, lock_mode="compliance", lock_days=3)


class Store:
    """Buckets that become what was asked for at the last change."""

    def __init__(self, *, away: bool = False) -> None:
        self.buckets: dict[str, Bucket] = {}
        self.away = away

    def bucket(self, name: str) -> Bucket | None:
        if self.away:
            raise ObjectStoreUnreachableError("away")
        return self.buckets.get(name)

    def apply(self, change: Change) -> None:
        self.buckets[change.bucket.name] = change.bucket


def test_buckets_are_made_once() -> None:
    store: Any = Store()
    dry = object_store_buckets.run(store, [LOCKED], check_mode=True)
    assert not store.buckets
    first = object_store_buckets.run(store, [LOCKED], check_mode=False)
    again = object_store_buckets.run(store, [LOCKED], check_mode=False)
    assert (dry["changed"], first["changed"], again["changed"]) == (True, True, False)
    assert dry["diff"] == first["diff"]
    assert [item["action"] for item in first["buckets_changed"]] == ["create", "lock"]
    (seen,) = object_store_buckets_info.run(store, ["b-1", "other"], [])["buckets"]
    assert (seen["name"], seen["lock_days"]) == ("b-1", 3)


def test_promises_are_compared_with_what_the_store_says() -> None:
    store: Any = Store()
    assert object_store_buckets_info.run(store, [], [LOCKED])["broken"] == ["bucket b-1 doesn't exist"]
    object_store_buckets.run(store, [LOCKED], check_mode=False)
    asked = object_store_buckets_info.run(store, [], [LOCKED])
    assert ([bucket["name"] for bucket in asked["buckets"]], asked["broken"], asked["changed"]) == (["b-1"], [], False)


def test_a_dry_run_needs_no_store() -> None:
    store: Any = Store(away=True)
    assert object_store_buckets.run(store, [LOCKED], check_mode=True)["changed"]
    with pytest.raises(ObjectStoreUnreachableError):
        object_store_buckets.run(store, [LOCKED], check_mode=False)


def test_a_report_as_a_result() -> None:
    full = Backup("f", FULL, 40, 60)
    good = backup_info.result(Report(100, Repository(0, "ok", (full,)), None, 0))
    assert (good["ok"], good["last_backup_age"], good["archiving"]) == (True, 40, {})
    bad = backup_info.result(Report(100, Repository(1, "missing"), None, 0, (Finding("no_backup", "none"),)))
    assert (bad["ok"], bad["last_backup_age"]) == (False, -1)
    assert bad["findings"] == [{"code": "no_backup", "text": "none"}]


def test_the_filter_names_itself_in_errors() -> None:
    identities = FilterModule().filters()["object_store_identities"]
    admin = {"access_key": "a", "secret_key": "s" * 24}
    assert identities(admin, [])["identities"][0]["actions"] == ["Admin"]
    with pytest.raises(AnsibleFilterError, match=r"object_store_identities: .*24 characters"):
        identities({**admin, "secret_key": "short"}, [])


@pytest.mark.parametrize("module", [object_store_buckets, object_store_buckets_info, recovery_point, recovery_point_info])
def test_secrets_of_the_store_are_never_logged(module: Any) -> None:
    assert module.ARGUMENTS["secret_key"]["no_log"]
    assert module.ARGUMENTS["access_key"]["no_log"] is False
