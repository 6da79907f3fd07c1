# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import xml.etree.ElementTree as ElementTree

from ledger import picture

ROW = {
    "kind": "host killed",
    "p50": 4.0,
    "bound": 23.0,
    "lost": 0,
    "doubled": 0,
    "unsent": 0,
    "acknowledged": 500,
    "stops_writes": False,
}
SVG = "{http://www.w3.org/2000/svg}"


def drawn(row=None, outages=(3.0, 4.0, 5.0)):
    row = row or ROW
    return ElementTree.fromstring(picture.draw("1 fault & more", "a note", [row], {row["kind"]: list(outages)}))


def texts(tree):
    return [element.text or "" for element in tree.iter(f"{SVG}text")]


def test_a_dot_for_each_fault_from_left_to_right():
    dots = [float(dot.attrib["cx"]) for dot in drawn().iter(f"{SVG}circle")]
    assert dots == sorted(dots)
    assert len(set(dots)) == 3


def test_what_the_books_say_stands_beside_it():
    assert "0 of 500" in texts(drawn())
    bad = [element for element in drawn({**ROW, "lost": 3}).iter(f"{SVG}text") if element.attrib.get("class") == "bad"]
    assert [element.text for element in bad] == ["3 of 500"]


def test_no_bound_where_stopping_is_the_point():
    assert len([line for line in drawn().iter(f"{SVG}line") if line.attrib["class"] == "bound"]) == 1
    assert not [line for line in drawn({**ROW, "stops_writes": True}).iter(f"{SVG}line") if line.attrib["class"] == "bound"]


def test_durations_stay_within_the_picture():
    places = [picture.across(seconds) for seconds in (0.0, 0.03, 1, 120, 5000)]
    assert places == sorted(places)
    assert places[0] == places[1] == picture.LEFT
    assert places[-1] == places[-2] == picture.WIDTH - picture.RIGHT
