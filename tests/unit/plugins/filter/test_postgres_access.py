# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.tierline.erp.plugins.filter.postgres_access import FilterModule, postgres_access


def test_is_offered_under_its_name():
    assert FilterModule().filters() == {"postgres_access": postgres_access}


def test_nobody_comes_in_by_default():
    assert postgres_access([]) == {"local": [], "network": [], "ident": [], "roles": [], "names": [], "rewind": {}}


def test_problems_are_the_users():
    with pytest.raises(AnsibleFilterError, match=r"postgres_ha_services: service 'reports' is unknown"):
        postgres_access([{"service": "reports"}])
