# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64

import pytest
from ansible_collections.tierline.erp.plugins.filter.rclone_obscured import KEY, FilterModule
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

obscured = FilterModule().filters()["rclone_obscured"]


def revealed(text: str) -> str:
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    decryptor = Cipher(AES(KEY), CTR(raw[:16])).decryptor()
    return (decryptor.update(raw[16:]) + decryptor.finalize()).decode()


def test_the_format_is_rclone_s() -> None:
    """What ``rclone obscure`` writes for this word, if it starts with these sixteen letters."""
    assert revealed("YWFhYWFhYWFhYWFhYWFhYXMaGgIlEQ") == "potato"


@pytest.mark.parametrize("password", ["", "a passphrase that is long enough", "ümlaut"])
def test_what_was_obscured_is_revealed_again_and_is_always_the_same(password: str) -> None:
    assert revealed(obscured(password)) == password
    assert obscured(password) == obscured(password)
