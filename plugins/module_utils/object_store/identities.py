# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Who may do what: the identities of SeaweedFS's S3 gateway, from the few kinds that backups need. Pure.

Policies rather than SeaweedFS's older words (Read, Write, Admin): Write would also mean deleting versions, suspending versioning
and changing the rules of the bucket.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from .errors import ObjectStoreError

SECRET_LENGTH = 24
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")

_LOOK = ("s3:GetBucketLocation", "s3:ListBucket")
_MULTIPART_OF_BUCKET = ("s3:ListBucketMultipartUploads",)
_WRITE_OBJECTS = (
    "s3:AbortMultipartUpload",
    "s3:CompleteMultipartUpload",
    "s3:CreateMultipartUpload",
    # Without a version it leaves a marker, and every version stays: pgBackRest can't clean up after an aborted backup without it.
    "s3:DeleteObject",
    "s3:GetObject",
    "s3:ListMultipartUploadParts",
    "s3:PutObject",
    "s3:UploadPart",
)
_LOOK_BACK = (
    "s3:GetBucketObjectLockConfiguration",
    "s3:GetBucketVersioning",
    "s3:GetLifecycleConfiguration",
    "s3:ListBucketVersions",
)
_READ_OBJECTS = ("s3:GetObject", "s3:GetObjectRetention", "s3:GetObjectVersion")

# What each kind may do to its buckets, and to the objects in them.
KINDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "writer": (_LOOK + _MULTIPART_OF_BUCKET, _WRITE_OBJECTS),
    "restorer": (_LOOK + _LOOK_BACK, _READ_OBJECTS),
}
ADMIN = "admin"


def configuration(admin: Mapping[str, str], identities: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """SeaweedFS's file of identities. One error lists every problem; none shows a secret."""
    items = [dict(item) for item in identities]
    problems = list(_problems([{**admin, "name": ADMIN, "kind": ADMIN, "buckets": []}, *items]))
    if problems:
        raise ObjectStoreError("; ".join(problems))
    ordered = sorted(items, key=lambda item: item["name"])
    return {
        "identities": [
            {"name": ADMIN, "credentials": _credentials(admin), "actions": ["Admin"]},
            *({"name": i["name"], "credentials": _credentials(i), "policyNames": [i["name"]]} for i in ordered),
        ],
        "policies": [{"name": i["name"], "content": _policy(i["kind"], i["buckets"])} for i in ordered],
    }


def _problems(items: list[dict[str, Any]]) -> Iterable[str]:
    keys = [str(one.get("access_key") or "") for item in items for one in _keys(item)]
    names = [str(item.get("name") or "") for item in items]
    for item, name in zip(items, names, strict=True):
        if not _NAME.fullmatch(name):
            yield f"identity {name!r} has an impossible name: allowed are up to 63 letters, digits, '_', '.' and '-'"
        if names.count(name) > 1:
            yield f"identity {name!r} is there twice ({ADMIN!r} is the store's own)"
        if any(not one.get("access_key") or keys.count(str(one["access_key"])) > 1 for one in _keys(item)):
            yield f"identity {name!r} needs an access_key that no other has"
        if any(len(str(one.get("secret_key") or "")) < SECRET_LENGTH for one in _keys(item)):
            yield f"identity {name!r} needs a secret_key of {SECRET_LENGTH} characters or more"
        if item["kind"] != ADMIN and item["kind"] not in KINDS:
            yield f"identity {name!r} has the unknown kind {item['kind']!r}: known are {', '.join(sorted(KINDS))}"
        if item["kind"] != ADMIN and not item["buckets"]:
            yield f"identity {name!r} may do nothing anywhere: give it buckets"


def _keys(item: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The one in use, and while it is rotated the other that is valid."""
    return [item, *(item.get("other_keys") or [])]


def _credentials(item: Mapping[str, Any]) -> list[dict[str, str]]:
    return [{"accessKey": one["access_key"], "secretKey": one["secret_key"]} for one in _keys(item)]


def _policy(kind: str, buckets: Iterable[str]) -> str:
    of_bucket, of_objects = KINDS[kind]
    names = sorted(buckets)
    statements = [
        {"Effect": "Allow", "Action": sorted(of_bucket), "Resource": [f"arn:aws:s3:::{name}" for name in names]},
        {"Effect": "Allow", "Action": sorted(of_objects), "Resource": [f"arn:aws:s3:::{name}/*" for name in names]},
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, sort_keys=True)
