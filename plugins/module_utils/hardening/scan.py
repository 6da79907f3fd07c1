# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What other people's scanners say of a host, in figures. Pure: reports in, figures out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any
from xml.etree import ElementTree

from .errors import HardeningError

_XCCDF = "{http://checklists.nist.gov/xccdf/1.2}"
_RULE = "xccdf_org.ssgproject.content_rule_"


def xccdf(text: str) -> dict[str, Any]:
    """Figures of one profile. The score is the share of passed rules among those that passed or failed."""
    root = ElementTree.fromstring(text)
    results = root if root.tag == f"{_XCCDF}TestResult" else root.find(f".//{_XCCDF}TestResult")
    if results is None:
        raise HardeningError("oscap wrote no test result: is the profile in the data stream?")
    titles = {rule.get("id"): _title(rule) for rule in root.iter(f"{_XCCDF}Rule")}
    counts: Counter[str] = Counter()
    failures = []
    for rule in results.findall(f"{_XCCDF}rule-result"):
        outcome = rule.findtext(f"{_XCCDF}result") or "unknown"
        counts[outcome] += 1
        if outcome in ("fail", "error", "unknown"):
            name = rule.get("idref") or ""
            failures.append(
                {
                    "rule": name.removeprefix(_RULE),
                    "title": titles.get(name, ""),
                    "severity": rule.get("severity") or "unknown",
                    "outcome": outcome,
                }
            )
    failed = counts["fail"] + counts["error"] + counts["unknown"]
    applicable = counts["pass"] + failed
    return {
        "passed": counts["pass"],
        "failed": failed,
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
