# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.hardening import ssh
from ansible_collections.tierline.erp.plugins.module_utils.hardening.errors import HardeningError


def test_exempt_controls_and_empty_choices_are_left_out() -> None:
    controls = [
        {"id": "root", "sshd": {"PermitRootLogin": "no"}, "exemption": None},
        {"id": "limits", "sshd": {"MaxAuthTries": 4}, "exemption": {"reason": "a reason"}},
        {"id": "access", "sshd": {"AllowGroups": ""}},
        {"id": "kernel", "sysctl": {}},
    ]
    assert ssh.wanted(controls) == {"PermitRootLogin": "no"}


MAIN = """Include /etc/ssh/sshd_config.d/*.conf
#PermitRootLogin prohibit-password
usepam no
Match User backup
    PermitRootLogin yes
"""


def test_the_block_comes_first_and_replaces_what_stood_outside_of_match() -> None:
    text = ssh.render(MAIN, {"X11Forwarding": "no", "UsePAM": "yes", "PermitRootLogin": "no"})
    assert text.splitlines() == [
        ssh.BEGIN,
        "PermitRootLogin no",
        "UsePAM yes",
        "X11Forwarding no",
        ssh.END,
        "Include /etc/ssh/sshd_config.d/*.conf",
        "#PermitRootLogin prohibit-password",
        "# usepam no",
        "Match User backup",
        "    PermitRootLogin yes",
    ]


def test_a_second_time_changes_nothing_and_another_set_replaces_the_block() -> None:
    once = ssh.render(MAIN, {"UsePAM": "yes", "Banner": "/etc/issue.net"})
    assert ssh.render(once, {"UsePAM": "yes", "Banner": "/etc/issue.net"}) == once
    assert "Banner" not in ssh.render(once, {"UsePAM": "yes"})


@pytest.mark.parametrize(
    "settings", [{"Match": "User x"}, {"Include": "/x"}, {"Use PAM": "yes"}, {"Banner": "x\nPermitRootLogin yes"}]
)
def test_what_could_change_the_meaning_of_other_lines_is_refused(settings: dict[str, str]) -> None:
    with pytest.raises(HardeningError, match="can't stand in sshd's configuration"):
        ssh.render(MAIN, settings)


def test_settings_without_effect_are_refused() -> None:
    ssh.refuse_ineffective({"PermitRootLogin": "no", "Ciphers": "a,b"}, {"permitrootlogin": "no", "ciphers": "a,b"})
    with pytest.raises(HardeningError, match="PermitRootLogin would be yes instead of no"):
        ssh.refuse_ineffective({"PermitRootLogin": "no"}, {"permitrootlogin": "yes"})
