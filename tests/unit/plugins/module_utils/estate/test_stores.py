# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.tierline.erp.plugins.module_utils.estate import stores
from ansible_collections.tierline.erp.tests.unit.plugins.module_utils.estate.test_backups import bench, variables


def test_immutability_becomes_a_lock_that_outlives_what_is_kept() -> None:
    estate = bench(bucket="vault", filestore_bucket="files")
    estate.tiers["gold"] = {
        "inherits": "standard",
        "backup": {"immutable": True, "immutable_days": 30, "full_every_hours": 12, "retention_days": 30},
    }
    estate.environments["acme_prod"]["service_tier"] = "gold"
    found = variables(estate)
    rules = {"lock_mode": "compliance", "lock_days": 32, "noncurrent_days": 33}
    assert found["object_store_buckets"][:2] == [{"name": name, **rules} for name in ("vault", "files")]
    assert found["backup_agent_full_every_hours"] == 12


def test_records_are_kept_as_long_as_the_longest_promise() -> None:
    estate = bench(records_bucket="archive")
    estate.tiers["gold"] = {
        "inherits": "standard",
        "backup": {"immutable": True, "immutable_days": 30, "records_retention_years": 10, "records_on": "04-30"},
    }
    estate.environments["acme_prod"]["service_tier"] = "gold"
    found = variables(estate)
    rules = {"lock_mode": "compliance", "lock_days": 10 * stores.DAYS_OF_YEAR, "noncurrent_days": 3661}
    assert found["object_store_buckets"][2] == {"name": "archive", **rules}
    assert found["backup_agent_records"] == {"acme_prod": "04-30", "globex_prod": "01-31"}
    assert found["estate_records_years"] == {"acme_prod": 10, "globex_prod": 7}
    assert found["backup_agent_records_bucket"] == "archive"


def test_without_a_promise_there_are_no_records() -> None:
    estate = bench()
    for words in estate.environments.values():
        words |= {"service_tier": "sandbox", "stage": "staging"}
    found = variables(estate)
    assert (found["backup_agent_records"], found["estate_records_years"]) == ({}, {})
    assert [bucket["name"] for bucket in found["object_store_buckets"]] == ["shared-database", "shared-filestore"]
    assert all("records" not in bucket for one in found["estate_object_store_identities"] for bucket in one["buckets"])


def test_the_store_has_a_writer_a_restorer_and_a_certificate() -> None:
    found = variables(bench(writer_access_key="w"))
    assert [(i["name"], i["kind"], i["buckets"], i["access_key"]) for i in found["estate_object_store_identities"]] == [
        ("shared-writer", "writer", ["shared-database", "shared-records"], "w"),
        ("shared-files", "writer", ["shared-filestore"], "shared-files"),
        ("shared-restorer", "restorer", ["shared-database", "shared-filestore", "shared-records"], "shared-restorer"),
    ]
    writer = found["estate_object_store_identities"][0]
    assert (writer["cell"], writer["secrets"]) == ("shared", {"secret_key": "backup_writer"})
    assert found["estate_object_store_keys"]["cells/shared/backup_writer"] == writer["logins"] == ["w", "w-second"]
    assert found["estate_object_store_keys"]["cells/shared/object_store_admin"] == ["admin", "admin-second"]
    assert tuple(found["estate_backup_access_keys"].values()) == ("w", "shared-restorer")
    assert ("object_store", "seaweedfs") in [(c["name"], c["group"]) for c in found["estate_certificates"]]
