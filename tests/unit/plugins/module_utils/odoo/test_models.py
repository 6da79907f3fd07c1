# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.tierline.erp.plugins.module_utils.odoo.models import derived_uid
from hypothesis import given
from hypothesis import strategies as st


@given(st.text(min_size=1, max_size=40))
def test_derived_numbers_belong_to_nobody_else(name: str) -> None:
    assert 1_879_048_192 <= derived_uid(name) <= 2_147_352_575
    assert derived_uid(name) == derived_uid(name)
