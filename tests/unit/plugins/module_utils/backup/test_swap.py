# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import subprocess
from collections.abc import Sequence

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.backup.errors import BackupError
from ansible_collections.tierline.erp.plugins.module_utils.backup.swap import Swap, literal, quoted
from ansible_collections.tierline.erp.plugins.module_utils.proof.cluster import ProofCluster
from ansible_collections.tierline.erp.plugins.module_utils.proof.errors import ProofError
from ansible_collections.tierline.erp.plugins.modules import database_swap

SWAP = Swap("acme", "acme_new", "acme_old")


def test_both_names_change_in_one_transaction() -> None:
    steps = SWAP.steps(["acme", "acme_new", "globex"])
    assert steps[0] == 'ALTER DATABASE "acme" ALLOW_CONNECTIONS false'
    assert steps[-1] == 'ALTER DATABASE "acme" RENAME TO "acme_old"; ALTER DATABASE "acme_new" RENAME TO "acme"'
    assert not [step for step in steps if "globex" in step]


def test_a_free_name_is_taken_and_a_done_swap_stays_done() -> None:
    assert SWAP.steps(["acme_new"]) == ['ALTER DATABASE "acme_new" RENAME TO "acme"']
    assert SWAP.steps(["acme", "acme_old"]) == []


@pytest.mark.parametrize(("present", "needle"), [(["globex"], "neither"), (["acme", "acme_new", "acme_old"], "which exists")])
def test_nothing_is_overwritten(present: list[str], needle: str) -> None:
    with pytest.raises(BackupError, match=needle):
        SWAP.steps(present)


def test_names_are_quoted() -> None:
    assert (quoted('a"b'), literal("a'b")) == ('"a""b"', "'a''b'")


class Server:
    def __init__(self, present: list[str], fails: str = "never") -> None:
        self.present, self.fails = present, fails
        self.seen: list[str] = []

    def __call__(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        statement = command[-1].removeprefix("--command=")
        self.seen.append(statement)
        failed = int(self.fails in statement)
        return subprocess.CompletedProcess(command, failed, "\n".join(self.present), "ERROR: other sessions" if failed else "")


def test_a_dry_run_says_what_would_be_done() -> None:
    server = Server(["acme", "acme_new"])
    dry = database_swap.run(ProofCluster("/s", 1, server), SWAP, check_mode=True)
    assert len(server.seen) == 1
    real = database_swap.run(ProofCluster("/s", 1, server), SWAP, check_mode=False)
    assert dry == real
    assert real["changed"]
    assert server.seen[2:] == real["statements"]
    assert not database_swap.run(ProofCluster("/s", 1, Server(["acme"])), SWAP, check_mode=False)["changed"]


def test_a_swap_that_fails_lets_users_in_again() -> None:
    server = Server(["acme", "acme_new"], fails="RENAME")
    with pytest.raises(ProofError, match="other sessions"):
        database_swap.run(ProofCluster("/s", 1, server), SWAP, check_mode=False)
    assert server.seen[-1] == 'ALTER DATABASE "acme" ALLOW_CONNECTIONS true'
