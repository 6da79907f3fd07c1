# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.hardening import scan
from ansible_collections.tierline.erp.plugins.module_utils.hardening.errors import HardeningError

NAMESPACE = 'xmlns="http://checklists.nist.gov/xccdf/1.2"'
RULE = "xccdf_org.ssgproject.content_rule_"


def xccdf(**outcomes: str) -> str:
    rules = "".join(f'<Rule id="{RULE}{name}"><title>About\n {name}</title></Rule>' for name in outcomes)
    results = "".join(
        f'<rule-result idref="{RULE}{name}" severity="medium"><result>{outcome}</result></rule-result>'
        for name, outcome in outcomes.items()
    )
    return f"<Benchmark {NAMESPACE}>{rules}<TestResult>{results}</TestResult></Benchmark>"


def test_the_score_counts_what_applies() -> None:
    found = scan.xccdf(xccdf(a="pass", b="pass", c="fail", d="notapplicable", e="notselected"))
    assert (found["passed"], found["failed"], found["not_applicable"], found["score"]) == (2, 1, 1, 66.7)
    assert found["failures"] == [{"rule": "c", "title": "About c", "severity": "medium", "outcome": "fail"}]


def test_an_error_of_the_scanner_is_no_success() -> None:
    assert scan.xccdf(xccdf(a="pass", b="error", c="unknown"))["failed"] == 2


def test_nothing_applies() -> None:
    assert scan.xccdf(xccdf(a="notapplicable"))["score"] == 0.0


def test_no_result() -> None:
    with pytest.raises(HardeningError, match="no test result"):
        scan.xccdf(f"<Benchmark {NAMESPACE}/>")


def test_lynis() -> None:
    report = "# a comment=1\nhardening_index=86\n"
    report += "warning[]=PKGS-7392|Vulnerable packages|-|-|\nsuggestion[]=BOOT-5122|Set a password|-|\n"
    assert scan.lynis(report) == {
        "index": 86,
        "warnings": [{"test": "PKGS-7392", "text": "Vulnerable packages"}],
        "suggestions": [{"test": "BOOT-5122", "text": "Set a password"}],
    }


def test_lynis_was_cut_off() -> None:
    with pytest.raises(HardeningError, match="no hardening_index"):
        scan.lynis("report_version_major=1\n")
