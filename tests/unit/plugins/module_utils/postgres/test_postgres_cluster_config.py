# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.postgres.cluster_config import needs_restart, plan_config, restrict
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("current", "wanted", "patch"),
    [
        ({}, {}, {}),
        ({"ttl": 30}, {"ttl": 30}, {}),
        ({"ttl": 30}, {"ttl": 20}, {"ttl": 20}),
        ({"ttl": 30, "x": 1}, {"ttl": 30}, {}),
        ({"ttl": "30"}, {"ttl": 30}, {}),
        ({"strict": True}, {"strict": 1}, {"strict": 1}),
        ({"mode": True}, {"mode": "quorum"}, {"mode": "quorum"}),
        ({"mode": False}, {"mode": False}, {}),
        ({}, {"gone": None}, {}),
        ({"gone": 1}, {"gone": None}, {"gone": None}),
        ({"p": {"a": 1, "b": 2}}, {"p": {"a": 1, "b": 3}}, {"p": {"b": 3}}),
        ({"p": 1}, {"p": {"a": 1}}, {"p": {"a": 1}}),
        ({}, {"p": {"a": {"b": 1}}}, {"p": {"a": {"b": 1}}}),
    ],
)
def test_patch(current, wanted, patch):
    assert plan_config(current, wanted) == patch


def test_the_other_side_of_the_diff_has_only_what_is_touched():
    current = {"ttl": 30, "loop_wait": 10, "p": {"a": 1, "b": 2}, "q": 1}
    assert restrict(current, {"ttl": 20, "p": {"a": 2, "c": 3}, "q": {"z": 1}, "new": 1}) == {"ttl": 30, "p": {"a": 1}, "q": 1}


def merge(current, patch):
    """What Patroni does (patroni.config.patch_config)."""
    merged = dict(current)
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict) and isinstance(merged.get(key), dict):
            merged[key] = merge(merged[key], value)
        else:
            merged[key] = value
    return merged


leaves = st.booleans() | st.integers(0, 3) | st.sampled_from(["on", "quorum"])
configs = st.recursive(
    st.dictionaries(st.sampled_from("abc"), leaves), lambda c: st.dictionaries(st.sampled_from("abc"), leaves | c)
)


@given(configs, configs)
def test_one_patch_is_enough(current, wanted):
    assert plan_config(merge(current, plan_config(current, wanted)), wanted) == {}


@pytest.mark.parametrize(
    ("patch", "names"),
    [
        ({}, []),
        ({"ttl": 20}, []),
        (
            {"postgresql": {"parameters": {"work_mem": "8MB", "max_connections": 300, "wal_level": None}}},
            ["max_connections", "wal_level"],
        ),
        ({"postgresql": {"use_slots": True}}, []),
        ({"postgresql": None}, []),
    ],
)
def test_what_waits_for_a_restart_is_known_beforehand(patch, names):
    assert needs_restart(patch) == names
