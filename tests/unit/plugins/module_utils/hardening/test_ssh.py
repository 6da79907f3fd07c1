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


def test_the_drop_in_is_sorted() -> None:
    text = ssh.render({"UsePAM": "yes", "Banner": "/etc/issue.net"})
    assert text.splitlines()[1:] == ["Banner /etc/issue.net", "UsePAM yes"]


@pytest.mark.parametrize(
    "settings", [{"Match": "User x"}, {"Include": "/x"}, {"Use PAM": "yes"}, {"Banner": "x\nPermitRootLogin yes"}]
)
def test_what_could_change_the_meaning_of_other_lines_is_refused(settings: dict[str, str]) -> None:
    with pytest.raises(HardeningError, match="can't stand in the drop-in"):
        ssh.render(settings)


def test_the_candidate_reads_other_drop_ins() -> None:
    main = "# Include /etc/ssh/sshd_config.d/*.conf\nInclude /etc/ssh/sshd_config.d/*.conf\nUsePAM yes\n"
    assert ssh.candidate(main, "/run/x").splitlines()[1] == "Include /run/x/*.conf"
    assert ssh.candidate(main, "/run/x").splitlines()[0] == "# Include /etc/ssh/sshd_config.d/*.conf"


def test_settings_without_effect_are_refused() -> None:
    ssh.refuse_ineffective({"PermitRootLogin": "no", "Ciphers": "a,b"}, {"permitrootlogin": "no", "ciphers": "a,b"})
    with pytest.raises(HardeningError, match="PermitRootLogin would be yes instead of no"):
        ssh.refuse_ineffective({"PermitRootLogin": "no"}, {"permitrootlogin": "yes"})
