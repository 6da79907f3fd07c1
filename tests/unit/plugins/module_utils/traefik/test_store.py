# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.traefik.errors import StoreError
from ansible_collections.tierline.erp.plugins.module_utils.traefik.store import Certificates, DynamicFile, Metrics, Served
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOW = datetime.datetime.now(datetime.UTC)


class Authority:
    """A throwaway certificate authority."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
        builder = self._builder(self.name, self.key.public_key(), 30)
        builder = builder.add_extension(x509.BasicConstraints(True, None), True).add_extension(_usage(sign=True), True)
        self.path = directory / "ca.crt"
        self.path.write_bytes(builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePublicKey, days: int) -> x509.CertificateBuilder:
        start = NOW - datetime.timedelta(days=60)
        return (
            x509.CertificateBuilder(
                self.name, subject, key, x509.random_serial_number(), start, NOW + datetime.timedelta(days=days)
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), False)
        )

    def issue(self, name: str, domain: str, days: int = 10) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, domain)]), key.public_key(), days)
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(domain)]), False)
        builder = builder.add_extension(_usage(sign=False), True)
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
        folder = self.directory / name
        folder.mkdir(exist_ok=True)
        (folder / "tls.crt").write_bytes(builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        (folder / "tls.key").write_bytes(
            key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        )


def _usage(sign: bool) -> x509.KeyUsage:
    return x509.KeyUsage(not sign, False, False, False, False, sign, sign, False, False)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def certificates(authority: Authority) -> Certificates:
    return Certificates(str(authority.directory), str(authority.path))


def test_a_good_certificate_passes(authority: Authority, certificates: Certificates) -> None:
    authority.issue("acme", "acme.example.com")
    certificates.check("acme", ["acme.example.com"])
    assert len(certificates.fingerprint("acme") or "") == 64


def test_a_renewal_has_another_fingerprint(authority: Authority, certificates: Certificates) -> None:
    authority.issue("acme", "acme.example.com")
    before = certificates.fingerprint("acme")
    authority.issue("acme", "acme.example.com")
    assert certificates.fingerprint("acme") != before


def test_a_missing_certificate_has_no_fingerprint_and_is_refused(certificates: Certificates) -> None:
    assert certificates.fingerprint("acme") is None
    with pytest.raises(StoreError, match="is missing"):
        certificates.check("acme", ["acme.example.com"])


def test_an_expired_certificate_is_refused(authority: Authority, certificates: Certificates) -> None:
    authority.issue("acme", "acme.example.com", days=-1)
    with pytest.raises(StoreError, match="expired"):
        certificates.check("acme", ["acme.example.com"])


def test_a_certificate_for_another_name_is_refused(authority: Authority, certificates: Certificates) -> None:
    authority.issue("acme", "acme.example.com")
    with pytest.raises(StoreError, match=r"(?i)not valid for 'beta.example.com'.*mismatch"):
        certificates.check("acme", ["acme.example.com", "beta.example.com"])


def test_a_certificate_of_another_authority_is_refused(authority: Authority, tmp_path: Path) -> None:
    authority.issue("acme", "acme.example.com")
    (tmp_path / "other").mkdir()
    other = Authority(tmp_path / "other")
    with pytest.raises(StoreError, match="not valid for"):
        Certificates(str(authority.directory), str(other.path)).check("acme", ["acme.example.com"])


def test_a_key_of_another_certificate_is_refused(authority: Authority, certificates: Certificates) -> None:
    authority.issue("acme", "acme.example.com")
    authority.issue("beta", "beta.example.com")
    (authority.directory / "acme" / "tls.key").write_bytes((authority.directory / "beta" / "tls.key").read_bytes())
    with pytest.raises(StoreError, match="belong together"):
        certificates.check("acme", ["acme.example.com"])


def test_an_unreadable_certificate_is_reported(certificates: Certificates, authority: Authority) -> None:
    (authority.directory / "acme" / "tls.crt").mkdir(parents=True)
    with pytest.raises(StoreError, match="can't be read"):
        certificates.fingerprint("acme")


def test_the_file_is_replaced_whole(tmp_path: Path) -> None:
    store = DynamicFile(str(tmp_path / "routes.yml"), None)
    assert store.read() == ""
    store.write("one\n")
    store.write("two\n")
    assert store.read() == "two\n"
    assert [path.name for path in tmp_path.iterdir()] == ["routes.yml"]
    assert (tmp_path / "routes.yml").stat().st_mode & 0o777 == 0o640


def test_a_failed_write_leaves_no_rubbish(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="can't be written"):
        DynamicFile(str(tmp_path / "routes.yml"), "no-such-group").write("x")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(StoreError, match="can't be written"):
        DynamicFile(str(tmp_path / "no" / "routes.yml"), None).write("x")


def test_an_unreadable_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="can't be read"):
        DynamicFile(str(tmp_path), None).read()


@pytest.fixture
def traefik() -> Iterator[HTTPServer]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(self.server.text.encode())  # type: ignore[attr-defined]

        def log_message(self, *_args: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_reloads_are_counted(traefik: HTTPServer) -> None:
    traefik.text = "# HELP x\ntraefik_config_reloads_total 3\n"  # type: ignore[attr-defined]
    metrics = Metrics(f"http://127.0.0.1:{traefik.server_port}/metrics", 0.3)
    assert metrics.reloads() == 3
    metrics.wait_for_reload(2)
    with pytest.raises(StoreError, match="did not load the new routes"):
        metrics.wait_for_reload(3)
    traefik.text = ""  # type: ignore[attr-defined]
    assert metrics.reloads() == 0


def test_no_answer_means_not_running() -> None:
    assert Metrics("http://127.0.0.1:9/metrics", 0.1).reloads() is None


def test_what_is_served_is_judged_as_a_client_does(traefik: HTTPServer, authority: Authority, tmp_path: Path) -> None:
    authority.issue("gamma", "gamma.example.com")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "gamma" / "tls.crt", tmp_path / "gamma" / "tls.key")
    traefik.socket = context.wrap_socket(traefik.socket, server_side=True)
    served = Served(traefik.server_port, str(authority.path))
    assert served.trouble(["gamma.example.com"]) is None
    assert served.wait(["gamma.example.com"], 0) is None
    trouble = served.trouble(["gamma.example.com", "delta.example.com"])
    assert trouble is not None
    assert trouble.startswith("delta.example.com: ")
    assert "not valid for" in trouble
    assert served.wait(["delta.example.com"], 0.6) is not None
    assert Served(traefik.server_port, None).trouble(["gamma.example.com"]) is not None


def test_nobody_who_serves_is_trouble_and_an_authority_that_is_not_there_an_error(tmp_path: Path) -> None:
    assert "refused" in (Served(9, None).trouble(["gamma.example.com"]) or "")
    with pytest.raises(StoreError, match="authority of certificates by ACME"):
        Served(9, str(tmp_path / "none.crt")).trouble(["gamma.example.com"])
