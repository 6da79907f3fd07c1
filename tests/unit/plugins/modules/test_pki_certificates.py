# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import grp
import multiprocessing
import os
import subprocess
import time
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


CREATE = {"create": {"common_name": "House CA", "days": 3650}, "certificates": [], "requests": [], "valid_days": 90}


def test_an_authority_is_created_once(tmp_path: Path) -> None:
    store = AuthorityStore(str(tmp_path / "new" / "ca"))
    dry = pki_authority.run(store, CREATE, NOW, True)
    assert not (tmp_path / "new").exists()
    first = pki_authority.run(store, CREATE, NOW, False)
    again = pki_authority.run(store, CREATE, NOW, False)
    assert (dry["changed"], first["changed"], again["changed"]) == (True, True, False)
    assert (dry["diff"], again["diff"]["after"]) == (first["diff"], "")
    assert {path.name: path.stat().st_mode & 0o777 for path in store.root.iterdir()} == {
        "ca.crt": 0o644,
        "ca.key": 0o600,
        ".lock": 0o600,
    }
    assert store.root.stat().st_mode & 0o777 == 0o700
    certificate = lib.load_pem_x509_certificate(store.certificate())
    assert x509.read(certificate, certificate).trusted
    constraints = certificate.extensions.get_extension_for_class(lib.BasicConstraints)
    assert (constraints.critical, constraints.value.ca, constraints.value.path_length) == (True, True, 0)
    usage = certificate.extensions.get_extension_for_class(lib.KeyUsage).value
    assert (usage.key_cert_sign, usage.crl_sign, usage.digital_signature) == (True, True, False)
    csr = x509.new_request(x509.new_key(), parse_wanted(ITEMS)[0])
    assert pki_authority.run(store, PARAMS | {"requests": [{"name": "web", "csr": csr}]}, NOW, False)["issued"]


def test_the_key_of_a_creation_that_was_cut_off_is_used(tmp_path: Path) -> None:
    (tmp_path / "ca").mkdir(mode=0o755)
    store = AuthorityStore(str(tmp_path / "ca"))
    with store.locked():
        assert store.root.stat().st_mode & 0o777 == 0o700
        store.keep_key(x509.new_authority_key())
    before = store.key()
    assert pki_authority.run(store, CREATE, NOW, False)["created"]
    assert store.key() == before
    assert x509.key_digest(x509.load_key(before).public_key()) == x509.read(x509.load_certificate(store.certificate())).key


def test_where_no_directory_can_be_made_that_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(PkiError, match="cannot keep the authority in"):
        pki_authority.run(AuthorityStore(str(tmp_path / "file" / "ca")), CREATE, NOW, False)


def create_slowly(directory: str, ready: Any, results: Any) -> None:
    """One of several runs: all have seen that there is no authority before the first one has written its key."""
    fast = x509.new_authority_key

    def slow() -> bytes:
        time.sleep(0.3)
        return fast()

    x509.new_authority_key = slow
    store = AuthorityStore(directory)
    ready.wait(30)
    created = pki_authority.run(store, CREATE, NOW, False)["created"]
    results.put((created, store.certificate(), store.key()))


def test_of_runs_at_the_same_time_one_creates_the_authority(tmp_path: Path) -> None:
    processes = multiprocessing.get_context("fork")
    ready, results = processes.Barrier(3), processes.Queue()
    runs = [processes.Process(target=create_slowly, args=(str(tmp_path / "ca"), ready, results)) for _ in range(3)]
    for each in runs:
        each.start()
    seen = [results.get(timeout=30) for _ in runs]
    for each in runs:
        each.join(30)
    assert sorted(created for created, _certificate, _key in seen) == [False, False, True]
    assert len({(certificate, key) for _created, certificate, key in seen}) == 1


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
        (
            pki_authority.ARGUMENTS,
            {"certificates": [], "requests": [], "directory": "/x", "create": {}},
            "missing required arguments: common_name",
        ),
        (pki_certificates_info.ARGUMENTS, {}, None),
    ],
)
def test_arguments(arguments: dict[str, Any], given: dict[str, Any], error: str | None) -> None:
    messages = ArgumentSpecValidator(arguments).validate(given).error_messages
    assert (messages == []) if error is None else (error in messages[0])
