# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import pathlib
import subprocess
from collections.abc import Mapping, Sequence

from ansible_collections.tierline.erp.plugins.module_utils.backup import asked
from ansible_collections.tierline.erp.plugins.module_utils.backup.errors import BackupError
from ansible_collections.tierline.erp.plugins.module_utils.backup.window import Target
from ansible_collections.tierline.erp.plugins.modules import restore_window_info

NOW = 1_800_000_000
ANSWER = json.dumps(
    [
        {
            "name": "main",
            "status": {"code": 0, "message": "ok"},
            "backup": [
                {
                    "label": "f1",
                    "type": "full",
                    "timestamp": {"start": NOW - 70, "stop": NOW - 60},
                    "info": {"size": 100, "repository": {"delta": 10}},
                    "lsn": {"stop": "0/3000100"},
                    "archive": {"stop": "000000010000000000000003"},
                }
            ],
        }
    ]
)


class Store:
    def __init__(self, answer: str = ANSWER, code: int = 0) -> None:
        self.answer, self.code = answer, code
        self.command: list[str] = []
        self.environment: dict[str, str] = {}

    def __call__(
        self, command: Sequence[str], timeout: float, environment: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        self.command, self.environment = list(command), dict(environment)
        if not self.answer:
            raise BackupError(f"no answer within {timeout} s")
        return subprocess.CompletedProcess(command, self.code, self.answer, "ERROR: [029]: why" if self.code else "")


def test_keys_are_handed_over_in_the_environment() -> None:
    store = Store()
    seen = asked.repository("main", {"repo1-s3-key-secret": "hidden", "process-max": 2}, "2026-11-22 08:00:00+00", store)
    assert seen.backups[0].label == "f1"
    assert store.environment == {"PGBACKREST_REPO1_S3_KEY_SECRET": "hidden", "PGBACKREST_PROCESS_MAX": "2"}
    assert "--repo-target-time=2026-11-22 08:00:00+00" in store.command
    assert "hidden" not in " ".join(store.command)
    asked.repository("main", {}, "", store)
    assert not [word for word in store.command if word.startswith("--repo")]


def test_a_store_that_cannot_be_read_says_why() -> None:
    for store, needle in ((Store(code=1), "why"), (Store(""), "no answer"), (Store("nonsense"), "something else")):
        seen = asked.repository("main", {}, "", store)
        assert not seen.reachable
        assert needle in seen.message


def test_room_is_that_of_the_nearest_directory_that_exists(tmp_path: pathlib.Path) -> None:
    assert asked.free_bytes(str(tmp_path / "not" / "yet")) > 0


def test_the_result_names_the_backup_or_the_refusals() -> None:
    seen = asked.repository("main", {}, "", Store())
    good = restore_window_info.result(seen, Target(time=NOW - 10), NOW, 2**40)
    assert (good["backup"], good["refusals"], good["backups"]) == ("f1", [], ["f1"])
    bad = restore_window_info.result(seen, Target(time=NOW - 100), NOW, 2**40)
    assert bad["backup"] == ""
    assert "before the oldest backup" in bad["refusals"][0]
    assert restore_window_info.ARGUMENTS["secrets"]["no_log"]
