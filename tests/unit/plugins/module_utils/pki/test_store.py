# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import grp
import os
import subprocess
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.pki import store as store_module
from ansible_collections.tierline.erp.plugins.module_utils.pki import x509
from ansible_collections.tierline.erp.plugins.module_utils.pki.errors import PkiError
from ansible_collections.tierline.erp.plugins.module_utils.pki.models import Found, Wanted
from ansible_collections.tierline.erp.plugins.module_utils.pki.plan import Access, Change
from ansible_collections.tierline.erp.plugins.module_utils.pki.store import AuthorityStore, MachineStore, run_command

GROUP = grp.getgrgid(os.getegid()).gr_name
WANTED = Wanted("web", "shop", ("shop",), group=GROUP)


class Commands:
    """Stands in for systemd and groupadd."""

    def __init__(self, active: tuple[str, ...] = (), failing: bool = False) -> None:
        self.active, self.failing, self.seen = active, failing, []  # type: ignore[var-annotated]

    def __call__(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        self.seen.append(command)
        if command[1] == "is-active":
            states = ["active" if unit in self.active else "inactive" for unit in command[3:]]
            return subprocess.CompletedProcess(command, 3, "\n".join(states), "")
        return subprocess.CompletedProcess(command, int(self.failing), "", "it is broken")


@pytest.fixture
def machine(tmp_path: Path) -> MachineStore:
    return MachineStore(str(tmp_path / "pki"), str(tmp_path / "pending"), Commands(active=("b.service",)))


def prepare(machine: MachineStore, authority: Any) -> None:
    for change in (
        Change("create_directory", "", Access(GROUP, 0o755)),
        Change("create_directory", "web", Access(GROUP, 0o755)),
        Change("write_authority", "ca.crt", Access(GROUP, 0o644)),
        Change("create_key", "web", Access(GROUP, 0o640)),
    ):
        machine.apply(change, authority.pem)


def certificate(machine: MachineStore, authority: Any, now: datetime) -> str:
    public = x509.load_key(machine.key("web")).public_key()
    return x509.issue(WANTED, public, authority.certificate, authority.key, now, now + timedelta(days=1))


def test_an_empty_machine(machine: MachineStore, authority: Any) -> None:
    assert machine.found("web", authority.pem) == Found()
    assert machine.access([WANTED]) == {}
    assert (machine.names(), machine.authority(), machine.pending()) == ([], "", [])


def test_what_is_applied_is_found(machine: MachineStore, authority: Any, now: datetime) -> None:
    prepare(machine, authority)
    assert machine.authority() == authority.pem
    machine.install("web", certificate(machine, authority, now), Access(GROUP, 0o644))
    found = machine.found("web", authority.pem)
    assert found.certificate is not None
    assert found.certificate.trusted
    assert found.certificate.key == found.key
    assert machine.names() == ["web"]
    assert machine.access([WANTED])["web/tls.key"] == Access(GROUP, 0o640)
    assert not list(machine.root.glob("**/.*")), "temporary files are left"
    damaged = machine.root / "web" / "tls.crt"
    damaged.write_text("garbage")
    assert machine.found("web", "") == Found(found.key, damaged=True)


def test_access_is_set(machine: MachineStore, authority: Any) -> None:
    prepare(machine, authority)
    (machine.root / "web" / "tls.key").chmod(0o666)
    assert machine.access([WANTED])["web/tls.key"].mode == 0o666
    machine.apply(Change("set_access", "web/tls.key", Access(GROUP, 0o640)))
    assert machine.access([WANTED])["web/tls.key"] == Access(GROUP, 0o640)


def test_a_stranger_as_owner_is_noticed(machine: MachineStore, authority: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(machine, authority)
    owner = os.geteuid()
    monkeypatch.setattr(store_module.os, "geteuid", lambda: owner + 1)
    assert machine.access([WANTED])["web"].group == f"uid {owner}, {GROUP}"


def test_an_unknown_group_has_a_number() -> None:
    assert store_module._group_name(2**31 - 7) == f"gid {2**31 - 7}"


def test_a_failed_replacement_leaves_the_old_file(machine: MachineStore, authority: Any) -> None:
    prepare(machine, authority)
    before = machine.key("web")
    with pytest.raises(KeyError):
        machine.apply(Change("create_key", "web", Access("no-such-group", 0o640)))
    assert machine.key("web") == before
    assert not list(machine.root.glob("**/.*"))


def test_groups(machine: MachineStore) -> None:
    assert GROUP in machine.groups()
    machine.apply(Change("create_group", "etcd"))
    assert machine._run.seen == [["groupadd", "--system", "etcd"]]  # type: ignore[attr-defined]


def test_only_units_that_run_are_reloaded(machine: MachineStore, authority: Any, now: datetime) -> None:
    prepare(machine, authority)
    machine.install("web", certificate(machine, authority, now), Access(GROUP, 0o644))
    assert machine.pending() == ["web"]
    assert machine.reload(["a.service", "b.service"], ["web"]) == ["b.service"]
    assert machine._run.seen[-1] == ["systemctl", "reload-or-restart", "--", "b.service"]  # type: ignore[attr-defined]
    assert machine.pending() == []


def test_without_units_systemd_is_not_asked(machine: MachineStore) -> None:
    assert machine.reload([], ["web"]) == []
    assert machine._run.seen == []  # type: ignore[attr-defined]


def test_a_failed_reload_stays_pending(tmp_path: Path, authority: Any, now: datetime) -> None:
    machine = MachineStore(str(tmp_path / "pki"), str(tmp_path / "pending"), Commands(active=("a.service",), failing=True))
    prepare(machine, authority)
    machine.install("web", certificate(machine, authority, now), Access(GROUP, 0o644))
    with pytest.raises(PkiError, match=r"a\.service failed: it is broken"):
        machine.reload(["a.service"], ["web"])
    assert machine.pending() == ["web"]


def test_commands_run_for_real() -> None:
    assert run_command(["true"]).returncode == 0
    with pytest.raises(PkiError, match="failed"):
        run_command(["/no/such/command"])


def test_the_authority_is_read(tmp_path: Path, authority: Any) -> None:
    store = AuthorityStore(str(tmp_path))
    assert not store.exists()
    with pytest.raises(PkiError, match=r"cannot read .*/ca.crt"):
        store.certificate()
    (tmp_path / "ca.crt").write_text(authority.pem)
    key = tmp_path / "ca.key"
    key.write_bytes(authority.key_pem)
    key.chmod(0o640)
    assert store.exists()
    assert store.certificate().decode() == authority.pem
    with pytest.raises(PkiError, match="chmod 600"):
        store.key()
    key.chmod(0o600)
    assert store.key() == authority.key_pem
