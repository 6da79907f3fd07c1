# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ledger import journal
from ledger.verdict import Entry

ONE, TWO, THREE = Entry(1, 1, 11), Entry(1, 2, 22), Entry(2, 1, 33)


def test_what_was_noted_is_read_back(tmp_path):
    first, second = journal.Journal(tmp_path / "round", 1), journal.Journal(tmp_path / "round", 2)
    for what, entry in [(journal.SENT, ONE), (journal.ACKNOWLEDGED, ONE), (journal.SENT, TWO), (journal.UNKNOWN, TWO)]:
        first.note(what, entry)
    for what in (journal.SENT, journal.UNKNOWN, journal.FOUND):
        second.note(what, THREE)
    # Read while the files are still open: a campaign that is killed loses no line.
    books = journal.read(tmp_path / "round")
    assert books.sent == {ONE, TWO, THREE}
    assert books.acknowledged == {ONE, THREE}
    assert books.unknown == 2
    assert set(books.when) == {ONE, THREE}


def test_the_window_of_a_loss_is_between_its_first_and_last_acknowledgement():
    books = journal.Books()
    for entry, when in ((ONE, 10.0), (TWO, 10.5), (THREE, 12.0)):
        books.add(journal.ACKNOWLEDGED, entry, when)
    assert books.window([ONE, TWO]) == 0.5
    assert books.window([]) == 0.0


def test_a_word_that_means_nothing_is_refused(tmp_path):
    book = journal.Journal(tmp_path, 1)
    book.note("perhaps", ONE)
    with pytest.raises(ValueError, match="perhaps"):
        journal.read(tmp_path)
