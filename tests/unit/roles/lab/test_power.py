# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""roles/lab/files/power.py: off is said of what is off, and of nothing else."""

from __future__ import annotations

import importlib.util
import pathlib
import types

import pytest

PATH = pathlib.Path(__file__).parents[4] / "roles/lab/files/power.py"
spec = importlib.util.spec_from_file_location("lab_power", PATH)
assert spec
assert spec.loader
power = importlib.util.module_from_spec(spec)
spec.loader.exec_module(power)


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (["running"], "on"),
        (["paused"], "on"),  # it would go on where it stopped
        (["restarting"], "on"),
        (["exited"], "off"),
        (["created"], "off"),
        (["removing"], None),
        (["something new"], None),
        ([], None),
        (["exited", "exited"], None),
    ],
)
def test_power(states, expected):
    assert power.power([{"State": state} for state in states]) == expected


@pytest.mark.parametrize(
    "path", ["/power/", "/power/../x", "/power/db1/off", "/power/DB1", "/power/a%2Fb", "/power/-a", "/", "/power/db1?x"]
)
def test_no_other_question_is_understood(path):
    assert power.PATH.fullmatch(path) is None


def test_the_question_is_understood():
    assert power.PATH.fullmatch("/power/db1")[1] == "db1"


def test_the_engine_is_asked_for_this_lab_and_this_host_only(monkeypatch):
    asked = []

    class Engine:
        def request(self, method, path):
            asked.append((method, path))

        def getresponse(self):
            return types.SimpleNamespace(status=200, read=lambda: b"[]")

        def close(self):
            pass

    monkeypatch.setattr(power, "Engine", Engine)
    assert power.find("mine", "db1") == []
    [(method, path)] = asked
    assert method == "GET"
    assert "tierline.lab%3Dmine" in path
    assert "tierline.lab.host%3Ddb1" in path
