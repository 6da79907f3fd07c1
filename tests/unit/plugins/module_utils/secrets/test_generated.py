# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Generated secrets: nothing that exists is changed, nothing is readable by others."""

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.secrets import generated
from hypothesis import given
from hypothesis import strategies as st

NAMES = st.lists(st.from_regex(r"[a-c]{1,2}/[d-f]{1,2}/[g-i]{1,2}", fullmatch=True), max_size=8)


@given(first=NAMES, second=NAMES)
def test_what_is_missing_is_added_and_what_is_there_is_kept(first, second):
    tree = generated.add({}, sorted(set(first)), 32)
    before = {name: _get(tree, name) for name in first}
    wanted = generated.missing(tree, sorted(set(second)))
    assert set(wanted) == set(second) - set(first)
    generated.add(tree, wanted, 32)
    assert {name: _get(tree, name) for name in first} == before
    assert generated.missing(tree, [*first, *second]) == []


def _get(tree, name):
    for part in name.split("/"):
        tree = tree[part]
    return tree


def test_secrets_are_long_and_differ():
    values = {generated.generate(32) for _ in range(100)}
    assert len(values) == 100
    assert {len(value) for value in values} == {32}


def test_the_file_is_written_for_its_owner_alone_and_read_back(tmp_path):
    path = tmp_path / "lab" / "secrets.yml"
    assert generated.read(path) == {}
    generated.write(path, {"cells": {"shared": {"admin": "x" * 32}}})
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert generated.read(path) == {"cells": {"shared": {"admin": "x" * 32}}}


@pytest.mark.parametrize(("content", "message"), [("a: [", "is not YAML"), ("- a\n", "must hold a mapping")])
def test_a_file_that_is_not_a_mapping_is_refused(tmp_path, content, message):
    path = tmp_path / "secrets.yml"
    path.touch(0o600)
    path.write_text(content)
    with pytest.raises(generated.SecretsError, match=message):
        generated.read(path)


def test_a_file_that_others_can_read_is_refused(tmp_path):
    path = tmp_path / "secrets.yml"
    path.write_text("a: b\n")
    path.chmod(0o640)
    with pytest.raises(generated.SecretsError, match="has mode 0640"):
        generated.read(path)


@pytest.mark.parametrize(("tree", "message"), [({"a": "text"}, "would lie below a value"), ({"a": {"b": 7}}, "is not a text")])
def test_a_tree_of_another_shape_is_refused(tree, message):
    with pytest.raises(generated.SecretsError, match=message):
        generated.missing(tree, ["a/b"])
