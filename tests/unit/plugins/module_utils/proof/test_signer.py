# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates as an auditor meets them: with ssh-keygen, some files, and nothing of this project."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import stat
import subprocess
from pathlib import Path

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.proof import signer
from ansible_collections.tierline.erp.plugins.module_utils.proof.errors import ProofError
from ansible_collections.tierline.erp.plugins.module_utils.proof.statement import NAMESPACE
from ansible_collections.tierline.erp.tests.unit.plugins.module_utils.forked import forked
from hypothesis import given, settings
from hypothesis import strategies as st

CONTENT = b'{\n  "passed": true\n}\n'


class Office:
    """A directory of certificates and the key that signs them."""

    def __init__(self, directory: Path) -> None:
        self.key = directory / "signing" / "id_ed25519"
        self.allowed = directory / "allowed_signers"
        self.certificate = directory / "acme.json"
        self.signature = directory / "acme.json.sig"

    def certify(self, path: Path | None = None, identity: str = "prover") -> None:
        signer.make_key(self.key, identity)
        signer.write(path or self.certificate, CONTENT)
        signer.allow(self.allowed, self.key, identity)
        signer.sign(path or self.certificate, self.key)

    def verify(
        self, content: bytes = CONTENT, *, identity: str = "prover", namespace: str = NAMESPACE, signature: Path | None = None
    ) -> bool:
        command = ["ssh-keygen", "-Y", "verify", "-f", str(self.allowed), "-I", identity, "-n", namespace]
        command += ["-s", str(signature or self.signature)]
        return subprocess.run(command, input=content, capture_output=True, check=False).returncode == 0


@pytest.fixture
def office(tmp_path: Path) -> Office:
    found = Office(tmp_path)
    found.certify()
    return found


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """One for tests that only look."""
    found = Office(tmp_path_factory.mktemp("signed"))
    found.certify()
    return found


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_was_signed_is_verified(signed: Office) -> None:
    assert signed.verify()


@given(st.integers(0, len(CONTENT) - 1), st.integers(1, 255))
@settings(max_examples=12)
def test_a_changed_byte_is_refused(signed: Office, at: int, by: int) -> None:
    changed = bytearray(CONTENT)
    changed[at] ^= by
    assert not signed.verify(bytes(changed))


@pytest.mark.parametrize("content", [b"", CONTENT[:-1], CONTENT + b"\n"])
def test_a_shorter_or_longer_one_is_refused(signed: Office, content: bytes) -> None:
    assert not signed.verify(content)


def test_a_signature_counts_for_certificates_of_its_signer_only(signed: Office) -> None:
    assert not signed.verify(identity="somebody")
    assert not signed.verify(namespace="git")


def test_another_key_signs_in_vain(office: Office, tmp_path: Path) -> None:
    stranger = tmp_path / "stranger"
    signer.make_key(stranger, "prover")
    signer.sign(office.certificate, stranger)
    assert not office.verify()


def test_only_its_owner_can_read_the_key(tmp_path: Path) -> None:
    umask = os.umask(0)
    try:
        office = Office(tmp_path)
        assert signer.make_key(office.key, "prover")
    finally:
        os.umask(umask)
    assert (mode(office.key), mode(office.key.parent)) == (0o600, 0o700)


def test_a_key_is_made_once(office: Office) -> None:
    before = office.key.read_bytes()
    assert not signer.make_key(office.key, "prover")
    assert office.key.read_bytes() == before


@pytest.mark.parametrize("left", [".id_ed25519.part", ".id_ed25519.part.pub", "id_ed25519.pub"])
def test_a_key_whose_making_was_cut_off_is_made_anew(tmp_path: Path, left: str) -> None:
    office = Office(tmp_path)
    office.key.parent.mkdir()
    (office.key.parent / left).write_text("half of it")
    office.certify()
    assert office.verify()
    assert sorted(path.name for path in office.key.parent.iterdir()) == ["id_ed25519", "id_ed25519.pub"]


def test_a_key_that_lost_its_public_half_signs_on(office: Office) -> None:
    office.key.with_name("id_ed25519.pub").unlink()
    office.allowed.unlink()
    office.certify()
    assert office.verify()


def test_certificates_outlive_the_key_that_signed_them(office: Office, tmp_path: Path) -> None:
    """Whoever lost the key gets a new one; the certificates of the years before are still good."""
    shutil.rmtree(office.key.parent)
    later = tmp_path / "later.json"
    office.certify(later)
    assert office.verify()
    assert office.verify(signature=later.with_name("later.json.sig"))


def test_signers_that_somebody_added_stay_and_nobody_is_there_twice(office: Office) -> None:
    theirs = '# the auditor\'s own\nauditor namespaces="audit" ssh-ed25519 AAAA'
    office.allowed.write_text(theirs)
    office.certify()
    once = office.allowed.read_text()
    office.certify(identity="prover")
    assert office.allowed.read_text() == once
    assert once.startswith(theirs + "\nprover namespaces=")
    assert len(once.splitlines()) == 3


@pytest.mark.parametrize("identity", ["", "*", "prover,auditor", "the prover", "#prover", "!prover", "prover\n*", '"prover"'])
def test_an_identity_that_would_mean_somebody_else_is_refused(tmp_path: Path, identity: str) -> None:
    office = Office(tmp_path)
    with pytest.raises(ProofError, match="can't name who signs"):
        office.certify(identity=identity)
    assert not office.allowed.exists()


def pretend(directory: Path, script: str) -> str:
    """A PATH whose ssh-keygen does something else."""
    tool = directory / "bin" / "ssh-keygen"
    tool.parent.mkdir()
    tool.write_text(f"#!/bin/sh\n{script}\n")
    tool.chmod(0o755)
    return f"{tool.parent}:{os.environ['PATH']}"


@pytest.mark.parametrize("script", ["echo half of it; kill -9 $$", "echo half of it; echo no entropy >&2; exit 255"])
def test_signing_that_is_cut_off_leaves_no_signature(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    """Its presence says that a certificate is complete; not even the one of an earlier content may stay."""
    with monkeypatch.context() as patch:
        patch.setenv("PATH", pretend(tmp_path, script))
        with pytest.raises(ProofError, match="ssh-keygen -q -Y sign failed"):
            signer.sign(office.certificate, office.key)
    assert not office.signature.exists()
    signer.sign(office.certificate, office.key)
    assert office.verify()


def test_the_reason_of_a_failure_is_told(office: Office) -> None:
    office.key.chmod(0o644)
    with pytest.raises(ProofError, match=r"(?s)sign failed: .*Permissions 0644 .* are too open"):
        signer.sign(office.certificate, office.key)


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    """The second process may write 64 bytes to a file, as if the disk were full then."""
    path = tmp_path / "acme.json"
    signer.write(path, CONTENT)

    def work() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))
        try:
            signer.write(path, b"new" * 100)
        except OSError:
            os._exit(7)

    with forked(work) as writer:
        assert writer.wait() == 7
    assert path.read_bytes() == CONTENT
    signer.write(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]
