# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which measures a database gets, what counts as a credential, and what the search lets through."""

from __future__ import annotations

import re

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.odoo import neutral
from ansible_collections.tierline.erp.plugins.module_utils.odoo.neutral import Column, Finding, Schema

# What every Odoo has, and a custom module's table.
SCHEMA = Schema(
    (
        *(Column("ir_mail_server", name) for name in ("active", "smtp_host", "smtp_user", "smtp_pass")),
        *(Column("ir_config_parameter", name, "text") for name in ("key", "value")),
        Column("res_users", "password"),
        Column("res_users", "totp_secret"),
        Column("res_users_apikeys", "key"),
        Column("acme_gateway", "api_key", "text"),
        Column("acme_gateway", "token_count", "integer"),
        Column("acme_gateway", "passenger", "text"),
        Column("mail_guest", "access_token", "character varying", True),
        Column("mail_message", "body", "text"),
        Column("certificate_key", "content", "bytea"),
    ),
    {"mail_message": 5_000_000, "acme_gateway": 3},
)


def test_measures_fit_the_tables_that_are_there() -> None:
    names = [measure.name for measure in neutral.measures(SCHEMA)]
    assert {"mail out", "API keys", "keys", "signing secret", "parameters"} <= set(names)
    assert not {"mail in", "payment providers", "crons"} & set(names)
    assert names.index("signing secret") < names.index("parameters")


def test_credentials_are_known_by_their_columns() -> None:
    found = {f"{column.table}.{column.name}" for column in neutral.credentials(SCHEMA, True)}
    wanted = {"ir_mail_server.smtp_pass", "res_users.password", "res_users.totp_secret", "acme_gateway.api_key"}
    assert found == {*wanted, "mail_guest.access_token"}
    assert "res_users.password" not in {f"{column.table}.{column.name}" for column in neutral.credentials(SCHEMA, False)}


def test_passwords_may_be_kept_and_are_counted_otherwise() -> None:
    assert neutral.PASSWORDS in {rule.name for rule in neutral.rules(SCHEMA, False)}
    assert neutral.PASSWORDS not in {rule.name for rule in neutral.rules(SCHEMA, True)}


def test_big_tables_and_binary_columns_are_not_searched_for_formats() -> None:
    assert not {"mail_message", "certificate_key"} & set(neutral.searched(SCHEMA))
    assert neutral.searched(SCHEMA)["acme_gateway"] == ["api_key", "passenger"]


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN RSA PRIVATE " + "KEY-----",
        "AKIA" + "ABCDEFGHIJKLMNOP",
        "sk_live_" + "4eC39HqLyjWDarjt",
        "https://hooks.slack.com/" + "services/T000",
        "smtp://robot:" + "hunter22@mail.example.com",
    ],
)
def test_known_formats_are_recognised(text: str) -> None:
    pattern = neutral.FORMATS.replace("[:space:]", r"\s")
    assert re.search(pattern, f"before {text} after")


@pytest.mark.parametrize("text", ["https://example.com/a:b", "see http://www.odoo.com", "sk_test_1", "user@example.com: hello"])
def test_what_is_no_credential_is_left_alone(text: str) -> None:
    assert not re.search(neutral.FORMATS.replace("[:space:]", r"\s"), text)


@pytest.mark.parametrize(
    ("key", "is_one"),
    [
        ("acme.api_key", True),
        ("database.enterprise_code", True),
        ("recaptcha_private_key", True),
        ("mail.catchall.domain", False),
        ("passenger.limit", False),
        ("web.base.url", False),
    ],
)
def test_parameters_are_known_by_their_keys(key: str, is_one: bool) -> None:
    assert bool(re.search(neutral.PARAMETER, key, re.IGNORECASE)) is is_one


@pytest.mark.parametrize(("value", "trivial"), [("True", True), ("8", True), ("", True), ("hunter22", False), ("1234567", False)])
def test_settings_with_such_names_are_no_credentials(value: str, trivial: bool) -> None:
    assert bool(re.search(str(neutral.WORDS["trivial"]), value, re.IGNORECASE)) is trivial


def test_only_what_is_named_is_let_through() -> None:
    found = [Finding("a.b", "x", 0), Finding("a.c", "values", 2), Finding("ir_act_server.code", "values", 1)]
    assert [str(finding) for finding in neutral.left(found, ["ir_act_server.code"])] == ["a.c: values (2)"]


def test_every_measure_says_why_and_no_statement_has_a_percent_sign_too_few() -> None:
    assert all(measure.reason for measure in neutral.MEASURES)
    for statement in [item.statement for item in (*neutral.MEASURES, *neutral.RULES)]:
        assert statement % {"parameter": "'p'", "trivial": "'t'", "own": "'{}'"}
