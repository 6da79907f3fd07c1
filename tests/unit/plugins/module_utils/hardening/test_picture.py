# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

from ansible_collections.tierline.erp.plugins.filter.audit_picture import FilterModule

SVG = "{http://www.w3.org/2000/svg}"


def host(name: str, score: float, **more: Any) -> dict[str, Any]:
    return {"host": name, "openscap": {"cis_level1_server": {"score": score, "passed": 3, "failed": 1}}, **more}


def drawn(after: list[dict[str, Any]], before: list[dict[str, Any]]) -> ElementTree.Element:
    picture = FilterModule().filters()["audit_picture"]
    return ElementTree.fromstring(picture(after, before, title="Scores <b>", note="today"))


def words(picture: ElementTree.Element) -> list[str]:
    return [text.text or "" for text in picture.iter(f"{SVG}text")]


def bars(picture: ElementTree.Element, kind: str) -> list[float]:
    return [float(one.get("width", "0")) for one in picture.iter(f"{SVG}rect") if one.get("class") == kind]


def test_how_it_was_and_is() -> None:
    picture = drawn([host("db1", 97.5, lynis={"index": 80})], [host("db1", 50.0, lynis={"index": 60}), host("gone", 1.0)])
    assert bars(picture, "met") == [429.0]
    assert bars(picture, "missed") == [352.0]
    assert bars(picture, "before") == [220.0, 264.0]
    said = words(picture)
    assert said[0] == "Scores <b>"
    assert "97.5 %, 1 of 4 failed (before: 50)" in said
    assert "80 (before: 60)" in said
    assert "gone" not in said


def test_nothing_before_an_engine_and_a_name() -> None:
    bench = {"passed": 40, "warnings": [{}], "exempt": [{}, {}]}
    served = {"name": "a.example.com", "grade": "A+", "score": 94, "findings": [], "exempt": [{}]}
    older = {"name": "b.example.com", "grade": "", "score": 0, "findings": [{}], "exempt": []}
    picture = drawn([served, older, host("b", 95.0, docker_bench=bench), host("a", 94.9, lynis={})], [])
    said = words(picture)
    assert said.index("a") < said.index("b") < said.index("a.example.com")
    assert "40 passed, 1 warnings, 2 with an exception" in said
    assert "testssl.sh: A+, 94 of 100, 0 findings of medium severity or above, 1 with an exception" in said
    assert "testssl.sh: 1 findings of medium severity or above, 0 with an exception" in said
    assert bars(picture, "before") == []
    assert (len(bars(picture, "met")), len(bars(picture, "missed"))) == (1, 1)


def test_a_scanner_without_a_goal_is_neither_met_nor_missed_by_one() -> None:
    other = {"host": "a", "openscap": {"anssi": {"score": 10.0, "passed": 1, "failed": 9}}}
    assert len(bars(drawn([other], []), "met")) == 1
    assert not list(drawn([other], []).iter(f"{SVG}line"))
