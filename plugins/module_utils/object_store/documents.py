# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""The XML documents that S3 takes and gives. Pure."""

from typing import Any
from xml.etree import ElementTree

from .errors import ObjectStoreError
from .models import MODES, NONE

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
RULE = "tierline-noncurrent"


def enable_versioning() -> bytes:
    return _document("VersioningConfiguration", "<Status>Enabled</Status>")


def default_lock(mode: str, days: int) -> bytes:
    rule = f"<Rule><DefaultRetention><Mode>{mode.upper()}</Mode><Days>{days}</Days></DefaultRetention></Rule>"
    return _document("ObjectLockConfiguration", f"<ObjectLockEnabled>Enabled</ObjectLockEnabled>{rule if mode != NONE else ''}")


def expire_noncurrent(days: int) -> bytes:
    """Versions that are no longer current go after so many days, and then the marker that is left alone."""
    return _document(
        "LifecycleConfiguration",
        f"<Rule><ID>{RULE}</ID><Status>Enabled</Status><Filter><Prefix></Prefix></Filter>"
        "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>"
        f"<NoncurrentVersionExpiration><NoncurrentDays>{days}</NoncurrentDays></NoncurrentVersionExpiration></Rule>",
    )


def versioning(document: bytes) -> bool:
    return _text(_parse(document), "Status") == "Enabled"


def lock(document: bytes) -> tuple[bool, str, int]:
    """Whether objects can be locked, and the default: mode and days."""
    root = _parse(document)
    retention = root.find(".//{*}DefaultRetention")
    if retention is None:
        return _text(root, "ObjectLockEnabled") == "Enabled", NONE, 0
    days = _number(retention, "Days") + 365 * _number(retention, "Years")
    mode = _text(retention, "Mode").lower()
    if mode not in MODES:
        raise ObjectStoreError(f"the store locks in mode {mode!r}, and known are {', '.join(MODES)}: look at the bucket yourself")
    return True, mode, days


def retention(document: bytes) -> tuple[str, str]:
    """Of one version: mode, and until when."""
    root = _parse(document)
    return _text(root, "Mode").lower() or NONE, _text(root, "RetainUntilDate")


def noncurrent_days(document: bytes) -> int:
    """Of the rules that are in force for the whole bucket; 0: none is."""
    rules = [rule for rule in _parse(document).iter() if _name(rule) == "Rule" and _whole(rule)]
    found = [_number(part, "NoncurrentDays") for rule in rules for part in rule if _name(part) == "NoncurrentVersionExpiration"]
    return min(found, default=0)


def versions(document: bytes) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """The versions of one page, and what to ask for the next one."""
    root = _parse(document)
    items = [
        {
            "key": _raw(item, "Key"),
            "version": _text(item, "VersionId"),
            "marker": _name(item) == "DeleteMarker",
            "latest": _text(item, "IsLatest") == "true",
            "modified": _text(item, "LastModified"),
            "size": _number(item, "Size"),
        }
        for item in root
        if _name(item) in ("Version", "DeleteMarker")
    ]
    if _text(root, "IsTruncated") != "true":
        return items, {}
    following = _raw(root, "NextKeyMarker")
    if not following:
        raise ObjectStoreError("the store says that its list goes on, and not where: the same page would come for ever")
    return items, {"key-marker": following, "version-id-marker": _text(root, "NextVersionIdMarker")}


def failure(document: bytes, reason: str) -> tuple[str, str]:
    """Code and message of an error; an answer to HEAD has neither."""
    try:
        root = ElementTree.fromstring(document)
    except ElementTree.ParseError:
        return reason, ""
    return _text(root, "Code") or reason, _text(root, "Message")


def _document(name: str, content: str) -> bytes:
    return f'<{name} xmlns="{NAMESPACE}">{content}</{name}>'.encode()


def _parse(document: bytes) -> ElementTree.Element:
    try:
        return ElementTree.fromstring(document)
    except ElementTree.ParseError as error:
        raise ObjectStoreError(f"the store gave no XML ({error}): is the endpoint an S3 endpoint?") from error


def _whole(rule: ElementTree.Element) -> bool:
    """In force, and not only for some keys, tags or sizes."""
    narrow = any(
        _name(part) in ("Tag", "ObjectSizeGreaterThan", "ObjectSizeLessThan") or (_name(part) == "Prefix" and part.text)
        for part in rule.iter()
    )
    return not narrow and _text(rule, "Status") != "Disabled"


def _number(element: ElementTree.Element, name: str) -> int:
    text = _text(element, name)
    try:
        return int(text or 0)
    except ValueError as error:
        raise ObjectStoreError(f"the store's {name} is {text!r}, which is no number: is the endpoint an S3 endpoint?") from error


def _text(element: ElementTree.Element, name: str) -> str:
    return _raw(element, name).strip()


def _raw(element: ElementTree.Element, name: str) -> str:
    """With its spaces: those of a key belong to it."""
    found = element.find(f"{{*}}{name}")
    return (found.text or "") if found is not None else ""


def _name(element: ElementTree.Element) -> str:
    return str(element.tag).rpartition("}")[2]
