# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""The list of problems as people read it."""

from ansible_collections.tierline.erp.plugins.module_utils.estate.errors import EstateError, Problem


def test_the_list_counts_places_and_reads_well() -> None:
    problem = Problem("environment", "acme_prod", "stage", "wrong value", '"x"', "a, b", "", "write a")
    text = str(EstateError([problem, problem]).located(lambda _problem: "host_vars/acme_prod.yml:3"))
    assert text == (
        "The estate is refused: 1 problem. Nothing was touched.\n\n"
        "host_vars/acme_prod.yml:3: environment acme_prod: stage: wrong value\n"
        '    seen:    "x"\n'
        "    allowed: a, b\n"
        "    cure:    write a"
    )
