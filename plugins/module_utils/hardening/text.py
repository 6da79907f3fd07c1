# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings in files that hold one ``key value`` per line. Pure: text in, text out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any


def current(text: str, key: str, separator: str) -> str | None:
    """The value that counts: the last line's that isn't a comment, None where there is none."""
    found = [match.group("value").strip() for match in _lines(key, separator).finditer(text)]
    return found[-1] if found else None


def with_settings(text: str, values: Mapping[str, Any], separator: str) -> str:
    """The text with each key set once, where it stood or where its commented example stands; None comments it out."""
    for key, value in values.items():
        text = _with(text, key, value, separator)
    return text


def _with(text: str, key: str, value: Any, separator: str) -> str:
    lines = text.splitlines()
    active = [number for number, line in enumerate(lines) if _lines(key, separator).fullmatch(line)]
    if value is None:
        return _joined(f"# {line}" if number in active else line for number, line in enumerate(lines))
    wanted = key if value == "" else f"{key}{separator}{value}"
    if active:
        kept = (wanted if number == active[0] else line for number, line in enumerate(lines) if number not in active[1:])
        return _joined(kept)
    example = next((number for number, line in enumerate(lines) if _example(key, separator).fullmatch(line)), None)
    place = len(lines) if example is None else example + 1
    return _joined([*lines[:place], wanted, *lines[place:]])


def _lines(key: str, separator: str) -> re.Pattern[str]:
    return re.compile(rf"^[ \t]*{_words(key)}{_gap(separator)}(?P<value>.*)$", re.MULTILINE)


def _example(key: str, separator: str) -> re.Pattern[str]:
    return re.compile(rf"^[ \t]*#[ \t]*{_words(key)}{_gap(separator)}.*$")


def _words(key: str) -> str:
    return r"[ \t]+".join(re.escape(word) for word in key.split())


def _gap(separator: str) -> str:
    mark = separator.strip()
    # A word on its own, such as even_deny_root, has neither separator nor value.
    return rf"(?:[ \t]*{re.escape(mark)}[ \t]*|[ \t]*$)" if mark else r"(?:[ \t]+|$)"


def _joined(lines: Any) -> str:
    return "".join(f"{line}\n" for line in lines)
