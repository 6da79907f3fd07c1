# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rollbacks that are repeated, and those over secrets that have changed: what is refused, and that a refusal touches nothing."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.odoo.errors import OdooError

from .helpers import REDIS, item
from .test_release import BLUE, GREEN, Site, code, declared, killed_after, site, updated  # noqa: F401 (fixtures)

NEW = {"memory_mb": 2048}


def test_a_rollback_is_not_made_twice_by_mistake(site: Site) -> None:  # noqa: F811
    site.whole("release", declared(**NEW))
    site.whole("rollback", declared(**NEW))
    before = (list(site.engine.calls), site.record)
    with pytest.raises(OdooError, match=r"acme_prod: it is rolled back already, blue serves.*green: say rollback_again=true"):
        site.act("rollback", declared(**NEW), run="two")
    assert (site.engine.calls, site.record) == before
    site.whole("rollback", declared(**NEW), run="three", again=True)
    assert (site.running(), site.record.rolled_back) == ([GREEN], False)
    site.whole("rollback", declared(**NEW), run="four")
    assert site.running() == [BLUE]


def test_a_release_after_a_rollback_can_be_rolled_back(site: Site) -> None:  # noqa: F811
    site.whole("release", declared(**NEW))
    site.whole("rollback", declared(**NEW))
    site.whole("release", declared(memory_mb=3072))
    assert (site.running(), site.record.rolled_back) == ([GREEN], False)
    site.whole("rollback", declared(memory_mb=3072))
    assert site.running() == [BLUE]


@pytest.mark.parametrize("moment", range(14))
def test_a_rollback_that_was_killed_is_repeated_without_going_too_far(
    site: Site,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    moment: int,
) -> None:
    """Whoever repeats the command wants to be where it leads, whenever it was killed."""
    site.whole("release", declared(**NEW))
    killed_after(monkeypatch, site, moment, lambda: site.whole("rollback", declared(**NEW), run="one"))
    site.clock.now += 10_000
    try:
        site.whole("rollback", declared(**NEW), run="two")
    except OdooError as error:
        assert "rolled back already" in str(error)  # noqa: PT017
    assert (site.running(), site.edge, site.record.operation) == ([BLUE], "blue", None)


def test_a_proven_slot_that_was_left_again_is_not_gone_back_to(site: Site) -> None:  # noqa: F811
    """The next run finds it unfit and leads back: a rollback would lead to it."""
    site.act("release", declared(**NEW), lease=0)
    site.engine.unhealthy.add(GREEN)
    site.whole("recover", declared(**NEW), run="two")
    assert (site.edge, site.record.rolled_back) == ("blue", True)
    with pytest.raises(OdooError, match="rolled back already"):
        site.act("rollback", declared(**NEW), run="three")


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"secrets": {**REDIS["secrets"], "database": "another"}}, "database"),
        ({"secrets": {**REDIS["secrets"], "redis": "another"}}, "redis"),
        ({"secrets": {**REDIS["secrets"], "master": "another"}}, "master"),
        ({"database": {**item()["database"], "user": "acme_prod_2"}}, "database login"),
    ],
)
def test_a_slot_with_secrets_of_before_is_not_gone_back_to(site: Site, changes: dict[str, Any], word: str) -> None:  # noqa: F811
    want = declared(**NEW, redis={**REDIS["redis"], "host": "192.0.2.11"}, secrets=REDIS["secrets"])
    site.whole("release", want)
    rotated = {**want, **changes}
    site.whole("release", rotated)
    before = (list(site.engine.calls), site.record)
    for check_mode in (True, False):
        with pytest.raises(OdooError, match=rf"acme_prod: slot green .*other secrets.*\({word}\)"):
            site.act("rollback", rotated, run="two", check_mode=check_mode)
    assert (site.engine.calls, site.record) == before


def test_a_copy_with_the_administrators_old_password_is_not_gone_back_to(code: Site) -> None:  # noqa: F811
    code.whole("release", updated())
    rotated = updated(secrets={**item()["secrets"], "admin": "another"})
    before = (list(code.engine.calls), code.record)
    with pytest.raises(OdooError, match=r"administrator's secret.*was rotated since the database was copied"):
        code.act("rollback", rotated, run="two", restore_database=True)
    assert (code.engine.calls, code.record) == before
    code.act("rollback", updated(), run="two", restore_database=True)
    assert code.running() == [BLUE]


def test_the_administrators_password_alone_hinders_no_slot(site: Site) -> None:  # noqa: F811
    """It is in the database, which stays."""
    site.whole("release", declared(**NEW))
    site.whole("rollback", declared(**NEW, secrets={**item()["secrets"], "admin": "another"}))
    assert site.running() == [BLUE]
