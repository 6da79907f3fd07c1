#!/usr/bin/env python3
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An intruder who is root on a database host, with the keys that lie there, or with keys that are given.

What must be refused is tried first, on everything; then all is destroyed that can be. Prints what happened as JSON.
"""

from __future__ import annotations

import configparser
import json
import os
import sys
from datetime import UTC, datetime, timedelta

from object_store.client import Client
from object_store.errors import Refused
from object_store.signature import Credentials

SOON = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
SHORT = (
    '<Retention xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Mode>COMPLIANCE</Mode>'
    f"<RetainUntilDate>{SOON}</RetainUntilDate></Retention>"
).encode()
NO_LOCK = b"<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>"
SUSPEND = b"<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>"
EXPIRE = (
    b"<LifecycleConfiguration><Rule><ID>all</ID><Status>Enabled</Status><Filter><Prefix></Prefix></Filter>"
    b"<NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays></NoncurrentVersionExpiration></Rule></LifecycleConfiguration>"
)
POLICY = b'{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}]}'


def attempt(client: Client, method: str, path: str, query: dict, body: bytes = b"", **headers: str) -> str:
    """What the store said: done, or the code of its refusal."""
    try:
        answer = client.request(method, path, query, headers=headers, body=body)
    except Refused as refusal:
        return f"{refusal.status} {refusal.code}"
    # Deleting many at once answers for each of them in a body of its own.
    return "200 each refused" if b"<Error>" in answer and b"<Deleted>" not in answer else "done"


def forbidden(client: Client, what: str, bucket: str, other: str) -> dict[str, list[str]]:
    versions = [version for version in client.versions_as_seen if not version.marker]
    batch = "".join(f"<Object><Key>{v.key}</Key><VersionId>{v.version}</VersionId></Object>" for v in versions)
    bypass = {"x-amz-bypass-governance-retention": "true"}
    of_versions = {
        "delete a version": [attempt(client, "DELETE", f"/{bucket}/{v.key}", {"versionId": v.version}) for v in versions],
        "delete a version as governance allows": [
            attempt(client, "DELETE", f"/{bucket}/{v.key}", {"versionId": v.version}, **bypass) for v in versions
        ],
        "delete all versions at once": [
            attempt(client, "POST", f"/{bucket}", {"delete": ""}, f"<Delete>{batch}</Delete>".encode())
        ],
        "shorten the retention of a version": [
            attempt(client, "PUT", f"/{bucket}/{v.key}", {"retention": "", "versionId": v.version}, SHORT) for v in versions
        ],
    }
    if what == "versions":
        return of_versions
    return of_versions | {
        "lift the lock of the bucket": [attempt(client, "PUT", f"/{bucket}", {"object-lock": ""}, NO_LOCK)],
        "suspend versioning": [attempt(client, "PUT", f"/{bucket}", {"versioning": ""}, SUSPEND)],
        "let everything expire": [attempt(client, "PUT", f"/{bucket}", {"lifecycle": ""}, EXPIRE)],
        "open the bucket to all": [attempt(client, "PUT", f"/{bucket}", {"policy": ""}, POLICY)],
        "delete the bucket": [attempt(client, "DELETE", f"/{bucket}", {})],
        "list another tenant's bucket": [attempt(client, "GET", f"/{other}", {"list-type": "2"})],
        "write to another tenant's bucket": [attempt(client, "PUT", f"/{other}/x", {}, b"x")],
    }


def destroy(client: Client, bucket: str) -> dict[str, list[str]]:
    keys = sorted({version.key for version in client.versions_as_seen if not version.marker})
    return {
        "overwrite": [attempt(client, "PUT", f"/{bucket}/{key}", {}, b"encrypted, pay here") for key in keys],
        "truncate": [attempt(client, "PUT", f"/{bucket}/{key}", {}) for key in keys],
        "delete": [attempt(client, "DELETE", f"/{bucket}/{key}", {}) for key in keys],
    }


def main(what: str, bucket: str, other: str) -> None:
    config = configparser.ConfigParser()
    config.read("/etc/pgbackrest/pgbackrest.conf")
    here = config["global"]
    own = Credentials(here["repo1-s3-key"], here["repo1-s3-key-secret"])
    given = os.environ.get("ATTACK_KEY"), os.environ.get("ATTACK_SECRET")
    endpoint = f"https://{here['repo1-s3-endpoint']}:{here['repo1-storage-port']}"
    client = Client(
        endpoint, here["repo1-s3-region"], Credentials(*given) if all(given) else own, here["repo1-storage-ca-file"], 30
    )
    # The writer can't list versions. That an intruder knows them anyway is taken for granted.
    looker = Client(
        endpoint,
        here["repo1-s3-region"],
        Credentials(os.environ["LOOK_KEY"], os.environ["LOOK_SECRET"]),
        here["repo1-storage-ca-file"],
        30,
    )
    client.versions_as_seen = list(looker.versions(bucket))
    print(json.dumps(destroy(client, bucket) if what == "destroy" else forbidden(client, what, bucket, other)))


if __name__ == "__main__":
    main(*sys.argv[1:4])
