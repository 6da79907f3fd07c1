# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""A connection to an S3-compatible store: the only file here that opens sockets and files.

Requests are signed here rather than by boto3, which hosts and controller would need for a dozen calls.
"""

import base64
import contextlib
import hashlib
import http.client
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from . import documents
from .errors import ObjectStoreError, ObjectStoreUnreachableError, Refused
from .models import NONE, Bucket
from .plan import CREATE, EXPIRE, LOCK, VERSION, Change
from .signature import Credentials, Request, signed_headers

# What stores say of an object that isn't locked, or of a bucket that can't lock any.
UNLOCKED = ("NoSuchObjectLockConfiguration", "ObjectLockConfigurationNotFoundError", "InvalidRequest")
PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True)
class Version:
    """One version of an object; a marker says that the object was deleted at that time."""

    key: str
    version: str
    marker: bool
    latest: bool
    modified: str
    size: int = 0


class Client:
    """One store as one identity. Paths are /bucket/key; no other style needs a name for each bucket."""

    def __init__(self, endpoint: str, region: str, credentials: Credentials, ca_path: str | None, timeout: int) -> None:
        try:
            parts = urlsplit(endpoint)
            fit = parts.scheme in PORTS and parts.hostname and parts.port != 0 and not parts.path.strip("/")
        except ValueError:  # a port that is no number or too great, a bracket that isn't closed
            fit = False
        if not fit:
            raise ObjectStoreError(f"endpoint {endpoint!r} is no https://host:port")
        self._endpoint, self._parts, self._region = endpoint, parts, region
        self._credentials, self._timeout = credentials, timeout
        try:
            self._context = ssl.create_default_context(cafile=ca_path)
        except OSError as error:
            raise ObjectStoreError(f"cannot read the authority {ca_path}: {error}") from error

    def bucket(self, name: str) -> Bucket | None:
        """The bucket as it is, or nothing."""
        try:
            self.request("HEAD", f"/{name}")
        except Refused as refusal:
            if refusal.status == 404:
                return None
            raise
        versioning = documents.versioning(self.request("GET", f"/{name}", {"versioning": ""}))
        lock = self._optional(name, "object-lock", "ObjectLockConfigurationNotFoundError")
        rules = self._optional(name, "lifecycle", "NoSuchLifecycleConfiguration")
        lockable, mode, days = documents.lock(lock) if lock else (False, NONE, 0)
        return Bucket(name, versioning, lockable, mode, days, documents.noncurrent_days(rules) if rules else 0)

    def apply(self, change: Change) -> None:
        bucket = change.bucket
        path = f"/{bucket.name}"
        if change.action == CREATE:
            self.request("PUT", path, headers={"x-amz-bucket-object-lock-enabled": "true"} if bucket.lockable else {})
        elif change.action == VERSION:
            self.request("PUT", path, {"versioning": ""}, body=documents.enable_versioning())
        elif change.action == LOCK:
            self.request("PUT", path, {"object-lock": ""}, body=documents.default_lock(bucket.lock_mode, bucket.lock_days))
        elif change.action == EXPIRE and bucket.noncurrent_days:
            self.request("PUT", path, {"lifecycle": ""}, body=documents.expire_noncurrent(bucket.noncurrent_days))
        elif change.action == EXPIRE:
            self.request("DELETE", path, {"lifecycle": ""})

    def versions(self, bucket: str, prefix: str = "") -> Iterator[Version]:
        """Every version and marker under a prefix, page by page."""
        query = {"versions": "", "prefix": prefix}
        while True:
            items, following = documents.versions(self.request("GET", f"/{bucket}", query))
            yield from (Version(**item) for item in items)
            if not following:
                return
            query = {"versions": "", "prefix": prefix, **following}

    def retention(self, bucket: str, key: str, version: str) -> tuple[str, str]:
        """How a version is locked, and until when; nothing and "" where it isn't."""
        try:
            return documents.retention(self.request("GET", f"/{bucket}/{key}", {"retention": "", "versionId": version}))
        except Refused as refusal:
            if refusal.code in UNLOCKED:
                return NONE, ""
            raise

    def put(self, bucket: str, key: str, body: bytes) -> None:
        self.request("PUT", f"/{bucket}/{key}", body=body)

    def get(self, bucket: str, key: str, version: str = "") -> bytes:
        return self.request("GET", f"/{bucket}/{key}", {"versionId": version} if version else {})

    def find(self, bucket: str, key: str) -> bytes | None:
        """The object as it is, or nothing."""
        try:
            return self.get(bucket, key)
        except Refused as refusal:
            if refusal.status == 404:
                return None
            raise

    def _optional(self, bucket: str, what: str, absent: str) -> bytes:
        try:
            return self.request("GET", f"/{bucket}", {what: ""})
        except Refused as refusal:
            if refusal.code == absent:
                return b""
            raise

    def request(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> bytes:
        """The body of the answer. A store with Object Lock insists on a checksum of what it is given."""
        extra = dict(headers or {})
        if body:
            extra["content-md5"] = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
        request = Request(method, path, dict(query or {}), extra, body)
        signed = signed_headers(request, self._parts.netloc, self._region, self._credentials, datetime.now(UTC))
        target = request.quoted_path + (f"?{request.quoted_query}" if request.query else "")
        try:
            with contextlib.closing(self._connect()) as connection:
                connection.request(method, target, body=body or None, headers=signed)
                answer = connection.getresponse()
                content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise ObjectStoreUnreachableError(
                f"{self._endpoint} cannot be reached: {str(error).strip() or type(error).__name__}; check that the store runs"
            ) from error
        if answer.status >= 300:
            code, detail = documents.failure(content, answer.reason)
            raise Refused(
                f"{method} {path}{f'?{next(iter(request.query))}' if request.query else ''}", answer.status, code, detail
            )
        return content

    def _connect(self) -> http.client.HTTPConnection:
        host, port = str(self._parts.hostname), self._parts.port or PORTS[self._parts.scheme]
        if self._parts.scheme == "https":
            return http.client.HTTPSConnection(host, port, timeout=self._timeout, context=self._context)
        return http.client.HTTPConnection(host, port, timeout=self._timeout)
