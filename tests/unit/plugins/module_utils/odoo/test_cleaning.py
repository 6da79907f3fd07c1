# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked of a database, in which transactions, and how answers become findings."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.odoo import cleaning, clone
from ansible_collections.tierline.erp.plugins.module_utils.odoo.cleaning import Cleaner
from ansible_collections.tierline.erp.plugins.module_utils.odoo.parsing import parse

from .helpers import item

ENV = parse([item()])[0]
COLUMNS = [
    ("acme_gateway", "client_secret", "character varying", False, 3),
    ("acme_gateway", "note", "text", False, 3),
    ("acme_gateway", "token", "character varying", True, 3),
    ("ir_config_parameter", "key", "text", False, 40),
    ("ir_config_parameter", "value", "text", False, 40),
    ("mail_message", "body", "text", False, 1_000_000),
    ("res_users", "password", "character varying", False, 5),
    ("res_users_apikeys", "name", "character varying", False, 1),
]


class Cursor:
    """Knows the tables above; whatever is counted is there once."""

    def __init__(self, columns: list[Any]) -> None:
        self.columns, self.said, self.rowcount, self.marked = columns, [], 1, False  # type: ignore[var-annotated]

    def execute(self, statement: Any, words: Any = None) -> None:
        self.said.append((statement if isinstance(statement, str) else repr(statement), words))

    def fetchall(self) -> list[Any]:
        return self.columns if self.said[-1][0] == cleaning._COLUMNS else [("a1/a1b2",)]

    def fetchone(self) -> Any:
        statement = self.said[-1][0]
        if statement == cleaning._MARKED:
            return ("{}",) if self.marked else None
        return (1,) * max(statement.count("count(*) FILTER"), 1)


@pytest.fixture
def cursor(monkeypatch: pytest.MonkeyPatch) -> Cursor:
    found = Cursor(COLUMNS)

    @contextlib.contextmanager
    def transaction(*where: Any) -> Iterator[Cursor]:
        found.said.append(("transaction", where[2:]))
        yield found

    monkeypatch.setattr(cleaning.database, "transaction", transaction)
    return found


def test_a_database_is_empty_somebodys_or_a_clone(cursor: Cursor) -> None:
    assert Cleaner("ca").occupied(ENV) == (True, False)
    assert cursor.said[-1] == (cleaning._MARKED, (clone.MARK,))
    cursor.marked = True
    assert Cleaner("ca").occupied(ENV) == (True, True)
    cursor.columns = [("something_else", "id", "integer", True, 1)]
    assert Cleaner("ca").occupied(ENV) == (True, False)
    cursor.columns = []
    assert Cleaner("ca").occupied(ENV) == (False, False)


def test_measures_and_columns_are_emptied_in_one_transaction(cursor: Cursor) -> None:
    done = Cleaner("ca").clean(ENV, "acme_clone", False)
    assert {"API keys", "signing secret", "parameters", "acme_gateway.client_secret", "res_users.password"} <= set(done)
    assert "mail out" not in done
    assert [words for text, words in cursor.said if text == "transaction"] == [("acme_clone", "neutralised")]
    texts = [text for text, _words in cursor.said]
    assert any("'client_secret'" in text and "= NULL" in text for text in texts)
    # What can't be empty gets something that nobody knows.
    assert any("'token'" in text and "gen_random_uuid()" in text for text in texts)
    assert "res_users.password" not in Cleaner("ca").clean(ENV, "acme_clone", True)


def test_the_search_names_places_and_numbers(cursor: Cursor) -> None:
    found = {(finding.where, finding.what): finding.count for finding in Cleaner("ca").search(ENV, "acme_clone", False)}
    assert found["acme_gateway.client_secret", "values of a credential by its name"] == 1
    assert found["acme_gateway.note", "values that look like credentials"] == 1
    assert found["res_users", "passwords of users"] == 1
    assert ("acme_gateway.token", "values of a credential by its name") not in found
    assert not {place for place, _what in found if place.startswith("mail_message")}
    assert [words for text, words in cursor.said if text == "transaction"] == [("acme_clone",)]


def test_files_are_what_attachments_name(cursor: Cursor) -> None:
    assert cursor.said == []
    assert Cleaner("ca").files(ENV, "acme_clone") == {"a1/a1b2"}
