# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""The catalogue as data: it parses, every name is there once, and nothing in it is beyond what the module knows."""

import pathlib
import re
from typing import Any

import pytest
import yaml
from ansible_collections.tierline.erp.plugins.module_utils.hardening.models import KINDS

FOLDER = pathlib.Path(__file__).parents[3] / "roles" / "hardening" / "vars" / "main"
LISTS = {
    name: value
    for path in FOLDER.glob("*.yml")
    for name, value in (yaml.safe_load(path.read_text()) or {}).items()
    if isinstance(value, list) and value and isinstance(value[0], dict) and "id" in value[0]
}
CONTROLS = [control for controls in LISTS.values() for control in controls]


def test_all_lists_are_in_the_catalogue() -> None:
    written = yaml.safe_load((FOLDER / "controls.yml").read_text())["__hardening_catalogue"]
    assert set(re.findall(r"__hardening_\w+", written)) == set(LISTS)
    assert len(CONTROLS) > 60


def test_names_are_unique() -> None:
    names = [control["id"] for control in CONTROLS]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: control["id"])
def test_a_control(control: dict[str, Any]) -> None:
    assert set(control) <= {"id", "title", "level", "cis", "anssi", "lynis", "if_package", "unless_package", *KINDS}
    assert set(control) & set(KINDS), "it asks for something"
    assert control.get("level") in (None, 1, 2)
    assert ("level" in control) == ("cis" in control), "a level has a number, and a number a level"
    assert {"level", "anssi", "lynis"} & set(control), "it belongs to a profile"
    assert re.fullmatch(r"R\d{1,2}", control.get("anssi", "R1"))
    assert re.fullmatch(r"\d(\.\d+)*", str(control.get("cis", "1")))


def test_every_control_is_in_the_documentation() -> None:
    page = (FOLDER.parents[3] / "docs" / "hardening.md").read_text()
    assert [control["id"] for control in CONTROLS if f"`{control['id']}`" not in page] == []
