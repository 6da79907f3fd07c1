# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import http.client
import ssl
import time

from .errors import LabError
from .store import NotFound

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


class Registry:
    """A registry at `address` (host:port) whose certificate is checked against the file `ca`."""

    def __init__(self, address: str, ca: str):
        self.address = address
        self.ca = ca

    @staticmethod
    def local_image(client, name: str):
        try:
            return client.images.get(name)
        except NotFound as error:
            raise LabError(f"the image {name} is not in the engine: the lab role builds it first (make lab)") from error

    @staticmethod
    def tag_of(image) -> str:
        """A tag that names exactly this image."""
        return image.id.removeprefix("sha256:")[:32]

    def digest(self, repository: str, tag: str, patience: float = 20) -> str:
        """Digest of a manifest; empty where the registry does not have it. Waits for a registry that was only just started."""
        deadline = time.monotonic() + patience
        while True:
            try:
                return self._head(f"/v2/{repository}/manifests/{tag}")
            except (OSError, http.client.HTTPException) as error:
                if time.monotonic() > deadline:
                    raise LabError(f"the registry at {self.address} does not answer: {error}") from error
                time.sleep(0.3)

    def _head(self, path: str) -> str:
        connection = http.client.HTTPSConnection(self.address, timeout=10, context=ssl.create_default_context(cafile=self.ca))
        try:
            connection.request("HEAD", path, headers={"Accept": MANIFEST})
            answer = connection.getresponse()
            if answer.status not in (200, 404):
                raise LabError(f"the registry at {self.address} answered {answer.status} {answer.reason} to {path}")
            return answer.headers.get("Docker-Content-Digest", "") if answer.status == 200 else ""
        except ssl.SSLCertVerificationError as error:
            raise LabError(f"the registry at {self.address} is not the lab's own: {error.verify_message}") from error
        finally:
            connection.close()

    def push(self, client, image, repository: str) -> str:
        """Pushes the image and returns its digest. The engine trusts registries on the loopback address without a certificate."""
        name, tag = f"{self.address}/{repository}", self.tag_of(image)
        image.tag(name, tag)
        try:
            for event in client.images.push(name, tag=tag, stream=True, decode=True):
                if "error" in event:
                    raise LabError(f"pushing {name} failed: {event['error']}")
        finally:
            client.images.remove(f"{name}:{tag}", noprune=True)
        digest = self.digest(repository, tag)
        if not digest:
            raise LabError(f"{name}:{tag} was pushed, but the registry does not have it")
        return digest
