# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time
from pathlib import Path

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.backup import copied


def call(monkeypatch: pytest.MonkeyPatch, path: Path) -> int:
    monkeypatch.setattr("sys.argv", ["backup.copied", "acme_prod", "900", str(path)])
    return copied.main()


def test_a_copy_says_when_it_ended_and_how_old_that_may_become(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "tierline_filestore_acme_prod.prom"
    began = int(time.time())
    assert call(monkeypatch, path) == 0
    values = dict(line.rsplit(" ", 1) for line in path.read_text().splitlines() if not line.startswith("#"))
    assert began <= int(values['tierline_filestore_copied_timestamp_seconds{environment="acme_prod"}']) <= time.time()
    assert values['tierline_filestore_promised_seconds{environment="acme_prod"}'] == "900"
    assert path.stat().st_mode & 0o777 == 0o644
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_what_cannot_be_written_is_no_copy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, tmp_path / "missing" / "file.prom") == 2
    assert "missing" in capsys.readouterr().err
    (tmp_path / "taken.prom").mkdir()
    assert call(monkeypatch, tmp_path / "taken.prom") == 2
    assert [file.name for file in tmp_path.iterdir()] == ["taken.prom"], "nothing is left beside"
