# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A slot of two containers: they begin and end together, whoever is killed between them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.odoo import config, front, spec
from ansible_collections.tierline.erp.plugins.module_utils.odoo.errors import OdooError
from ansible_collections.tierline.erp.plugins.module_utils.odoo.models import Settings
from ansible_collections.tierline.erp.plugins.module_utils.odoo.parsing import parse
from ansible_collections.tierline.erp.plugins.module_utils.odoo.plan import Observed, conflicts, desire, plan

from .helpers import DIGEST, IMAGE, Engine, item
from .test_release import BLUE, GREEN, Site, declared, killed_after, site

__all__ = ["site"]

NGINX = f"registry.example.com/nginx@{DIGEST}"
FRONTED = {"front_image": NGINX}


def both(slot: str) -> list[str]:
    return [slot, f"{slot}-front"]


@pytest.fixture
def fronted(site: Site) -> Site:
    """A site whose blue slot has no front yet, and whose green one has one."""
    site.engine.images.add(NGINX)
    site.whole("release", declared(**FRONTED))
    return site


def test_a_front_comes_and_goes_with_a_release(fronted: Site) -> None:
    assert fronted.running() == both(GREEN)
    fronted.whole("rollback", declared(**FRONTED))
    assert fronted.running() == [BLUE]
    fronted.whole("rollback", declared(**FRONTED), again=True)
    assert fronted.running() == both(GREEN)
    fronted.whole("release", declared())
    assert fronted.running() == [BLUE]
    fronted.whole("release", declared(memory_mb=2048))
    assert fronted.running() == [GREEN]
    assert f"{GREEN}-front" not in fronted.engine.running


def test_another_image_of_the_front_is_released(fronted: Site) -> None:
    newer = NGINX.replace("5b", "77")
    fronted.engine.images.add(newer)
    fronted.whole("release", declared(front_image=newer))
    assert fronted.running() == both(BLUE)
    before = list(fronted.engine.calls)
    fronted.whole("release", declared(front_image=newer))
    assert fronted.engine.calls == before


def test_a_front_that_was_removed_by_hand_comes_back_where_it_was(fronted: Site) -> None:
    fronted.engine.remove(f"{GREEN}-front")
    fronted.whole("release", declared(**FRONTED))
    assert (fronted.running(), fronted.record.active) == (both(GREEN), "green")


def test_an_image_that_is_not_to_be_had_is_refused_before_anything_starts(site: Site) -> None:
    with pytest.raises(OdooError, match=r"nginx.* is not to be had"):
        site.act("release", declared(**FRONTED))
    assert site.running() == [BLUE]


@pytest.mark.parametrize("action", ["release", "rollback"])
@pytest.mark.parametrize("moment", range(20))
def test_a_run_that_is_killed_between_the_two_is_ended_by_the_next(
    fronted: Site, monkeypatch: pytest.MonkeyPatch, action: str, moment: int
) -> None:
    want = declared(**FRONTED, memory_mb=3072)
    if action == "rollback":
        fronted.whole("release", want)
    killed_after(monkeypatch, fronted, moment, lambda: fronted.whole(action, want, run="one"))
    fronted.clock.now += 10_000
    for step in ("recover", "finish"):
        fronted.act(step, want, run="two")
        fronted.switch()
    fronted.act("finish", want, run="two")
    assert fronted.running() == both(f"acme_prod-{fronted.edge}")


def _desire(**changes: Any) -> Any:
    return desire(parse([item(**changes)])[0], Settings(server_module={"__manifest__.py": "{}"}), {}, {}, b"k" * 32)


def _steps(want: Any, have: Any) -> list[tuple[str, str]]:
    engine = Engine()
    engine.create_network(dict(have.network))
    for name, container in ((have.container_name, have.container), (have.front_name, have.front)):
        if container:
            engine.create(name, dict(container))
            engine.start(name)
    seen = Observed(engine.containers(), engine.networks(), {file.path: file for file in (*have.files, *want.files)})
    assert conflicts([want], seen) == []
    return [(step.action, step.subject) for step in plan([want], seen)]


def test_one_gives_up_the_port_before_the_other_takes_it() -> None:
    with_it, without = _desire(**FRONTED), _desire()
    assert _steps(with_it, without) == [("replace", BLUE), ("create", f"{BLUE}-front")]
    assert _steps(without, with_it) == [("remove", f"{BLUE}-front"), ("replace", BLUE)]
    assert _steps(with_it, with_it) == []


def test_only_the_front_is_published_for_pages_and_only_odoo_for_websockets() -> None:
    [env] = parse([item(**FRONTED)])
    server, before = spec.server(env, Settings(), {}), spec.before(env, Settings())
    assert [list(container["HostConfig"]["PortBindings"]) for container in (server, before)] == [["8072/tcp"], ["8080/tcp"]]
    assert before["HostConfig"]["PortBindings"]["8080/tcp"][0]["HostPort"] == "10008"


def test_the_front_has_no_rights_no_secrets_and_writes_nothing() -> None:
    [env] = parse([item(**FRONTED)])
    before = spec.before(env, Settings())
    host = before["HostConfig"]
    assert (host["ReadonlyRootfs"], host["CapDrop"], host["SecurityOpt"]) == (True, ["ALL"], ["no-new-privileges"])
    assert all(bind.endswith(":ro") for bind in host["Binds"])
    assert not [bind for bind in host["Binds"] if bind.startswith("/etc/tierline/odoo/acme_prod/blue:")]
    assert before["User"] == spec.server(env, Settings(), {})["User"]


def test_odoo_names_files_only_to_a_front() -> None:
    assert config.settings(parse([item(**FRONTED)])[0], "x")["x_sendfile"] is True
    assert "x_sendfile" not in config.settings(parse([item()])[0], "x")
    with pytest.raises(OdooError, match="x_sendfile is managed"):
        parse([item(options={"x_sendfile": True})])


def test_the_front_is_named_by_its_digest() -> None:
    with pytest.raises(OdooError, match=r"front_image .nginx:1\.26. is only a tag"):
        parse([item(front_image="nginx:1.26")])


def test_its_configuration_names_its_own_slot_and_gives_no_file_to_whoever_asks() -> None:
    text = front.render(GREEN)
    assert f"set $odoo {GREEN}:8069;" in text
    assert "internal;" in text.partition("location /web/filestore/")[2]
    assert (text.count("{"), text.count(";") > 20) == (text.count("}"), True)
    assert IMAGE not in text
