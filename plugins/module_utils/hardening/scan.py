# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What other people's scanners say of a host, in figures. Pure: reports in, figures out."""

from __future__ import annotations

import datetime
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any
from xml.etree import ElementTree

from .errors import HardeningError
from .selection import unfounded

_XCCDF = "{http://checklists.nist.gov/xccdf/1.2}"
_RULE = "xccdf_org.ssgproject.content_rule_"


def xccdf(text: str, exceptions: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """Figures of one profile. The score is the share of passed rules among those that passed or failed.

    An exception says why a rule fails, and changes no figure.
    """
    root = ElementTree.fromstring(text)
    results = root if root.tag == f"{_XCCDF}TestResult" else root.find(f".//{_XCCDF}TestResult")
    if results is None:
        raise HardeningError("oscap wrote no test result: is the profile in the data stream?")
    titles = {(rule.get("id") or "").removeprefix(_RULE): _title(rule) for rule in root.iter(f"{_XCCDF}Rule")}
    _refuse_strangers(exceptions, titles, "the content")
    counts: Counter[str] = Counter()
    failures = []
    for rule in results.findall(f"{_XCCDF}rule-result"):
        outcome = rule.findtext(f"{_XCCDF}result") or "unknown"
        counts[outcome] += 1
        if outcome in ("fail", "error", "unknown"):
            name = (rule.get("idref") or "").removeprefix(_RULE)
            failures.append(
                {
                    "rule": name,
                    "title": titles.get(name, ""),
                    "severity": rule.get("severity") or "unknown",
                    "outcome": outcome,
                    **exceptions.get(name, {}),
                }
            )
    failed = counts["fail"] + counts["error"] + counts["unknown"]
    applicable = counts["pass"] + failed
    return {
        "passed": counts["pass"],
        "failed": failed,
        "exempt": sum("reason" in failure for failure in failures),
        "not_applicable": counts["notapplicable"],
        "score": round(100 * counts["pass"] / applicable, 1) if applicable else 0.0,
        "failures": sorted(failures, key=lambda item: item["rule"]),
    }


def _title(rule: ElementTree.Element) -> str:
    title = rule.find(f"{_XCCDF}title")
    return " ".join("".join(title.itertext()).split()) if title is not None else ""


def lynis(report: str) -> dict[str, Any]:
    """Figures from Lynis' own report of keys and values."""
    lines = [line.partition("=") for line in report.splitlines() if "=" in line and not line.startswith("#")]
    index = next((value for key, _equals, value in lines if key == "hardening_index"), "")
    if not index.isdigit():
        raise HardeningError("Lynis' report has no hardening_index: it was cut off, look at /var/log/lynis.log")
    return {
        "index": int(index),
        "warnings": _points(lines, "warning[]"),
        "suggestions": _points(lines, "suggestion[]"),
    }


def _points(lines: Iterable[tuple[str, str, str]], key: str) -> list[dict[str, str]]:
    found = (value.split("|") for name, _equals, value in lines if name == key)
    return [{"test": words[0], "text": words[1] if len(words) > 1 else ""} for words in found]


def granted(exceptions: Iterable[Mapping[str, Any]], today: datetime.date) -> dict[str, dict[str, str]]:
    """Exceptions from a scanner's checks, by check, or one error that names everything that they lack."""
    listed = list(exceptions)
    problems = [problem for item in listed for problem in unfounded(item["check"], item, today)]
    if problems:
        raise HardeningError("; ".join(problems))
    return {item["check"]: {"reason": item["reason"], "expires": str(item["expires"])} for item in listed}


def _refuse_strangers(exceptions: Iterable[str], known: Iterable[str], where: str) -> None:
    strangers = sorted(set(exceptions) - set(known))
    if strangers:
        raise HardeningError(f"exceptions for {', '.join(strangers)}: there are no such checks in {where}")


def _parted(name: str, items: list[dict[str, str]]) -> dict[str, list[dict[str, str]]]:
    """Those that count, and those that an exception was granted for."""
    return {name: [item for item in items if "reason" not in item], "exempt": [item for item in items if "reason" in item]}


def docker_bench(report: str, exceptions: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """Figures from Docker Bench. A warning with an exception is named with its reason, beside those without."""
    try:
        checks = [check for section in json.loads(report, strict=False)["tests"] for check in section["results"]]
    except (ValueError, KeyError, TypeError) as error:
        raise HardeningError(f"Docker Bench's report can't be read: {type(error).__name__} {error}") from error
    _refuse_strangers(exceptions, (check["id"] for check in checks), "what Docker Bench was asked for")
    counts = Counter(check.get("result", "") for check in checks)
    warned = [
        {"check": check["id"], "title": check["desc"], "detail": check.get("details", ""), **exceptions.get(check["id"], {})}
        for check in checks
        if check.get("result") == "WARN"
    ]
    return {
        "passed": counts["PASS"],
        "remarks": counts["INFO"] + counts["NOTE"],
        **_parted("warnings", warned),
    }


# How testssl.sh grades its findings; below these they are remarks.
_SERIOUS = ("MEDIUM", "HIGH", "CRITICAL", "FATAL")


def testssl(report: str, exceptions: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """Figures from testssl.sh's flat report: what it finds wrong, and its grade and score, which it gives since 3.2."""
    try:
        found = json.loads(report, strict=False)
        said = {item["id"]: item["finding"] for item in found}
        serious = [
            {
                "check": item["id"],
                "severity": item["severity"].lower(),
                "finding": item["finding"],
                **exceptions.get(item["id"], {}),
            }
            for item in found
            if item["severity"] in _SERIOUS and item["id"] != "overall_grade"
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise HardeningError(f"testssl.sh's report can't be read: {type(error).__name__} {error}") from error
    # The last that it writes. Whatever was found before it broke off is no verdict.
    if "scanTime" not in said or not any(name.startswith("cert_") for name in said):
        raise HardeningError("testssl.sh was cut off, or nothing answered: look at its report")
    _refuse_strangers(exceptions, said, "testssl.sh's report")
    return {
        "grade": said.get("overall_grade", ""),
        "score": int(said.get("final_score", 0)),
        **_parted("findings", serious),
    }
