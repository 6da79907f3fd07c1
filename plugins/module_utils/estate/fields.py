# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Typed fields: what a value may be, and the sentence that says so."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import Problem, nearest, shown

_NAMES: dict[str, str] = {
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "list": "a list",
    "mapping": "a mapping",
    "network": "a network in CIDR notation such as 192.0.2.0/24",
    "money": 'an amount such as 120 or "120.50"',
}
_MONEY = re.compile(r"[0-9]+(\.[0-9]{2})?")


@dataclass(frozen=True)
class Field:
    """The rule for one key."""

    kind: str
    doc: str
    required: bool = False
    default: Any = None
    choices: tuple[str, ...] = ()
    pattern: str = ""
    minimum: float | None = None
    maximum: float | None = None
    items: Field | None = None
    # Only for settings of a tier: may one environment differ from its tier here?
    overridable: bool = False

    def allowed(self) -> str:
        """Say what is allowed."""
        if self.items:
            return f"a list{', not empty,' if self.required else ''} of: {self.items.allowed()}"
        if self.choices:
            return ", ".join(self.choices)
        text = _NAMES[self.kind]
        if self.pattern:
            text += f" that matches {self.pattern}"
        bounds = [f"at least {self.minimum:g}"] if self.minimum is not None else []
        bounds += [f"at most {self.maximum:g}"] if self.maximum is not None else []
        return " ".join([text, " and ".join(bounds)]).strip()

    def accepts(self, value: Any) -> bool:
        """True if ``value`` keeps the rule."""
        if not _KINDS[self.kind](value):
            return False
        if self.items:
            return (bool(value) or not self.required) and all(self.items.accepts(item) for item in value)
        if self.choices and value not in self.choices:
            return False
        if self.pattern and not re.fullmatch(self.pattern, value):
            return False
        return _bounded(value, self.minimum, self.maximum)


def _bounded(value: Any, minimum: float | None, maximum: float | None) -> bool:
    return (minimum is None or value >= minimum) and (maximum is None or value <= maximum)


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_network(value: Any) -> bool:
    try:
        ipaddress.ip_network(str(value))
    except ValueError:
        return False
    return isinstance(value, str)


def _is_money(value: Any) -> bool:
    return (_is_int(value) and value >= 0) or (isinstance(value, str) and bool(_MONEY.fullmatch(value)))


_KINDS = {
    "string": lambda value: isinstance(value, str),
    "integer": _is_int,
    "number": lambda value: _is_int(value) or isinstance(value, float),
    "boolean": lambda value: isinstance(value, bool),
    "list": lambda value: isinstance(value, (list, tuple)),
    "mapping": lambda value: isinstance(value, Mapping),
    "network": _is_network,
    "money": _is_money,
}


def refuse_value(kind: str, name: str, key: str, field: Field, value: Any) -> Problem:
    """The problem for a value which ``field`` does not accept."""
    rule, word = field, value
    if field.items and isinstance(value, (list, tuple)):
        rule = field.items
        word = next((item for item in value if not rule.accepts(item)), value)
    closest = nearest(word, rule.choices) if isinstance(word, str) else ""
    return Problem(kind, name, key, "wrong value", shown(value), field.allowed(), closest, _cure(rule, word, closest))


def _cure(field: Field, value: Any, closest: str) -> str:
    if isinstance(value, str) and "{{" in value:
        return "write the value itself: the estate is resolved before templates are evaluated"
    if isinstance(value, bool) and {"on", "off"} & set(field.choices):
        return f'quote it: "{"on" if value else "off"}" (unquoted, YAML reads a boolean)'
    if closest:
        return f"write {closest} instead of {value}"
    return "write one of the allowed values" if field.choices else f"write {_NAMES[field.kind]} as allowed"


def missing_key(kind: str, name: str, key: str, field: Field) -> Problem:
    """The problem for a required key that nobody wrote."""
    return Problem(kind, name, key, "missing", "(nothing)", field.allowed(), cure=f"add {key}: {field.doc}")


def unknown_key(kind: str, name: str, key: str, known: Mapping[str, Field]) -> Problem:
    """The problem for a key that no field describes."""
    closest = nearest(key.rpartition(".")[2] if "." in key and key not in known else key, known) or nearest(key, known)
    cure = f"write {closest}" if closest else "remove it"
    return Problem(kind, name, key, "unknown key", key, ", ".join(sorted(known)), closest, cure)


def read_fields(
    kind: str, name: str, fields: Mapping[str, Field], given: Mapping[str, Any], problems: list[Problem]
) -> dict[str, Any]:
    """Take the values of ``fields`` out of ``given``, adding defaults and collecting problems."""
    values: dict[str, Any] = {}
    for key, field in fields.items():
        value = given.get(key)
        if value is None:
            values[key] = field.default
            if field.required:
                problems.append(missing_key(kind, name, key, field))
        elif field.accepts(value):
            values[key] = value
        else:
            values[key] = None
            problems.append(refuse_value(kind, name, key, field, value))
    return values
