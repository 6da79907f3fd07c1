# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The three filters that judge hosts: what they judge by is tested beside module_utils/postgres/preflight/."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.tierline.erp.plugins.filter import postgres_departure_refusals, postgres_etcd_start, postgres_refusals

PLUGINS = {
    "postgres_departure_refusals": postgres_departure_refusals,
    "postgres_etcd_start": postgres_etcd_start,
    "postgres_refusals": postgres_refusals,
}


@pytest.mark.parametrize("name", PLUGINS)
def test_each_is_offered_under_its_name_and_tells_what_it_takes(name):
    filters = PLUGINS[name].FilterModule().filters()
    assert list(filters) == [name]
    with pytest.raises(AnsibleFilterError, match=f"^{name} takes what postgres_host_info returns: KeyError"):
        filters[name]({}, [{}])


def test_the_verdict_comes_through():
    leaving = {"member": "db1", "members": [{"name": "db1"}]}
    said = postgres_departure_refusals.FilterModule().filters()["postgres_departure_refusals"](leaving, {"etcd": None})
    assert said[0].startswith("db1 is on the list of members that stay")
    bare = {"member": "db1", "etcd": None, "etcd_data": None, "born": False}
    start = postgres_etcd_start.FilterModule().filters()["postgres_etcd_start"](
        {"members": [{"name": "db1"}], "etcd_given": []}, [bare]
    )
    assert start == {"founding": True, "newcomers": [], "lost": []}
