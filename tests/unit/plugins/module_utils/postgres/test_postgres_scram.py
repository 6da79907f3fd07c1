# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.postgres import scram
from hypothesis import given
from hypothesis import strategies as st

# RFC 7677, section 3: user "user", password "pencil". The server's signature there fixes ServerKey.
SALT = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
PENCIL = (
    "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ=="
    "$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
)


def test_the_verifier_is_the_one_of_the_standard():
    assert scram.make_verifier("pencil", SALT, 4096) == PENCIL


def test_a_stored_verifier_fits_its_password_only():
    assert scram.matches(PENCIL, "pencil")
    assert not scram.matches(PENCIL, "Pencil")


@pytest.mark.parametrize("stored", [None, "", "md5c4ca4238a0b923820dcc509a6f75849b", "pencil", PENCIL[:-5], PENCIL + "\n"])
def test_anything_that_is_no_verifier_fits_no_password(stored):
    assert not scram.matches(stored, "pencil")


def test_salts_differ():
    assert scram.make_verifier("pencil") != scram.make_verifier("pencil")


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1), st.binary(min_size=8, max_size=16))
def test_every_password_fits_its_own_verifier(password, salt):
    verifier = scram.make_verifier(password, salt, iterations=2)
    assert scram.matches(verifier, password)
    assert not scram.matches(verifier, password + "x")
