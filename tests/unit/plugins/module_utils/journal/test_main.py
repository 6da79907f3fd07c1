# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""The receiver's program on real files."""

import json
import os
import time
from pathlib import Path

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.journal.__main__ import main
from ansible_collections.tierline.erp.plugins.module_utils.journal.errors import JournalError
from ansible_collections.tierline.erp.plugins.module_utils.journal.store import Store


@pytest.fixture(name="policy")
def _policy(tmp_path: Path) -> Path:
    home = tmp_path / "remote" / "db1"
    home.mkdir(parents=True)
    (home / "db1.journal").write_bytes(b"x" * 5000)
    (home / "db1@1.journal").write_bytes(b"x")
    os.utime(home / "db1@1.journal", (0, time.time() - 3 * 86400))
    words = {
        "senders": ["db1"],
        "directory": str(tmp_path / "remote"),
        "silent_seconds": 900,
        "retention_days": 2,
        "sender_megabytes": 100,
        "metrics_file": str(tmp_path / "journal.prom"),
    }
    path = tmp_path / "journal.json"
    path.write_text(json.dumps(words))
    return path


def test_forgets_what_is_too_old_and_reports(policy: Path, tmp_path: Path) -> None:
    assert main(str(policy)) == 0
    assert [path.name for path in (tmp_path / "remote" / "db1").iterdir()] == ["db1.journal"]
    assert 'tierline_journal_finding{sender="db1",code="silent"} 0' in (tmp_path / "journal.prom").read_text()


def test_says_on_which_it_fails(policy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.utime(tmp_path / "remote" / "db1" / "db1.journal", (0, time.time() - 1000))
    assert main(str(policy)) == 1
    assert "silent: nothing came from db1" in capsys.readouterr().err


def test_a_host_that_receives_nothing_says_so() -> None:
    with pytest.raises(JournalError, match="does this host receive any"):
        Store("/nowhere").files()
