# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.hardening import text
from hypothesis import given
from hypothesis import strategies as st


def test_a_setting_stands_where_its_example_stands() -> None:
    assert text.with_settings("# minlen = 8\nother = 1\n", {"minlen": 14}, " = ") == "# minlen = 8\nminlen = 14\nother = 1\n"


def test_a_setting_is_written_once_where_it_stood_first() -> None:
    assert text.with_settings("a = 1\nb = 2\n a=3\n", {"a": 4}, " = ") == "a = 4\nb = 2\n"


def test_the_last_one_counts() -> None:
    assert text.current("a 1\n#a 2\na 3\nab 4\n", "a", " ") == "3"
    assert text.current("#a 2\n", "a", " ") is None


def test_a_word_on_its_own() -> None:
    have = text.with_settings("#even_deny_root\n", {"even_deny_root": ""}, " = ")
    assert have == "#even_deny_root\neven_deny_root\n"
    assert text.current(have, "even_deny_root", " = ") == ""


def test_what_may_not_be_set_is_commented_out() -> None:
    assert text.with_settings("/bin/sh\n/sbin/nologin\n", {"/sbin/nologin": None}, " ") == "/bin/sh\n# /sbin/nologin\n"


def test_words_of_a_key_may_lie_apart() -> None:
    have = "auth sufficient pam_rootok.so\n# auth       required   pam_wheel.so\n@include common-auth\n"
    made = text.with_settings(have, {"auth required pam_wheel.so": "use_uid"}, " ")
    assert made.splitlines()[2] == "auth required pam_wheel.so use_uid"
    assert text.current("auth\trequired  pam_wheel.so use_uid\n", "auth required pam_wheel.so", " ") == "use_uid"


@pytest.mark.parametrize("separator", [" ", " = ", "="])
@given(
    lines=st.lists(st.sampled_from(["key 1", "key=2", "# key = 3", "key = 4", "other x", "", "#"]), max_size=8),
    value=st.sampled_from(["", "7", "a b"]),
)
def test_a_second_time_changes_nothing(separator: str, lines: list[str], value: str) -> None:
    have = "".join(f"{line}\n" for line in lines)
    once = text.with_settings(have, {"key": value}, separator)
    assert text.current(once, "key", separator) == value
    assert text.with_settings(once, {"key": value}, separator) == once
