# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pathlib
import subprocess

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.proof import signer
from ansible_collections.tierline.erp.plugins.module_utils.proof.errors import ProofError
from ansible_collections.tierline.erp.plugins.module_utils.proof.statement import (
    NAMESPACE,
    Check,
    Measured,
    page,
    serialise,
    statement,
)
from ansible_collections.tierline.erp.plugins.modules import restore_certificate

GOOD = Check("figures", True, "<42 tables>")


def made(measured: Measured, *checks: Check) -> dict:
    return statement("acme_prod p1", "ab", {"bucket": "b"}, {"moment": "t"}, measured, checks, {"pgBackRest": "2.55"})


@pytest.mark.parametrize(
    ("measured", "checks", "passed"),
    [
        (Measured(10, 1), [GOOD], True),
        (Measured(10, 1, 60, 5), [GOOD], True),
        (Measured(61, 1, 60, 5), [GOOD], False),
        (Measured(10, 6, 60, 5), [GOOD], False),
        (Measured(10, 1, 60, 0), [GOOD], False),
        (Measured(10, 1), [GOOD, Check("amcheck", False)], False),
    ],
)
def test_one_failure_fails_the_certificate(measured: Measured, checks: list[Check], passed: bool) -> None:
    content = made(measured, *checks)
    assert content["predicate"]["passed"] is passed
    assert ("FAILED" in page(content)) is not passed


@pytest.mark.parametrize("checks", [[], [Check("boot", None, "not asked for")]])
def test_without_a_check_there_is_no_certificate(checks: list[Check]) -> None:
    with pytest.raises(ProofError, match="proves nothing"):
        made(Measured(1, 1), *checks)


def test_what_was_not_asked_for_neither_passes_nor_fails() -> None:
    content = made(Measured(1, 1), GOOD, Check("boot", None, "not asked for: no engine"))
    assert content["predicate"]["passed"] is True
    assert content["predicate"]["checks"][1] == {"name": "boot", "passed": None, "detail": "not asked for: no engine"}
    assert "<td>○</td><td>boot</td><td>not asked for: no engine</td>" in page(content)


def test_the_page_escapes_what_it_shows() -> None:
    assert "&lt;42 tables&gt;" in page(made(Measured(1, 1), GOOD))


def verify(path: pathlib.Path, content: bytes) -> int:
    """As anybody would, without anything of this project."""
    command = ["ssh-keygen", "-Y", "verify", "-f", str(path.with_name("allowed_signers")), "-I", "prover", "-n", NAMESPACE]
    return subprocess.run([*command, "-s", f"{path}.sig"], input=content, capture_output=True, check=False).returncode


def params(tmp_path: pathlib.Path, **words: object) -> dict:
    return {
        "directory": str(tmp_path),
        "name": "acme.1",
        "key": str(tmp_path / "signing" / "id_ed25519"),
        "identity": "prover",
        "subject": "acme_prod p1",
        "sha256": "ab",
        "source": {"bucket": "b"},
        "times": {},
        "tools": {},
        "rto_seconds": 1.0,
        "rpo_seconds": 2.0,
        "promised_rto": None,
        "promised_rpo": None,
        "checks": [{"name": "figures", "passed": True, "detail": ""}],
        **words,
    }


def test_a_certificate_can_be_verified_with_public_tools(tmp_path: pathlib.Path) -> None:
    result = restore_certificate.run(params(tmp_path), check_mode=False)
    path = pathlib.Path(result["path"])
    assert result["changed"]
    assert result["passed"]
    assert verify(path, path.read_bytes()) == 0
    assert verify(path, path.read_bytes().replace(b"true", b"false")) != 0
    assert path.with_suffix(".html").read_text().startswith("<!doctype html>")


def test_a_certificate_is_never_rewritten(tmp_path: pathlib.Path) -> None:
    dry = restore_certificate.run(params(tmp_path), check_mode=True)
    assert dry["changed"]
    assert not list(tmp_path.iterdir())
    restore_certificate.run(params(tmp_path), check_mode=False)
    before = (tmp_path / "acme.1.json").read_bytes()
    failed = [{"name": "figures", "passed": False, "detail": ""}]
    again = restore_certificate.run(params(tmp_path, checks=failed), check_mode=False)
    assert not again["changed"]
    assert again["passed"]
    assert (tmp_path / "acme.1.json").read_bytes() == before


def test_a_certificate_that_was_cut_off_is_written_again(tmp_path: pathlib.Path) -> None:
    restore_certificate.run(params(tmp_path), check_mode=False)
    (tmp_path / "acme.1.json.sig").unlink()
    assert restore_certificate.run(params(tmp_path), check_mode=False)["changed"]


def test_failures_of_signing_are_told(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "nothing").touch()
    with pytest.raises(ProofError, match="failed"):
        signer.sign(tmp_path / "nothing", tmp_path / "no-key")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ProofError, match="install openssh-client"):
        signer.sign(tmp_path / "nothing", tmp_path / "no-key")
    assert serialise({"b": 1, "a": 2}).startswith(b'{\n  "a"')
