# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An authority follows another: every step may be cut off anywhere, and nothing that is in use is ever distrusted."""

from __future__ import annotations

import pathlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.pki import x509
from ansible_collections.tierline.erp.plugins.module_utils.pki.errors import PkiError
from ansible_collections.tierline.erp.plugins.module_utils.pki.store import AuthorityStore
from ansible_collections.tierline.erp.plugins.modules import pki_authority, pki_rollover

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
WRITES = ("keep_next_key", "keep_certificate", "keep_previous", "use_next_key")


class Killed(Exception):
    """The process ended here."""


class Dying(AuthorityStore):
    """Dies right after its n-th write."""

    def __init__(self, directory: str, writes: int) -> None:
        super().__init__(directory)
        self.left = writes
        for name in WRITES:
            setattr(self, name, self._dying(getattr(self, name)))

    def _dying(self, method: Any) -> Any:
        def write(*arguments: Any) -> None:
            method(*arguments)
            self.left -= 1
            if self.left == 0:
                raise Killed

        return write


@pytest.fixture
def store(tmp_path: pathlib.Path) -> AuthorityStore:
    made = AuthorityStore(str(tmp_path / "pki"))
    pki_authority.create(made, {"common_name": "First", "days": 3650}, NOW, check_mode=False)
    return made


def step(store: AuthorityStore, action: str, check_mode: bool = False) -> dict[str, Any]:
    params = {"action": action, "common_name": "Second", "days": 3650}
    return pki_rollover.run(store, params, NOW, check_mode)


def names(found: dict[str, Any]) -> list[str]:
    return [one["common_name"] for one in found["authorities"]]


def issuer(store: AuthorityStore) -> str:
    """Who signs now; refused where key and certificate don't belong together."""
    authority, _key = pki_authority._open(store)
    return x509.read(authority).common_name


def test_one_follows_the_other(store: AuthorityStore) -> None:
    assert (names(step(store, "begin")), issuer(store)) == (["First", "Second"], "First")
    assert (names(step(store, "promote")), issuer(store)) == (["Second", "First"], "Second")
    assert (names(step(store, "forget")), issuer(store)) == (["Second"], "Second")
    assert step(store, "finish")["changed"]
    assert sorted(path.name for path in store.root.iterdir()) == [".lock", "ca.crt", "ca.key"]
    assert (store.root / "ca.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("action", ["begin", "promote", "forget", "finish"])
def test_a_step_that_was_taken_is_not_taken_again(store: AuthorityStore, action: str) -> None:
    steps = ["begin", "promote", "forget", "finish"]
    done = steps[: steps.index(action) + 1]
    for each in done:
        step(store, each)
    assert not step(store, action)["changed"]
    if action == "finish":
        with pytest.raises(PkiError, match="no rollover has begun"):
            step(store, "promote")


@pytest.mark.parametrize("done", [["begin"], ["begin", "promote"], ["begin", "promote", "forget"]])
def test_a_run_of_all_steps_ends_what_another_has_begun(store: AuthorityStore, done: list[str]) -> None:
    for each in done:
        step(store, each)
    first = x509.load_certificate((store.root / "previous.crt").read_bytes())
    assert x509.read(first).common_name == "First"
    expected = step(store, "begin")["authorities"][-1 if done == ["begin"] else 0]
    for each in ("promote", "forget", "finish"):
        found = step(store, each)
    assert found["authorities"] == [expected], "nobody comes after the one that was to follow"


def test_check_mode_says_so_and_writes_nothing(store: AuthorityStore) -> None:
    before = {path.name: path.read_bytes() for path in store.root.iterdir()}
    assert step(store, "begin", check_mode=True)["steps"] == ["create_key", "trust_next", "note_previous"]
    assert {path.name: path.read_bytes() for path in store.root.iterdir()} == before


@pytest.mark.parametrize("writes", [1, 2, 3])
@pytest.mark.parametrize("action", ["begin", "promote"])
def test_a_step_that_was_killed_is_finished_and_forgets_nobody_meanwhile(store: AuthorityStore, action: str, writes: int) -> None:
    if action == "promote":
        step(store, "begin")
        writes = min(writes, 2)
    trusted = {x509.read(x509.load_certificate(pem)).fingerprint for pem in x509.split(store.certificate())}
    with pytest.raises(Killed):
        step(Dying(str(store.root), writes), action)
    assert trusted <= {x509.read(x509.load_certificate(pem)).fingerprint for pem in x509.split(store.certificate())}
    step(store, action)
    assert names(step(store, action)) == (["First", "Second"] if action == "begin" else ["Second", "First"])
    assert issuer(store) == ("First" if action == "begin" else "Second")


def test_a_rollover_under_way_is_finished_before_another_begins(store: AuthorityStore) -> None:
    step(store, "begin")
    step(store, "promote")
    assert not step(store, "begin")["changed"]


def test_what_the_first_issued_is_trusted_until_it_is_forgotten(store: AuthorityStore) -> None:
    first = x509.load_certificate(store.certificate())
    step(store, "begin")
    step(store, "promote")
    held = [x509.load_certificate(pem) for pem in x509.split(store.certificate())]
    assert any(x509.signed_by(first, one) for one in held)
    assert x509.read(first, x509.load_certificate(store.certificate())).trusted is False, "it is issued anew by the next"
    step(store, "forget")
    held = [x509.load_certificate(pem) for pem in x509.split(store.certificate())]
    assert not any(x509.signed_by(first, one) for one in held)


def test_refusals(store: AuthorityStore, tmp_path: pathlib.Path) -> None:
    with pytest.raises(PkiError, match="no rollover has begun"):
        step(store, "promote")
    with pytest.raises(PkiError, match="no authority yet"):
        step(AuthorityStore(str(tmp_path / "none")), "begin")
    with pytest.raises(Killed):
        step(Dying(str(store.root), 1), "begin")
    with pytest.raises(PkiError, match="nobody trusts the next authority yet"):
        step(store, "promote")
    step(store, "begin")
    with pytest.raises(PkiError, match="doesn't issue yet"):
        step(store, "forget")
    with pytest.raises(PkiError, match="more than one authority"):
        step(store, "finish")
    store.keep_key(x509.new_authority_key())
    with pytest.raises(PkiError, match=r"ca\.key does not belong"):
        step(store, "promote")
    store.keep_certificate(b"")
    with pytest.raises(PkiError, match="no authority yet"):
        step(store, "begin")


def test_forgetting_when_there_is_nobody_to_forget(store: AuthorityStore) -> None:
    assert step(store, "forget")["steps"] == []


def test_lifetime(store: AuthorityStore) -> None:
    step(store, "begin")
    second = x509.read(x509.load_certificate(x509.split(store.certificate())[1]))
    assert timedelta(days=3649) < second.not_after - NOW <= timedelta(days=3650)
