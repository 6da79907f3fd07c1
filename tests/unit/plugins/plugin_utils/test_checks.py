# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""The filters checks_table and checks_blame."""

from collections.abc import Callable
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.tierline.erp.plugins.filter.checks_blame import FilterModule as Blame
from ansible_collections.tierline.erp.plugins.filter.checks_table import FilterModule as Table
from ansible_collections.tierline.erp.plugins.module_utils.probe.models import Check

FILTERS: dict[str, Callable[..., Any]] = {**Table().filters(), **Blame().filters()}
CHECKS = [Check("invoice", "books", "failed", "wrong").to_dict()]


def test_each_filter_has_the_name_of_its_plugin_and_does_its_own_work() -> None:
    assert FILTERS.keys() == {"checks_table", "checks_blame"}
    assert FILTERS["checks_table"](CHECKS)[1].split() == ["invoice", "FAILED", "books", "0.00", "wrong"]
    assert FILTERS["checks_blame"](CHECKS) == "layer at fault: books. invoice: wrong"


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize(
    ("wrong", "words"), [("text", "not str"), ({"checks": []}, "not dict"), ([{}], "KeyError"), ([7], "TypeError")]
)
def test_what_no_verification_returned_is_refused_by_name(name: str, wrong: Any, words: str) -> None:
    with pytest.raises(AnsibleFilterError, match=f"{name} takes .*{words}"):
        FILTERS[name](wrong)
