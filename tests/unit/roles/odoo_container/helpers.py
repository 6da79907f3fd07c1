# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Our Odoo module, imported from the role's files next to as much of Odoo as a test gives it."""

from __future__ import annotations

import importlib
import sys
import types
from pathlib import Path
from typing import Any

import pytest

_FILES = Path(__file__).parents[4] / "roles" / "odoo_container" / "files" / "addons"
_PACKAGES = ("odoo", "odoo.service", "odoo.tools", "odoo.tools._vendor", "werkzeug")


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class ServiceUnavailable(Exception):
    def __init__(self, description: str, **_more: Any) -> None:
        super().__init__(description)

    def get_response(self) -> str:
        return f"503 {self}"


def imported(monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...], *given: types.ModuleType) -> dict[str, Any]:
    """The parts of our module of these names, for which `given` are Odoo's."""
    exceptions = types.ModuleType("werkzeug.exceptions")
    exceptions.ServiceUnavailable = ServiceUnavailable  # type: ignore[attr-defined]
    for name in _PACKAGES:
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    for module in (*given, exceptions):
        monkeypatch.setitem(sys.modules, module.__name__, module)
        parent, _, child = module.__name__.rpartition(".")
        setattr(sys.modules[parent], child, module)
    monkeypatch.syspath_prepend(str(_FILES))
    for name in [name for name in sys.modules if name.startswith("tierline_server")]:
        monkeypatch.delitem(sys.modules, name)
    return {name: importlib.import_module(f"tierline_server.{name}") for name in names}
