# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Can a tier keep its own promises? Settings of one tier that contradict each other are refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .catalogue import Tier
from .errors import Problem, shown
from .models import Estate
from .schema import TIER

ODD = (1, 3, 5)
QUORUM = 3
# Sentinels need a majority; more than three members only add copies.
REDIS = (1, 3)


def check(estate: Estate) -> Iterator[Problem]:
    """Every contradiction in the catalogue, in tiers nobody uses too."""
    for tier in estate.tiers.values():
        if tier.settings.keys() == TIER.keys():
            yield from _tier(tier)


def _tier(tier: Tier) -> Iterator[Problem]:
    """Settings of one tier that contradict each other."""
    settings = tier.settings
    members, mode = settings["availability.database_members"], settings["availability.synchronous_mode"]
    if members not in ODD:
        yield _of_tier(tier, "availability.database_members", "an even number has no majority", "1, 3, 5", "write 3 or 5")
    if settings["availability.redis_members"] not in REDIS:
        yield _of_tier(tier, "availability.redis_members", "two Sentinels have no majority when one is gone", "1, 3", "write 3")
    if mode != "off" and members < QUORUM:
        yield _of_tier(
            tier,
            "availability.synchronous_mode",
            f"replication with {members} database member",
            "off",
            f"raise availability.database_members to {QUORUM}, or turn it off",
        )
    if settings["availability.synchronous_strict"] and mode == "off":
        yield _of_tier(
            tier,
            "availability.synchronous_strict",
            "strict without synchronous replication",
            "false",
            'choose synchronous_mode: "on" or quorum',
        )
    yield from _recovery(tier)
    yield from _immutability(tier)
    yield from _records(tier)


def _recovery(tier: Tier) -> Iterator[Problem]:
    settings = tier.settings
    promised = settings["recovery.rpo_seconds"]
    lossless = settings["availability.synchronous_mode"] == "quorum" and settings["availability.synchronous_strict"]
    if promised == 0 and not lossless:
        yield _of_tier(
            tier,
            "recovery.rpo_seconds",
            "zero loss without quorum commit",
            "more than 0",
            "set availability.synchronous_mode: quorum and synchronous_strict: true, or promise less",
        )
    given = loss_of_backup(settings)
    if promised > 0 and (given is None or given > promised):
        plan = "no backup at all" if given is None else f"a loss of up to {given} seconds"
        yield _of_tier(
            tier,
            "recovery.rpo_seconds",
            f"the backup plan gives {plan}",
            f"at least {given}" if given else "a tier with backup.enabled: true",
            f"set backup.wal_archive_seconds to at most {promised}, or raise the RPO",
        )


def loss_of_backup(settings: dict[str, Any]) -> int | None:
    """Most seconds of work that restoring from the backup loses; None without a backup."""
    if not settings["backup.enabled"]:
        return None
    if archived := settings["backup.wal_archive_seconds"]:
        return int(archived)
    intervals = (settings[f"backup.{kind}_every_hours"] for kind in ("full", "differential", "incremental"))
    return min(hours for hours in intervals if hours) * 3600


def _immutability(tier: Tier) -> Iterator[Problem]:
    settings = tier.settings
    if not settings["backup.immutable"]:
        return
    if not settings["backup.enabled"]:
        yield _of_tier(tier, "backup.immutable", "immutable without backups", "false", "set backup.enabled: true")
    days, kept = settings["backup.immutable_days"], settings["backup.retention_days"]
    if not 0 < days <= kept:
        yield _of_tier(
            tier,
            "backup.immutable_days",
            "not within the retention",
            f"1 to {kept}",
            "shorten it, or raise backup.retention_days",
        )


def _records(tier: Tier) -> Iterator[Problem]:
    """They are written from what a proof restored, so there must be backups."""
    if tier.settings["backup.records_retention_years"] and not tier.settings["backup.enabled"]:
        what, cure = "records without backups", "set backup.enabled: true, or records_retention_years: 0"
        yield _of_tier(tier, "backup.records_retention_years", what, "0", cure)


def _of_tier(tier: Tier, key: str, what: str, allowed: str, cure: str) -> Problem:
    return Problem("tier", tier.name, key, what, shown(tier.settings[key]), allowed, cure=cure)
