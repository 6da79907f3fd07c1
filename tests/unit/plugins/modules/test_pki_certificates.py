# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import grp
import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.tierline.erp.plugins.module_utils.pki import plan as plan_module
from ansible_collections.tierline.erp.plugins.module_utils.pki import x509
from ansible_collections.tierline.erp.plugins.module_utils.pki.errors import PkiError
from ansible_collections.tierline.erp.plugins.module_utils.pki.models import Wanted, parse_wanted
from ansible_collections.tierline.erp.plugins.module_utils.pki.store import AuthorityStore, MachineStore
from ansible_collections.tierline.erp.plugins.modules import pki_authority, pki_certificates, pki_certificates_info
from cryptography import x509 as lib
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NOW = datetime.now(UTC).replace(microsecond=0)
MONTH = timedelta(days=30)
GROUP = grp.getgrgid(os.getegid()).gr_name
ITEMS: list[dict[str, Any]] = [{"name": "web", "common_name": "shop.example.net", "group": GROUP, "reload": ["web.service"]}]
PARAMS = {"certificates": ITEMS, "valid_days": 90, "backdate_minutes": 10}


def make_authority(directory: Path, ca: bool = True) -> AuthorityStore:
    key = ec.generate_private_key(ec.SECP256R1())
    name = lib.Name([lib.NameAttribute(NameOID.COMMON_NAME, "Test CA")])
    certificate = (
        lib.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - MONTH)
        .not_valid_after(NOW + timedelta(days=3650))
        .add_extension(lib.BasicConstraints(ca=ca, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    directory.mkdir()
    (directory / "ca.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    path = directory / "ca.key"
    path.touch(0o600)
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return AuthorityStore(str(directory))


@pytest.fixture
def authority(tmp_path: Path) -> AuthorityStore:
    return make_authority(tmp_path / "ca")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MachineStore:
    """A machine whose directories belong to whoever runs the tests."""
    # Directories belong to root's group: the tests may run as somebody else.
    access_of = plan_module.access_of

    def own(wanted: list[Wanted]) -> dict[str, plan_module.Access]:
        return {path: plan_module.Access(GROUP, access.mode) for path, access in access_of(wanted).items()}

    for module in (plan_module, pki_certificates):
        monkeypatch.setattr(module, "access_of", own)

    def systemd(command: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 0, "active\n", "")

    return MachineStore(str(tmp_path / "pki"), str(tmp_path / "pending"), systemd)


def request(machine: MachineStore, pem: str, check_mode: bool = False, renew_before: timedelta = MONTH) -> dict[str, Any]:
    return pki_certificates.request(machine, parse_wanted(ITEMS), pem, renew_before, NOW, check_mode)


def test_the_three_steps(machine: MachineStore, authority: AuthorityStore) -> None:
    pem = authority.certificate().decode()
    dry, first, again = request(machine, pem, True), request(machine, pem), request(machine, pem)
    assert (dry["changed"], first["changed"], again["changed"]) == (True, True, False)
    assert dry["diff"] == first["diff"]
    assert again["requests"][0]["reasons"] == ["there is no certificate"]

    signed = pki_authority.run(authority, PARAMS | {"requests": again["requests"]}, NOW, False)
    issued = {item["name"]: item["certificate"] for item in signed["issued"]}
    dry = pki_certificates.install(machine, parse_wanted(ITEMS), issued, pem, True)
    first = pki_certificates.install(machine, parse_wanted(ITEMS), issued, pem, False)
    assert dry["diff"] == first["diff"]
    assert (first["certificates_changed"], first["reloaded"]) == (["web"], ["web.service"])
    assert request(machine, pem) == {"changed": False, "diff": {"before": "", "after": ""}, "pending": [], "requests": []}

    seen = pki_certificates_info.run(machine, None, NOW)
    assert seen["authority"]["common_name"] == "Test CA"
    (row,) = seen["certificates"]
    assert row["trusted"]
    assert row["key_matches"]
    assert row["days_left"] == 90
    assert pki_certificates_info.run(machine, ["lost"], NOW)["certificates"] == [{"name": "lost", "present": False}]


def test_an_interrupted_reload_is_pending(machine: MachineStore, authority: AuthorityStore) -> None:
    pem = authority.certificate().decode()
    needed = request(machine, pem)
    signed = pki_authority.run(authority, PARAMS | {"requests": needed["requests"]}, NOW, False)
    machine.install("web", signed["issued"][0]["certificate"], plan_module.Access(GROUP, 0o644))
    assert request(machine, pem)["pending"] == ["web"]
    done = pki_certificates.install(machine, parse_wanted(ITEMS), {}, pem, False)
    assert (done["changed"], done["certificates_changed"], done["reloaded"]) == (True, [], ["web.service"])
    assert request(machine, pem)["pending"] == []


def test_an_empty_controller_and_an_empty_machine(machine: MachineStore, tmp_path: Path) -> None:
    needed = request(machine, "", True)
    signed = pki_authority.run(AuthorityStore(str(tmp_path / "none")), PARAMS | {"requests": needed["requests"]}, NOW, True)
    assert signed["issued"] == [{"name": "web", "certificate": None}]
    done = pki_certificates.install(machine, parse_wanted(ITEMS), {"web": None}, "", True)
    assert done["changed"]
    assert done["diff"]["after"] == {"web": "issued by a new authority"}
    assert pki_certificates_info.run(machine, None, NOW) == {"changed": False, "authority": {}, "certificates": []}


def test_strangers_are_refused(machine: MachineStore, authority: AuthorityStore) -> None:
    with pytest.raises(PkiError, match="other"):
        pki_certificates.install(machine, parse_wanted(ITEMS), {"other": None}, "", True)
    with pytest.raises(PkiError, match="other"):
        pki_authority.run(authority, PARAMS | {"requests": [{"name": "other", "csr": "x"}]}, NOW, False)
    with pytest.raises(PkiError, match="web: the certificate request cannot be read"):
        pki_authority.run(authority, PARAMS | {"requests": [{"name": "web", "csr": "x"}]}, NOW, False)


def test_a_broken_authority_is_refused(authority: AuthorityStore, tmp_path: Path) -> None:
    csr = x509.new_request(x509.new_key(), parse_wanted(ITEMS)[0])
    params = PARAMS | {"requests": [{"name": "web", "csr": csr}]}
    (authority.root / "ca.key").write_bytes(x509.new_key())
    with pytest.raises(PkiError, match="does not belong"):
        pki_authority.run(authority, params, NOW, False)
    with pytest.raises(PkiError, match="CA:TRUE"):
        pki_authority.run(make_authority(tmp_path / "leaf", ca=False), params, NOW, False)


def test_only_authorities_are_trusted(authority: AuthorityStore, tmp_path: Path) -> None:
    pki_certificates._check_authority("")
    pki_certificates._check_authority(authority.certificate().decode())
    leaf = make_authority(tmp_path / "leaf", ca=False).certificate().decode()
    for pem, message in (
        ("garbage", "authority: the certificate cannot be read"),
        (leaf, "authority: it is not the certificate"),
    ):
        with pytest.raises(PkiError, match=message):
            pki_certificates._check_authority(pem)


@pytest.mark.parametrize(
    ("arguments", "given", "error"),
    [
        (pki_certificates.ARGUMENTS, {"certificates": ITEMS, "authority": ""}, None),
        (pki_certificates.ARGUMENTS, {"certificates": ITEMS}, "missing required arguments: authority"),
        (pki_certificates.ARGUMENTS, {"certificates": [{"name": "web"}], "authority": ""}, "common_name found in certificates"),
        (pki_authority.ARGUMENTS, {"certificates": ITEMS, "requests": []}, "missing required arguments: directory"),
        (pki_certificates_info.ARGUMENTS, {}, None),
    ],
)
def test_arguments(arguments: dict[str, Any], given: dict[str, Any], error: str | None) -> None:
    messages = ArgumentSpecValidator(arguments).validate(given).error_messages
    assert (messages == []) if error is None else (error in messages[0])
