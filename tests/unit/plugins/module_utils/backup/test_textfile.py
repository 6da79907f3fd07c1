# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""What the collector gets to read: test_metrics kills and fills the disk of who writes."""

from pathlib import Path

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.backup import textfile


def test_a_gauge_names_itself_in_each_series() -> None:
    lines = textfile.gauge("age", "How old.", ['{of="a"} 1', '{of="b"} 2'])
    assert lines == ["# HELP age How old.", "# TYPE age gauge", 'age{of="a"} 1', 'age{of="b"} 2']


def test_the_last_text_stays_where_the_next_cannot_be_written(tmp_path: Path) -> None:
    path = tmp_path / "age.prom"
    textfile.write(path, "age 1\n")
    path.with_name("taken").mkdir()
    with pytest.raises(OSError, match="directory"):
        textfile.write(path.with_name("taken"), "age 2\n")
    assert path.read_text() == "age 1\n"
    assert sorted(found.name for found in tmp_path.iterdir()) == ["age.prom", "taken"]
