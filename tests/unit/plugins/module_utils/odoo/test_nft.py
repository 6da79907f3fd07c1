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


class Kernel:
    """As much of nft as closures need; what is in `refuse` fails."""

    def __init__(self) -> None:
        self.tables, self.refuse = {"tierline_odoo"}, ""  # type: ignore[var-annotated]

    def __call__(self, words: list[str], **_: Any) -> Any:
        failed = bool(self.refuse) and self.refuse in words
        if words[1:3] == ["delete", "table"] and not failed:
            self.tables.discard(words[4])
        lines = "".join(f"table inet {name}\n" for name in sorted(self.tables))
        return type("Result", (), {"returncode": int(failed), "stdout": lines, "stderr": "no"})()


def test_a_closure_is_written_before_it_is_loaded_and_both_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = Kernel()
    monkeypatch.setattr(nft.subprocess, "run", kernel)
    monkeypatch.setattr(nft.files.os, "chown", lambda *_: None)
    monkeypatch.setattr(nft.files.os, "fchown", lambda *_: None)
    path = tmp_path / "egress.d" / "acme.nft"
    kernel.refuse = str(path)
    with pytest.raises(OdooError, match="did not load"):
        nft.close(str(path), "table")
    assert path.read_text() == "table"
    kernel.tables.add("tierline_egress_acme")
    kernel.refuse = "delete"
    with pytest.raises(OdooError, match="did not remove the table tierline_egress_acme"):
        nft.open_again(str(path), "tierline_egress_acme")
    kernel.refuse = ""
    nft.open_again(str(path), "tierline_egress_acme")
    nft.open_again(str(path), "tierline_egress_acme")
    assert (path.exists(), nft.tables()) == (False, {"tierline_odoo"})
