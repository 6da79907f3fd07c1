# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.etcd.errors import EtcdError, EtcdUnavailableError
from ansible_collections.tierline.erp.plugins.module_utils.etcd.patience import patiently


def attempts(*outcomes):
    left = list(outcomes)

    def attempt():
        outcome = left.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return attempt


@pytest.mark.parametrize("refusals", [0, 1, 3])
def test_it_tries_again_while_etcd_says_not_now(refusals):
    pauses = []
    assert patiently(attempts(*[EtcdUnavailableError("not now")] * refusals, "done"), 3, pauses.append) == "done"
    assert pauses == [1] * refusals


def test_the_last_attempt_s_error_is_the_caller_s():
    errors = [EtcdUnavailableError(f"not now {number}") for number in range(4)]
    with pytest.raises(EtcdUnavailableError, match="not now 3"):
        patiently(attempts(*errors, "too late"), 3, lambda _seconds: None)


def test_a_refusal_is_final():
    pauses = []
    with pytest.raises(EtcdError, match="never"):
        patiently(attempts(EtcdError("never"), "done"), 3, pauses.append)
    assert pauses == []
