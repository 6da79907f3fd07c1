# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""The restore certificate: an in-toto statement of what was restored, from where, in what time, and what was checked. Pure.

https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
"""

import html
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .errors import ProofError

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://tierline.example/restore-certificate/v1"
NAMESPACE = "tierline-restore"
_SIGNS = {True: "✓", False: "✗", None: "○"}


@dataclass(frozen=True)
class Check:
    """``passed`` is None where it was not asked for: that says why, and neither passes nor fails."""

    name: str
    passed: bool | None
    detail: str = ""


@dataclass(frozen=True)
class Measured:
    """Seconds; what was promised may be nothing in particular."""

    rto: float
    rpo: float
    promised_rto: int | None = None
    promised_rpo: int | None = None

    def checks(self) -> list[Check]:
        found = []
        for name, seen, promised in (("rto", self.rto, self.promised_rto), ("rpo", self.rpo, self.promised_rpo)):
            if promised is not None:
                found.append(Check(name, seen <= promised, f"{seen:.0f} s measured, {promised} s promised"))
        return found


def statement(
    subject: str,
    digest: str,
    source: Mapping[str, Any],
    times: Mapping[str, str],
    measured: Measured,
    checks: Sequence[Check],
    tools: Mapping[str, str],
) -> dict[str, Any]:
    """``digest`` is the SHA-256 of the recovery point as the store has it. Without a check nothing is proven."""
    if all(check.passed is None for check in checks):
        raise ProofError("a certificate without a check proves nothing: give at least one")
    every = [*checks, *measured.checks()]
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": subject, "digest": {"sha256": digest}}],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "passed": all(check.passed is not False for check in every),
            "source": dict(source),
            "times": dict(times),
            "measured": {"rtoSeconds": round(measured.rto, 1), "rpoSeconds": round(measured.rpo, 1)},
            "promised": {"rtoSeconds": measured.promised_rto, "rpoSeconds": measured.promised_rpo},
            "checks": [{"name": check.name, "passed": check.passed, "detail": check.detail} for check in every],
            "tools": dict(tools),
        },
    }


def serialise(content: Mapping[str, Any]) -> bytes:
    return (json.dumps(content, sort_keys=True, indent=2) + "\n").encode()


def page(content: Mapping[str, Any]) -> str:
    """The same to be read by people; what counts is the signed statement."""
    predicate = content["predicate"]
    rows = [
        ("Result", "passed" if predicate["passed"] else "FAILED"),
        ("Recovery point", content["subject"][0]["digest"]["sha256"]),
        *((word[:1].upper() + word[1:], value) for word, value in sorted(predicate["times"].items())),
        *((word[:1].upper() + word[1:], value) for word, value in sorted(predicate["source"].items())),
        ("RTO measured", f"{predicate['measured']['rtoSeconds']} s"),
        ("RPO measured", f"{predicate['measured']['rpoSeconds']} s"),
        *((word, value) for word, value in sorted(predicate["tools"].items())),
    ]
    checks = "".join(
        f"<tr><td>{_SIGNS[check['passed']]}</td><td>{_text(check['name'])}</td><td>{_text(check['detail'])}</td></tr>\n"
        for check in predicate["checks"]
    )
    title = f"Restore certificate: {_text(content['subject'][0]['name'])}"
    facts = "".join(f"<tr><th>{_text(name)}</th><td>{_text(value)}</td></tr>\n" for name, value in rows)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>\n'
        "<style>body{font-family:sans-serif;max-width:60em;margin:2em auto}th{text-align:left;padding-right:1em}</style></head>\n"
        f"<body><h1>{title}</h1>\n<table>\n{facts}</table>\n<h2>Checks</h2>\n<table>\n{checks}</table></body></html>\n"
    )


def _text(value: Any) -> str:
    return html.escape(str(value))
