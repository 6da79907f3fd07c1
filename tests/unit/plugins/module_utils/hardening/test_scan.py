# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import json

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
    found = scan.xccdf(xccdf(a="pass", b="pass", c="fail", d="notapplicable", e="notselected"), {})
    assert (found["passed"], found["failed"], found["not_applicable"], found["score"]) == (2, 1, 1, 66.7)
    assert found["failures"] == [{"rule": "c", "title": "About c", "severity": "medium", "outcome": "fail"}]


def test_an_exception_says_why_a_rule_fails_and_changes_no_figure() -> None:
    why = {"reason": "There is no disk here", "expires": "2027-01-31"}
    plain, told = (scan.xccdf(xccdf(a="pass", b="fail", c="fail"), given) for given in ({}, {"a": why, "b": why}))
    assert (plain["score"], plain["failed"], plain["exempt"]) == (told["score"], told["failed"], 0)
    assert told["exempt"] == 1
    assert [failure.get("reason") for failure in told["failures"]] == [why["reason"], None]


def test_an_exception_from_no_rule() -> None:
    with pytest.raises(HardeningError, match="exceptions for z: there are no such checks in the content"):
        scan.xccdf(xccdf(a="pass"), {"z": {}})


def test_an_error_of_the_scanner_is_no_success() -> None:
    assert scan.xccdf(xccdf(a="pass", b="error", c="unknown"), {})["failed"] == 2


def test_nothing_applies() -> None:
    assert scan.xccdf(xccdf(a="notapplicable"), {})["score"] == 0.0


def test_no_result() -> None:
    with pytest.raises(HardeningError, match="no test result"):
        scan.xccdf(f"<Benchmark {NAMESPACE}/>", {})


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


def bench(*checks: tuple[str, str]) -> str:
    results = [{"id": name, "desc": f"about {name}", "result": result, "details": "web"} for name, result in checks]
    return json.dumps({"tests": [{"id": "2", "results": results[:1]}, {"id": "5", "results": results[1:]}]})


def test_docker_bench() -> None:
    exempt = {"5.12": {"reason": "It writes there", "expires": "2027-01-31"}}
    found = scan.docker_bench(bench(("2.1", "INFO"), ("2.2", "PASS"), ("5.1", "WARN"), ("5.12", "WARN"), ("5.9", "NOTE")), exempt)
    assert found == {
        "passed": 1,
        "remarks": 2,
        "warnings": [{"check": "5.1", "title": "about 5.1", "detail": "web"}],
        "exempt": [{"check": "5.12", "title": "about 5.12", "detail": "web", **exempt["5.12"]}],
    }


def test_an_exception_from_a_check_that_passes_is_no_failure_and_not_reported() -> None:
    exempt = {"2.2": {"reason": "It was needed once", "expires": "2027-01-31"}}
    assert scan.docker_bench(bench(("2.2", "PASS")), exempt)["exempt"] == []


def test_an_exception_from_no_check() -> None:
    with pytest.raises(HardeningError, match=r"exceptions for 9\.9"):
        scan.docker_bench(bench(("2.2", "PASS")), {"9.9": {}})


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"tests": [{}]}'])
def test_docker_bench_was_cut_off(text: str) -> None:
    with pytest.raises(HardeningError, match="can't be read"):
        scan.docker_bench(text, {})


def test_every_exception_that_lacks_something_is_named() -> None:
    today = datetime.date(2026, 11, 22)
    bad = [
        {"check": "2.9", "reason": "", "expires": "2027-01-31"},
        {"check": "5.1", "reason": "The vendor asks for it", "expires": "x"},
    ]
    with pytest.raises(HardeningError, match=r"2\.9 has no reason.*5\.1 expires 'x'"):
        scan.granted(bad, today)
    good = {"check": "2.9", "reason": "The vendor asks for it", "expires": "2027-01-31"}
    assert scan.granted([good], today) == {"2.9": {"reason": "The vendor asks for it", "expires": "2027-01-31"}}


def tls(*findings: tuple[str, str, str]) -> str:
    return json.dumps([{"id": name, "severity": severity, "finding": said} for name, severity, said in findings])


GRADED = [("overall_grade", "OK", "A+"), ("final_score", "INFO", "94")]
DONE = [("cert_chain_of_trust", "OK", "passed"), ("scanTime", "INFO", "60")]


def test_testssl() -> None:
    found = scan.testssl(
        tls(("SSLv2", "OK", "not offered"), ("BREACH", "MEDIUM", "gzip"), ("HSTS", "LOW", "short"), *GRADED, *DONE), {}
    )
    serious = [{"check": "BREACH", "severity": "medium", "finding": "gzip"}]
    assert found == {"grade": "A+", "score": 94, "findings": serious, "exempt": []}


def test_an_accepted_finding_says_why() -> None:
    why = {"reason": "No list is published", "expires": "2027-01-31"}
    found = scan.testssl(tls(("cert_revocation", "HIGH", "neither"), *DONE), {"cert_revocation": why})
    assert found["findings"] == []
    assert found["exempt"] == [{"check": "cert_revocation", "severity": "high", "finding": "neither", **why}]


def test_an_exception_from_no_finding_of_testssl() -> None:
    with pytest.raises(HardeningError, match="exceptions for cert_revokation"):
        scan.testssl(tls(*DONE), {"cert_revokation": {}})


def test_older_ones_give_no_grade() -> None:
    assert scan.testssl(tls(*DONE), {}) == {"grade": "", "score": 0, "findings": [], "exempt": []}


def test_a_bad_grade_is_the_grade_and_no_finding_besides() -> None:
    assert scan.testssl(tls(("overall_grade", "CRITICAL", "T"), *DONE), {})["findings"] == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[]", "cut off"),
        (tls(*GRADED), "cut off"),
        (tls(DONE[1]), "cut off"),
        ("", "can't be read"),
        ('[{"id": 1}]', "can't be read"),
    ],
)
def test_testssl_was_cut_off(text: str, why: str) -> None:
    with pytest.raises(HardeningError, match=why):
        scan.testssl(text, {})
