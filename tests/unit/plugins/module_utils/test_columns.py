# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.columns import as_lines


def test_columns_are_as_wide_as_what_is_in_them_and_lines_end_with_a_word() -> None:
    assert as_lines([("member", "lag"), ("db1", "0 B"), ("a-long-name", "")]) == [
        "member       lag",
        "db1          0 B",
        "a-long-name",
    ]


def test_a_row_that_lacks_a_word_is_no_table() -> None:
    with pytest.raises(ValueError, match="zip"):
        as_lines([("member", "lag"), ("db1",)])
