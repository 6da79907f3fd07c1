# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.tierline.erp.plugins.module_utils.redis import tls
from ansible_collections.tierline.erp.plugins.module_utils.redis.arguments import CONNECTION
from ansible_collections.tierline.erp.plugins.module_utils.redis.errors import RedisError, RedisUnreachableError
from ansible_collections.tierline.erp.plugins.module_utils.redis.store import RedisStore, Server
from ansible_collections.tierline.erp.plugins.modules import redis_certificate
from ansible_collections.tierline.erp.tests.unit.plugins.module_utils.https_server import certificate


class Redis:
    """A server that reads its certificate when it is told to, as the real one does."""

    def __init__(self, path: Path, deaf: bool = False) -> None:
        self.settings = {
            "tls-cert-file": str(path),
            "tls-key-file": "/k",
            "tls-ca-cert-file": "/a",
            "tls-port": "6379",
            "bind": "*",
        }
        self.path, self.deaf = path, deaf
        self.seen: list[tuple[str, ...]] = []
        self.served = self._read()

    def _read(self) -> bytes:
        return bytes.fromhex(tls.fingerprint_of_file(self.path.read_text(), "x"))

    def execute_command(self, *command: str) -> Any:
        if command[0] == "CONFIG GET":
            return {command[1]: self.settings[command[1]]}
        self.seen.append(command)
        self.served = self.served if self.deaf else self._read()
        return "OK"


def run(server: Redis, check_mode: bool = False) -> dict[str, Any]:
    store = RedisStore(Server("/run/redis.sock", "", 0, None), "admin", "secret", 1, server)
    return redis_certificate.run(store, lambda _address, _port: server.served, check_mode)


@pytest.fixture(autouse=True)
def served_as_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fake serves digests: what is served and what is read are compared, nothing else."""
    monkeypatch.setattr(tls, "fingerprint", lambda der: der.hex() if len(der) == 32 else tls.hashlib.sha256(der).hexdigest())


def test_a_renewed_certificate_is_read_once(tmp_path: Path) -> None:
    server = Redis(certificate(tmp_path, "web"))
    assert not run(server)["changed"]
    certificate(tmp_path, "web")
    dry, first, again = run(server, True), run(server), run(server)
    assert (dry["changed"], first["changed"], again["changed"]) == (True, True, False)
    assert dry["diff"] == first["diff"]
    assert server.seen == [
        ("CONFIG SET", "tls-ca-cert-file", "/a", "tls-cert-file", str(tmp_path / "web.pem"), "tls-key-file", "/k"),
    ]


def test_a_server_that_goes_on_with_the_old_one_is_told(tmp_path: Path) -> None:
    server = Redis(certificate(tmp_path, "web"), deaf=True)
    certificate(tmp_path, "web")
    with pytest.raises(RedisError, match="still serves another certificate"):
        run(server)


def test_a_dry_run_needs_no_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: str) -> None:
        raise RedisUnreachableError("nobody is there")

    server = Redis(certificate(tmp_path, "web"))
    monkeypatch.setattr(server, "execute_command", unreachable)
    monkeypatch.setattr(RedisStore, "_ask", unreachable)
    assert run(server, True) == {"changed": False, "fingerprint": "", "diff": {"before": "sha256 \n", "after": "sha256 \n"}}
    with pytest.raises(RedisUnreachableError):
        run(server)


def test_it_takes_what_every_module_for_redis_takes() -> None:
    documented = yaml.safe_load(redis_certificate.DOCUMENTATION)
    assert "options" not in documented
    assert "tierline.erp.redis" in documented["extends_documentation_fragment"]
    assert CONNECTION["login_password"]["no_log"]
