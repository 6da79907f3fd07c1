# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Figures by which a restored database is recognised: rows of every table; the books' totals, by journal and account. Pure."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from .errors import ProofError

# One statement sees one moment. Its superuser reads every table, whoever owns it.
QUERY = r"""
SELECT pg_catalog.json_build_object(
  'tables', (
    SELECT coalesce(pg_catalog.json_object_agg(name, rows), '{}') FROM (
      SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) AS name,
             (pg_catalog.xpath('/row/n/text()', pg_catalog.query_to_xml(
               pg_catalog.format('SELECT count(*) AS n FROM ONLY %I.%I', n.nspname, c.relname), false, true, '')
             ))[1]::text::bigint AS rows
        FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
       WHERE c.relkind = 'r' AND c.relpersistence = 'p' AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
       ORDER BY 1) AS counted),
  'books', CASE WHEN pg_catalog.to_regclass('public.account_move_line') IS NOT NULL THEN
    (pg_catalog.xpath('/row/books/text()', pg_catalog.query_to_xml(
      $$WITH posted AS (
          SELECT coalesce(journal_id, 0) AS journal, coalesce(account_id, 0) AS account, debit, credit
            FROM public.account_move_line WHERE parent_state = 'posted')
        SELECT json_build_object(
          'lines', (SELECT count(*) FROM posted),
          'debit', (SELECT coalesce(sum(debit), 0)::text FROM posted),
          'credit', (SELECT coalesce(sum(credit), 0)::text FROM posted),
          'journals', (SELECT coalesce(json_object_agg(journal, totals ORDER BY journal), '{}') FROM (
            SELECT journal, concat_ws(' ', count(*), sum(debit), sum(credit)) AS totals FROM posted GROUP BY journal) AS j),
          'accounts', (SELECT coalesce(json_object_agg(account, totals ORDER BY account), '{}') FROM (
            SELECT account, concat_ws(' ', count(*), sum(debit), sum(credit)) AS totals FROM posted GROUP BY account) AS a)
        ) AS books$$, false, true, '')))[1]::text::json END)
"""


@dataclass(frozen=True)
class Figures:
    tables: dict[str, int]
    # Posted lines of the ledger, their totals, and "lines debit credit" by the number of the journal, and of the account
    # (which is the trial balance); None where the database keeps no books.
    books: dict[str, Any] | None = field(default=None)

    @property
    def digest(self) -> str:
        """Tells whether figures are the same without telling what they are."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()

    @property
    def balanced(self) -> bool:
        return self.books is None or self.books["debit"] == self.books["credit"]


def parse(text: str) -> Figures:
    try:
        seen = json.loads(text)
        return Figures({str(name): int(rows) for name, rows in sorted(seen["tables"].items())}, seen["books"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ProofError(f"the figures of the database can't be read: {error}") from error


def differences(recorded: Figures, restored: Figures) -> list[str]:
    """In words, sorted; none where the restored database is what was recorded."""
    found = [
        f"{name}: {_rows(recorded.tables, name)} recorded, {_rows(restored.tables, name)} restored"
        for name in sorted({*recorded.tables, *restored.tables})
        if recorded.tables.get(name) != restored.tables.get(name)
    ]
    if recorded.books != restored.books:
        found.append(f"books: {_totals(recorded.books)} recorded, {_totals(restored.books)} restored")
        found += [line for part in ("journal", "account") for line in _parted(part, recorded.books or {}, restored.books or {})]
    return found


def _parted(part: str, recorded: Mapping[str, Any], restored: Mapping[str, Any]) -> list[str]:
    before, after = recorded.get(f"{part}s", {}), restored.get(f"{part}s", {})
    return [
        f"{part} {number}: {before.get(number, 'nothing')} recorded, {after.get(number, 'nothing')} restored"
        for number in sorted({*before, *after}, key=int)
        if before.get(number) != after.get(number)
    ]


def _rows(tables: Mapping[str, int], name: str) -> str:
    return f"{tables[name]} rows" if name in tables else "no table"


def _totals(books: Mapping[str, Any] | None) -> str:
    return "none" if books is None else f"{books['lines']} lines, {books['debit']} debit, {books['credit']} credit"
