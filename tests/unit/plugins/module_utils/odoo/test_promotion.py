# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Code that goes from one environment to another: what counts as run, what is refused, and what goes without."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.odoo import config, files, promotion, records, release
from ansible_collections.tierline.erp.plugins.module_utils.odoo.errors import OdooError
from ansible_collections.tierline.erp.plugins.module_utils.odoo.models import Settings
from ansible_collections.tierline.erp.plugins.module_utils.odoo.promotion import KEPT, Code
from ansible_collections.tierline.erp.plugins.module_utils.odoo.release import Record

from .helpers import IMAGE
from .test_release import BLUE, GREEN, NEW_IMAGE, Site, declared

RULES = [{"environment": "acme_prod", "source": "acme_staging"}]
HASHES = ("1" * 64, "2" * 64)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    (tmp_path / "ca.crt").write_text("authority\n")
    monkeypatch.setattr(files.os, "chown", lambda *_: None)
    monkeypatch.setattr(files.os, "fchown", lambda *_: None)
    monkeypatch.setattr(config, "_ROUNDS", 1)
    places = {
        name: str(tmp_path / name) for name in ("config_dir", "data_dir", "runtime_dir", "record_dir", "addons_dir", "custom_dir")
    }
    for sha256 in HASHES:
        (tmp_path / "custom_dir" / sha256 / "acme_sales").mkdir(parents=True)
    found = Site(Settings(**places, ca_file=str(tmp_path / "ca.crt"), server_module={"__manifest__.py": "{}"}))  # type: ignore[arg-type]
    found.engine.images.add(NEW_IMAGE)
    found.whole("release")
    return found


def archives(*hashes: str) -> list[dict[str, str]]:
    return [{"archive": "x.tar.gz", "sha256": sha256} for sha256 in hashes]


def staging(*ran: dict[str, Any]) -> dict[str, Any]:
    """What the source's machine says of it."""
    return {"promotions": promotion.read(RULES, [{"environment": "acme_staging", "ran": list(ran)}])}


def entry(image: str = IMAGE, *addons: str) -> dict[str, Any]:
    return {"image": image, "addons": list(addons), "at": 1}


def ran(site: Site) -> list[Code]:
    return [promotion.code_of(known) for known in site.record.ran]


# --- what counts as run ---


def test_what_is_started_for_the_first_time_has_run(machine: Site) -> None:
    assert ran(machine) == [Code(IMAGE)]


def test_code_counts_when_edges_lead_to_it_and_not_before(machine: Site) -> None:
    machine.act("release", declared(image=NEW_IMAGE), run="one")
    assert ran(machine) == [Code(IMAGE)]
    machine.switch()
    machine.act("finish", declared(image=NEW_IMAGE), run="one")
    assert ran(machine) == [Code(IMAGE), Code(NEW_IMAGE)]


def test_what_was_rolled_back_does_not_count_until_it_comes_again(machine: Site) -> None:
    machine.whole("release", declared(addons=archives(HASHES[0])))
    machine.whole("rollback", declared())
    assert ran(machine) == [Code(IMAGE)]
    machine.whole("rollback", declared(), again=True)
    assert ran(machine) == [Code(IMAGE), Code(IMAGE, HASHES[:1])]


def test_a_setting_makes_no_other_code_and_old_code_is_forgotten(machine: Site) -> None:
    machine.whole("release", declared(memory_mb=2048))
    assert ran(machine) == [Code(IMAGE)]
    record = Record("acme_prod")
    for number in range(KEPT + 5):
        record = promotion.noted(record, entry(f"odoo@sha256:{number:064}"))
    assert (len(record.ran), record.ran[-1]["image"][-2:]) == (KEPT, "24")


def test_what_an_older_version_wrote_down_without_archives_proves_nothing(machine: Site) -> None:
    old = replace(machine.record, ran=(), released={"blue": {"image": IMAGE, "at": 1}})
    assert promotion.noted(old, old.released["blue"]) == promotion.withdrawn(old, old.released["blue"]) == old
    records.write(machine.settings, old)
    # What runs is known again with the next run.
    machine.whole("release")
    assert ran(machine) == [Code(IMAGE)]


def test_the_record_survives_a_file(machine: Site) -> None:
    machine.whole("release", declared(addons=archives(*HASHES)))
    assert release.parse("acme_prod", release.dump(machine.record)) == machine.record


# --- what is refused ---


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize(
    ("wanted", "known", "says"),
    [
        ({"image": NEW_IMAGE}, (), "nothing is known of what it ran"),
        ({"image": NEW_IMAGE}, (entry(),), f"what it ran last is image {IMAGE}$"),
        ({"addons": archives(HASHES[0])}, (entry(), entry(IMAGE, HASHES[1])), r"has not run image .* with addons 111111111111; "),
        # Both, but in the other order, in which another module of the same name wins.
        ({"addons": archives(*HASHES)}, (entry(IMAGE, *HASHES[::-1]),), "has not run"),
    ],
)
def test_other_code_is_refused_before_anything_is_touched(
    machine: Site, wanted: dict[str, Any], known: tuple[dict[str, Any], ...], says: str, check_mode: bool
) -> None:
    before = (list(machine.engine.calls), machine.record)
    with pytest.raises(OdooError, match=r"^acme_prod: it takes only code that acme_staging has run, .*" + says.rstrip("$")):
        machine.act("release", declared(**wanted), check_mode=check_mode, **staging(*known))
    assert (machine.engine.calls, machine.record) == before


def test_the_same_digest_may_come_from_another_registry(machine: Site) -> None:
    elsewhere = NEW_IMAGE.replace("registry.example.com", "mirror.example.org")
    machine.whole("release", declared(image=NEW_IMAGE, addons=archives(*HASHES)), **staging(entry(elsewhere, *HASHES), entry()))
    assert machine.running() == [GREEN]
    assert "promotion_override" not in machine.record.released["green"]


def test_settings_and_going_back_need_nobody_else(machine: Site) -> None:
    machine.whole("release", declared(memory_mb=2048), **staging())
    machine.whole("rollback", declared(memory_mb=2048), **staging())
    assert machine.running() == [BLUE]


def test_site_leaves_it_as_it_is(machine: Site) -> None:
    waiting: list[str] = []
    machine.whole("release", declared(image=NEW_IMAGE), updates=False, waiting=waiting, **staging(entry()))
    assert (machine.running(), set(waiting)) == ([BLUE], {"acme_prod"})


def test_a_reason_lets_it_through_and_is_kept(machine: Site) -> None:
    reason = {"promotion_override": "INC-42: mail is down"}
    machine.whole("release", declared(image=NEW_IMAGE), **staging(), **reason)
    assert machine.running() == [GREEN]
    assert machine.record.released["green"]["promotion_override"] == "INC-42: mail is down"
    # Where none was needed none is kept.
    machine.whole("release", declared(image=NEW_IMAGE, memory_mb=2048), **staging(), **reason)
    assert "promotion_override" not in machine.record.released["blue"]


def test_what_runs_is_written_down_once_wherever_it_came_from(machine: Site) -> None:
    """site.yml starts what doesn't run yet without a release."""
    records.write(machine.settings, Record("acme_prod"))
    before = list(machine.engine.calls)
    told = [machine.act("release", **more)[1] for more in ({"check_mode": True}, {"updates": False}, {})]
    assert [[step.action for step in steps].count("record") for steps in told] == [1, 1, 0]
    assert (ran(machine), machine.engine.calls) == ([Code(IMAGE)], before)
