# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Each kind of thing a control may ask for: seen, mended, and then left alone."""

from typing import Any

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.hardening.errors import HardeningError
from ansible_collections.tierline.erp.plugins.module_utils.hardening.judge_files import FSTAB, with_mount
from ansible_collections.tierline.erp.plugins.module_utils.hardening.judge_system import MODULES_FILE, SYSCTL_FILE
from ansible_collections.tierline.erp.plugins.module_utils.hardening.models import Account, File, Mount, Unit, parse
from ansible_collections.tierline.erp.plugins.module_utils.hardening.plan import judge

from .hosts import FakeHost, a_file


def control(**items: Any) -> dict[str, Any]:
    return {"id": "one", "title": "One"} | items


def state(host: FakeHost, **items: Any) -> tuple[str, str]:
    (verdict,) = judge([parse(control(**items))], host)
    return verdict.state, "; ".join(verdict.details)


def mend(host: FakeHost, **items: Any) -> list[str]:
    """What was done; afterwards the control is met, and looking again finds nothing to do."""
    (verdict,) = judge([parse(control(**items))], host)
    assert verdict.state == "failed"
    host.apply(list(verdict.steps))
    (again,) = judge([parse(control(**items))], host)
    assert (again.state, again.steps) == ("passed", ())
    return [f"{step.kind} {step.target}" for step in verdict.steps]


def test_packages_come_and_go() -> None:
    host = FakeHost()
    host.installed = {"telnet": "1"}
    assert mend(host, packages={"telnet": "absent", "aide": "present"}) == ["packages telnet", "packages aide"]


def test_a_file_and_those_who_must_notice() -> None:
    host = FakeHost()
    wanted = [{"path": "/etc/a", "content": "x\n", "restart": "a.service"}, {"path": "/etc/b", "state": "absent"}]
    host.files = {"/etc/a": a_file("y\n"), "/etc/b": a_file()}
    assert mend(host, files=wanted) == ["files /etc/a", "absent /etc/b"]
    assert host.told == [("restart", "a.service")]
    host.files["/etc/a"] = a_file("x\n", 0o666)
    assert state(host, files=wanted)[0] == "failed"


def test_settings_in_somebody_s_file() -> None:
    host = FakeHost()
    wanted = [{"path": "/etc/login.defs", "separator": " ", "values": {"UMASK": "027", "OLD": None}}]
    host.files["/etc/login.defs"] = a_file("UMASK\t022\nOLD yes\n")
    assert (
        state(host, settings=wanted)[1]
        == "/etc/login.defs: UMASK is '022', wanted '027'; /etc/login.defs: OLD is 'yes', wanted None"
    )
    mend(host, settings=wanted)
    assert host.files["/etc/login.defs"].content == "UMASK 027\n# OLD yes\n"


def test_settings_of_a_file_that_only_some_hosts_have() -> None:
    wanted = [{"path": "/etc/x.conf", "values": {"a": 1}, "if_present": True}]
    assert state(FakeHost(), settings=wanted) == ("not_applicable", "/etc/x.conf doesn't exist")


def test_a_mode_is_a_ceiling() -> None:
    host = FakeHost()
    host.files = {"/etc/shadow": a_file("", 0o644, "root", "shadow"), "/etc/gshadow": a_file("", 0o600, "nobody", "users")}
    wanted = [{"paths": ["/etc/*shadow"], "mode": "0640", "owner": "root", "groups": ["shadow", "root"]}]
    mend(host, permissions=wanted)
    assert (host.files["/etc/shadow"].mode, host.files["/etc/shadow"].group) == (0o640, "shadow")
    assert (host.files["/etc/gshadow"].mode, host.files["/etc/gshadow"].owner, host.files["/etc/gshadow"].group) == (
        0o600,
        "root",
        "shadow",
    )


def test_permissions_of_one_kind_or_of_nothing() -> None:
    host = FakeHost()
    host.files = {"/var/log/dir": File(None, "root", "root", 0o755, True)}
    assert state(host, permissions=[{"paths": ["/var/log/*"], "kind": "file", "mode": "0640"}])[0] == "passed"
    assert state(host, permissions=[{"paths": ["/nowhere/*"], "mode": "0640"}]) == ("not_applicable", "/nowhere/*: nothing there")


def test_a_kernel_setting_now_and_after_a_boot() -> None:
    host = FakeHost()
    host.kernel = {"net.ipv4.tcp_syncookies": ("0", True)}
    kinds = mend(host, sysctl={"net.ipv4.tcp_syncookies": 1})
    assert kinds == [f"settings {SYSCTL_FILE}: net.ipv4.tcp_syncookies", "sysctl net.ipv4.tcp_syncookies"]


def test_a_kernel_setting_that_a_container_may_not_change() -> None:
    host = FakeHost()
    host.kernel = {"kernel.kptr_restrict": ("0", False)}
    host.files[SYSCTL_FILE] = a_file("kernel.kptr_restrict = 2\n")
    seen, detail = state(host, sysctl={"kernel.kptr_restrict": 2})
    assert seen == "not_applicable"
    assert "read-only here" in detail
    assert state(host, sysctl={"kernel.unheard_of": 2}) == ("not_applicable", "kernel.unheard_of is unknown to this kernel")


def test_kernel_modules() -> None:
    host = FakeHost()
    mend(host, modules=["cramfs"])
    assert host.files[MODULES_FILE].content == "install cramfs /bin/false\nblacklist cramfs\n"


def test_mount_options_now_and_after_a_boot() -> None:
    host = FakeHost()
    host.mounted = {"/dev/shm": Mount("shm", "tmpfs", ("rw", "nosuid"))}
    assert mend(host, mounts=[{"path": "/dev/shm", "options": ["nosuid", "noexec"]}]) == ["fstab /dev/shm", "mounts /dev/shm"]
    assert host.mounted["/dev/shm"].options == ("rw", "nosuid", "noexec")
    assert state(host, mounts=[{"path": "/srv", "options": ["nodev"]}])[0] == "not_applicable"
    host.mounted["/dev/shm"] = Mount("shm", "tmpfs", ("rw", "nosuid"))
    assert mend(host, mounts=[{"path": "/dev/shm", "options": ["nosuid", "noexec"]}]) == ["mounts /dev/shm"]


def test_a_line_of_the_table_is_extended() -> None:
    table = f"# a comment of {FSTAB}\nUUID=1 /tmp ext4 defaults,nodev 0 2\n"
    made = with_mount(table, "/tmp", Mount("/dev/sda1", "ext4", ()), ["nodev", "nosuid"])
    assert made == table.replace("defaults,nodev", "defaults,nodev,nosuid")
    assert with_mount(made, "/tmp", Mount("/dev/sda1", "ext4", ()), ["nosuid"]) == made


def test_a_pam_profile_is_in_force_when_the_stack_shows_it() -> None:
    host = FakeHost()
    wanted = [{"name": "lock", "content": "Name: Lock\n", "shows": {"common-auth": "pam_lock.so preauth"}}]
    assert mend(host, pam=wanted) == ["pam lock"]
    host.files["/etc/pam.d/common-auth"] = a_file("# auth required pam_lock.so preauth\n")
    assert state(host, pam=wanted) == ("failed", "PAM profile lock is not in force")
    host.files["/etc/pam.d/common-auth"] = a_file("auth required pam_lock.so preauth\n")
    host.files["/usr/share/pam-configs/lock"] = a_file("Name: Other\n")
    assert state(host, pam=wanted) == ("failed", "PAM profile lock is different")


@pytest.mark.parametrize(
    ("unit", "wanted", "seen"),
    [
        (Unit("loaded", "enabled", "active"), "enabled", "passed"),
        (Unit("loaded", "enabled", "inactive"), "enabled", "failed"),
        (Unit("loaded", "enabled", "inactive"), "boot", "passed"),
        (Unit("loaded", "disabled", "inactive"), "boot", "failed"),
        (Unit(), "boot", "failed"),
        (Unit("loaded", "disabled", "active"), "disabled", "failed"),
        (Unit("loaded", "static", "inactive"), "disabled", "passed"),
        (Unit("loaded", "disabled", "inactive"), "masked", "failed"),
        (Unit("masked", "masked", "inactive"), "masked", "passed"),
        (Unit("loaded", "enabled", "inactive", True), "enabled", "not_applicable"),
        (Unit("loaded", "enabled", "active", True), "disabled", "failed"),
        (Unit(), "disabled", "passed"),
        (Unit(), "enabled", "failed"),
    ],
)
def test_services(unit: Unit, wanted: str, seen: str) -> None:
    host = FakeHost()
    host.units = {"a.service": unit}
    assert state(host, services={"a.service": wanted})[0] == seen
    if seen == "failed" and unit.load == "loaded":
        mend(host, services={"a.service": wanted})


def test_an_unknown_state_of_a_service_is_refused() -> None:
    host = FakeHost()
    host.units = {"a.service": Unit("loaded")}
    with pytest.raises(HardeningError, match="allowed are enabled, boot, disabled, masked"):
        state(host, services={"a.service": "on"})


def test_accounts() -> None:
    host = FakeHost()
    host.people = [
        Account("root", 0, "/bin/bash", True, "0", "99999", "7", ""),
        Account("postgres", 101, "/bin/bash"),
        Account("daemon", 1, "/usr/sbin/nologin"),
        Account("anna", 1000, "/bin/bash"),
    ]
    wanted = {"groups": ["sugroup"], "system_shell": "/usr/sbin/nologin", "ages": {"max_days": 365}}
    assert mend(host, accounts=wanted) == ["group sugroup", "shell postgres", "ages root"]
    assert [account.shell for account in host.people] == ["/bin/bash", "/usr/sbin/nologin", "/usr/sbin/nologin", "/bin/bash"]


def test_a_command_runs_until_there_is_what_it_makes() -> None:
    assert mend(FakeHost(), commands=[{"creates": "/var/lib/db", "argv": ["make-db"]}]) == ["commands /var/lib/db"]


def test_ssh_is_judged_by_what_the_server_says() -> None:
    host = FakeHost()
    assert state(host, sshd={"PermitRootLogin": "no"})[0] == "not_applicable"
    host.server = {"permitrootlogin": "no", "ciphers": "a,b", "allowgroups": "ops dba"}
    assert state(host, sshd={"PermitRootLogin": "no", "Ciphers": "a,b", "AllowGroups": "ops dba"})[0] == "passed"
    assert state(host, sshd={"AllowGroups": ""}) == ("not_applicable", "AllowGroups: nothing was chosen")
    assert state(host, sshd={"MaxAuthTries": 4}) == ("failed", "sshd goes by MaxAuthTries unknown, wanted 4")


def test_packages_decide_whether_a_control_applies() -> None:
    host = FakeHost()
    host.kernel = {"net.ipv4.ip_forward": ("1", True)}
    host.installed = {"docker.io": "26"}
    assert state(host, unless_package="docker.io", sysctl={"net.ipv4.ip_forward": 0}) == (
        "not_applicable",
        "docker.io needs it otherwise",
    )
    assert state(host, if_package=["podman"], sysctl={"net.ipv4.ip_forward": 0})[1] == "podman is not installed"


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ({"id": "a", "title": "A"}, "asks for nothing"),
        ({"id": "a", "title": "A", "sysctls": {}}, "unknown keys sysctls"),
        ({"title": "A", "sysctl": {"a": 1}}, "has no id"),
        ({"id": "a", "sysctl": {"a": 1}}, "control a has no title"),
    ],
)
def test_a_control_that_makes_no_sense(written: dict[str, Any], says: str) -> None:
    with pytest.raises(HardeningError, match=says):
        parse(written)
