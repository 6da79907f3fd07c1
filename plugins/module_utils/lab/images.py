# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Lab images: made from Debian packages or a Dockerfile, recognised by the hash of what they are made from."""

import hashlib
import json
import pathlib
import subprocess
import tempfile
from dataclasses import dataclass, field

from .errors import LabError
from .store import SHARED_LABEL, NotFound

RECIPE_LABEL = "tierline.lab.recipe"


@dataclass(frozen=True)
class Image:
    """One image to have. Exactly one of `suite` (bootstrap a Debian release) and `dockerfile` is set."""

    name: str
    suite: str = ""
    packages: tuple[str, ...] = ()
    mirror: str = ""
    dockerfile: str = ""
    files: tuple[str, ...] = ()
    args: dict[str, str] = field(default_factory=dict)

    def recipe(self, parent: str) -> str:
        """A hash over everything that decides what the image contains, and over the image it is built on."""
        contents = {path: pathlib.Path(path).read_text() for path in (self.dockerfile, *self.files) if path}
        parts = [
            self.suite,
            sorted(self.packages),
            self.mirror,
            {pathlib.Path(k).name: v for k, v in contents.items()},
            sorted(self.args.items()),
            parent,
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


class ImageStore:
    """Reads and makes images in the local engine."""

    def __init__(self, client):
        self.client = client

    def read(self, name: str) -> tuple[str, str]:
        """(id, recipe) of an image; two empty strings where there is none."""
        try:
            image = self.client.images.get(name)
        except NotFound:
            return "", ""
        return image.id, image.labels.get(RECIPE_LABEL, "")

    def parent_of(self, image: Image) -> str:
        return self.read(image.args["BASE"])[0] if "BASE" in image.args else ""

    def make(self, image: Image, recipe: str) -> None:
        if image.suite:
            self._bootstrap(image, recipe)
        else:
            self._build(image, recipe)

    def _bootstrap(self, image: Image, recipe: str) -> None:
        command = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(image.packages)}", image.suite]
        with tempfile.TemporaryDirectory() as folder:
            archive = pathlib.Path(folder) / "root.tar"
            done = subprocess.run(
                [*command, str(archive), *([image.mirror] if image.mirror else [])], capture_output=True, text=True, check=False
            )
            if done.returncode:
                raise LabError(f"mmdebstrap {image.suite} failed: {done.stderr.strip()[-1500:]}")
            repository, tag = image.name.rsplit(":", 1) if ":" in image.name else (image.name, "latest")
            with archive.open("rb") as stream:
                changes = [f'LABEL {RECIPE_LABEL}="{recipe}"', 'CMD ["/bin/bash"]']
                answer = self.client.api.import_image_from_data(stream, repository=repository, tag=tag, changes=changes)
        if "errorDetail" in answer:
            raise LabError(f"importing {image.name} failed: {answer}")

    def _build(self, image: Image, recipe: str) -> None:
        with tempfile.TemporaryDirectory() as folder:
            context = pathlib.Path(folder)
            for path in (image.dockerfile, *image.files):
                (context / pathlib.Path(path).name).write_bytes(pathlib.Path(path).read_bytes())
            events = self.client.api.build(
                path=folder, dockerfile=pathlib.Path(image.dockerfile).name, tag=image.name, buildargs=image.args,
                labels={RECIPE_LABEL: recipe}, rm=True, forcerm=True, decode=True,
            )  # fmt: skip
            log: list[str] = []
            for event in events:
                log.append(event.get("stream", ""))
                if "error" in event:
                    raise LabError(f"building {image.name} failed: {event['error']}\n{''.join(log)[-2500:]}")

    def list_shared(self) -> list[str]:
        return sorted(volume.name for volume in self.client.volumes.list(filters={"label": SHARED_LABEL}))

    def remove_shared(self, name: str) -> None:
        self.client.volumes.get(name).remove()

    def list_made(self) -> list[str]:
        return sorted(tag for image in self.client.images.list(filters={"label": RECIPE_LABEL}) for tag in image.tags)

    def remove(self, name: str) -> None:
        self.client.images.remove(name, force=True)
