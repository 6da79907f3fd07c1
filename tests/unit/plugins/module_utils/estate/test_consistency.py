# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Tiers that contradict themselves."""

import pytest
from ansible_collections.tierline.erp.tests.unit.plugins.module_utils.estate.estates import Bench
from ansible_collections.tierline.erp.tests.unit.plugins.module_utils.estate.refusals import Refusals

REFUSALS = Refusals()


@REFUSALS.case(
    "RPO below the backup plan",
    "tier gold: recovery.rpo_seconds: the backup plan gives a loss of up to 300 seconds",
    seen="60",
    allowed="at least 300",
    cure="set backup.wal_archive_seconds to at most 60, or raise the RPO",
)
def _(estate: Bench) -> None:
    estate.tiers["gold"] = {"inherits": "standard", "recovery": {"rpo_seconds": 60}}


@REFUSALS.case("RPO without WAL archive", "tier gold: recovery.rpo_seconds: the backup plan gives a loss of up to 86400 seconds")
def _(estate: Bench) -> None:
    estate.tiers["gold"] = {"inherits": "standard", "backup": {"wal_archive_seconds": 0}}


@REFUSALS.case("RPO without backup", "tier gold: recovery.rpo_seconds: the backup plan gives no backup at all")
def _(estate: Bench) -> None:
    estate.tiers["gold"] = {"inherits": "standard", "backup": {"enabled": False, "records_retention_years": 0}}


@REFUSALS.case("records without backups", "tier gold: backup.records_retention_years: records without backups")
def _(estate: Bench) -> None:
    estate.tiers["gold"] = {"inherits": "regulated", "backup": {"enabled": False, "immutable": False}}


@REFUSALS.case("zero loss without quorum", "tier gold: recovery.rpo_seconds: zero loss without quorum commit")
def _(estate: Bench) -> None:
    estate.tiers["gold"] = {"inherits": "business", "recovery": {"rpo_seconds": 0}}


@REFUSALS.case("tier with an even number", "tier gold: availability.database_members: an even number has no majority")
def _(estate: Bench) -> None:
    estate.tiers["gold"] = {"inherits": "business", "availability": {"database_members": 4}}


@REFUSALS.case(
    "tier with two Redis members",
    "tier gold: availability.redis_members: two Sentinels have no majority when one is gone",
    seen="2",
    allowed="1, 3",
    cure="write 3",
)
def _(estate: Bench) -> None:
    estate.tiers["gold"] = {"inherits": "business", "availability": {"redis_members": 2}}


@REFUSALS.case(
    "tier with four Redis members", "tier gold: availability.redis_members: wrong value", allowed="at most 3", alone=False
)
def _(estate: Bench) -> None:
    estate.tiers["gold"] = {"inherits": "business", "availability": {"redis_members": 4}}


@REFUSALS.case("replication of one", "tier gold: availability.synchronous_mode: replication with 1 database member")
def _(estate: Bench) -> None:
    estate.tiers["gold"] = {"inherits": "standard", "availability": {"synchronous_mode": "on"}}


@REFUSALS.case("strict without replication", "tier gold: availability.synchronous_strict: strict without synchronous replication")
def _(estate: Bench) -> None:
    estate.tiers["gold"] = {"inherits": "standard", "availability": {"synchronous_strict": True}}


@REFUSALS.case("immutable for longer than kept", "tier gold: backup.immutable_days: not within the retention", allowed="1 to 30")
def _(estate: Bench) -> None:
    estate.tiers["gold"] = {"inherits": "standard", "backup": {"immutable": True, "immutable_days": 60}}


@pytest.mark.parametrize("name", list(REFUSALS))
def test_refusal(name: str) -> None:
    REFUSALS.check(name)
