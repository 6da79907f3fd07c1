# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.secrets import generated
from ansible_collections.tierline.erp.plugins.modules import secrets_rotation

NAME = "environments/acme/database"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "secrets.yml"
    generated.write(file, {"environments": {"acme": {"database": "old"}}})
    return file


def run(path: Path, action: str, check_mode: bool = False) -> dict[str, Any]:
    params = {"path": str(path), "names": [NAME], "users": {NAME: ["acme", "acme_second"]}, "action": action, "length": 32}
    return secrets_rotation.run(params, check_mode)


def test_a_rotation_a_step_at_a_time(path: Path) -> None:
    dry = run(path, "begin", check_mode=True)
    assert generated.read(path)["environments"]["acme"] == {"database": "old"}
    assert run(path, "begin") == dry
    assert run(path, "begin")["moved"] == []
    assert run(path, "look")["stages"] == {NAME: "next"}
    assert run(path, "promote")["stages"] == {NAME: "previous"}
    assert run(path, "retire")["stages"] == {NAME: "retired"}
    assert generated.read(path)["environments"]["acme"]["retired"] == {"database": "old", "database_user": "acme"}
    assert run(path, "forget")["diff"] == {"before": "", "after": f"forget {NAME}\n"}
    assert set(generated.read(path)["environments"]["acme"]) == {"database", "database_user"}


def test_nothing_returned_is_a_secret(path: Path) -> None:
    told = repr([run(path, action) for action in ("begin", "promote", "retire")])
    own = generated.read(path)["environments"]["acme"]
    assert own["database"] not in told
    assert "'old'" not in told
