# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.odoo import setup
from ansible_collections.tierline.erp.plugins.module_utils.odoo.models import Environment
from ansible_collections.tierline.erp.plugins.module_utils.odoo.parsing import parse
from ansible_collections.tierline.erp.plugins.module_utils.odoo.setup import DatabaseState

from .helpers import item


def _env(**changes: object) -> Environment:
    return parse([item(**changes)])[0]


def _done(env: Environment, **modules: str) -> DatabaseState:
    parameters = {
        setup.MARKER: "1",
        setup.ADMIN: setup.admin_fingerprint(env),
        setup.BASE_URL: env.base_url,
        setup.FREEZE: "True",
    }
    return DatabaseState(80, {"base": "installed", "account": "installed", **modules}, parameters, "19.0.1.3")


def test_an_empty_database_is_initialised_then_configured() -> None:
    steps = setup.plan(_env(), DatabaseState())
    assert [step.action for step in steps] == ["initialise", "configure"]
    assert steps[0].target == ["account", "base"]


def test_a_finished_database_is_left_alone() -> None:
    assert setup.plan(_env(), _done(_env())) == []


def test_the_marker_is_written_last() -> None:
    step = setup.plan(_env(), DatabaseState())[-1]
    assert list(step.target)[-1] == setup.MARKER
    assert [key for key, _ in setup.payload(_env(), step.target)["parameters"]][-1] == setup.MARKER


def test_an_interrupted_installation_is_taken_up() -> None:
    have = DatabaseState(20, {"base": "installed", "account": "to install", "mail": "to install", "sale": "uninstalled"})
    (install, configure) = setup.plan(_env(), have)
    assert (install.action, install.target) == ("initialise", ["account", "mail"])
    assert dict(install.before) == {"interrupted": "account, mail"}
    assert configure.action == "configure"


def test_an_installation_that_ended_before_the_marker_is_only_configured() -> None:
    have = DatabaseState(80, {"base": "installed", "account": "installed"}, {})
    assert [step.action for step in setup.plan(_env(), have)] == ["configure"]


def test_a_later_intention_of_someone_is_left_alone() -> None:
    env = _env()
    assert setup.plan(env, _done(env, crm="to install", stock="to upgrade")) == []


def test_a_new_module_is_installed() -> None:
    (step,) = setup.plan(_env(modules=["account", "crm"]), _done(_env(), crm="uninstalled"))
    assert (step.action, step.target) == ("install", ["crm"])


def test_a_rotated_password_is_set_and_not_shown() -> None:
    env = _env(secrets={"database": "secret-database", "admin": "fresh", "master": "secret-master"})
    (step,) = setup.plan(env, _done(_env()))
    assert list(step.target) == [setup.ADMIN]
    assert setup.payload(env, step.target)["admin_password"] == "fresh"
    assert "fresh" not in repr(step)
    assert dict(step.after) == {"administrator's password": "<hidden>"}


def test_a_new_domain_leaves_the_password_alone() -> None:
    env = _env(domains=["new.example.com"])
    (step,) = setup.plan(env, _done(_env()))
    assert dict(step.target) == {setup.BASE_URL: "https://new.example.com"}
    assert "admin_password" not in setup.payload(env, step.target)


def test_a_database_of_something_else_is_refused() -> None:
    (problem,) = setup.problems(_env(), DatabaseState(tables=3))
    assert "has 3 tables but is not Odoo's" in problem
    assert setup.problems(_env(), DatabaseState()) == []
    assert setup.problems(_env(), _done(_env())) == []


@pytest.mark.parametrize(
    ("names", "told"),
    [(["account"], None), (["acount"], "did you mean 'account'?"), (["zzzz"], "module 'zzzz' is not in image")],
)
def test_unknown_modules_are_named_with_the_nearest(names: list[str], told: str | None) -> None:
    found = setup.unknown_modules(_env(), names, ["account", "base"])
    assert (told in found[0]) if told else found == []


def test_an_image_that_cannot_tell_is_believed() -> None:
    assert setup.unknown_modules(_env(), ["x"], None) == []


def test_commands_carry_no_secret() -> None:
    text = " ".join(setup.install_command(["account"]) + setup.configure_command() + [setup.CONFIGURE_SCRIPT])
    assert "--init=account" in text
    assert "secret-" not in text


def test_the_scripts_are_python() -> None:
    compile(setup.CONFIGURE_SCRIPT, "setup.py", "exec")
    compile(setup.LIST_SCRIPT, "list.py", "exec")
