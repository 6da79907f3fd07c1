# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.tierline.erp.plugins.module_utils.probe import doors
from ansible_collections.tierline.erp.plugins.module_utils.probe.doors import Door


def test_one_server_is_one_door() -> None:
    redis = {"host": "db1", "port": 6379}
    assert doors.servers(redis) == [Door("redis", "db1", 6379)]
    assert doors.sentinels(redis) == []


def test_members_are_doors_and_so_are_their_sentinels() -> None:
    redis = {"sentinels": ["r1", "r2"], "primary": "shared", "port": 6380}
    assert doors.servers(redis) == [Door("redis at r1:6380", "r1", 6380), Door("redis at r2:6380", "r2", 6380)]
    assert [(door.host, door.port) for door in doors.sentinels(redis)] == [("r1", 26379), ("r2", 26379)]
    assert [door.port for door in doors.sentinels({**redis, "sentinel_port": 1234})] == [1234, 1234]


def test_sessions_on_disk_have_no_door() -> None:
    assert doors.servers({}) == doors.sentinels({}) == []
