# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.odoo import firewall, nft
from ansible_collections.tierline.erp.plugins.module_utils.odoo.errors import OdooError


def test_a_ruleset_that_nft_refuses_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Result:
        returncode, stdout, stderr = 1, "", "syntax error"

    monkeypatch.setattr(nft.subprocess, "run", lambda *_, **__: Result())
    assert nft.loaded() is None
    steps = nft_plan(str(tmp_path / "f"))
    with pytest.raises(OdooError, match="syntax error"):
        nft.apply(steps[:1], str(tmp_path / "f"))
    with pytest.raises(OdooError, match="did not load"):
        nft.apply(steps[1:], str(tmp_path / "f"))
    assert not (tmp_path / "f").exists()


def nft_plan(path: str) -> list[Any]:
    return firewall.plan(path, None, None, firewall.render(["192.0.2.1"], (10000, 32767)))
