# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Builds images on a machine's engine, pushes them, and reads what they hold."""

from __future__ import annotations

import io
import json
import os
import tarfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from . import archives, images, spec
from .engine import Engine, docker_errors
from .errors import OdooError, refuse
from .images import Base, Found, Recipe
from .models import Settings, derived_uid

_TIMEOUT = 300


class ImageEngine(Engine):
    def image(self, reference: str) -> dict[str, Any] | None:
        try:
            read: dict[str, Any] = self._api.inspect_image(reference)
            return read
        except docker_errors.NotFound:
            return None

    def published(self, reference: str) -> str:
        """Digest of a tag in its registry; empty where it has none."""
        try:
            return str(self._api.inspect_distribution(reference)["Descriptor"]["digest"])
        except docker_errors.NotFound:
            return ""
        except docker_errors.APIError as error:
            # Registries without the repository say so in words only.
            if "unknown" in str(error) or "not found" in str(error):
                return ""
            raise OdooError(f"the registry of {reference} can't be asked: {error.explanation or error}") from error

    def build(self, tag: str, context: bytes) -> None:
        log: list[str] = []
        told = self._api.build(
            fileobj=io.BytesIO(context), custom_context=True, tag=tag, network_mode="none", rm=True, forcerm=True, decode=True
        )
        for event in told:
            log.append(str(event.get("stream", "")))
            if "error" in event:
                raise OdooError(f"{tag} was not built: {event['error']}. The build says:\n{''.join(log)[-2000:].strip()}")

    def push(self, reference: str) -> str:
        name, _colon, tag = reference.rpartition(":")
        digest = ""
        for event in self._api.push(name, tag=tag, stream=True, decode=True):
            if "error" in event:
                raise OdooError(f"{reference} was not pushed: {event['error']}")
            digest = (event.get("aux") or {}).get("Digest") or digest
        return digest or self.published(reference)

    def forget(self, reference: str) -> None:
        self._api.remove_image(reference, force=True)


@dataclass(frozen=True)
class Builder:
    engine: Any
    settings: Settings
    archive_dir: str
    wheel_dir: str
    check_mode: bool = False

    def look(self, want: Recipe, push: bool) -> dict[str, Any]:
        """What is to be done. An image of the same inputs is not built again, wherever it is."""
        reference = f"{want.name}:{want.tag}"
        local = self.engine.image(reference)
        if local and _labels(local).get(images.LABEL_INPUTS) != want.inputs:
            raise OdooError(f"{reference} is on this machine and was made of something else: remove it")
        digest = self.engine.published(reference) if push else ""
        return {"reference": reference, "local": local is not None, "digest": digest,
                "build": local is None and not digest, "push": push and not digest}  # fmt: skip

    def check(self, want: Recipe) -> tuple[Base, list[Found]]:
        """Refuses what can't be an image; archives are unpacked for that."""
        refuse(self.file_problems(want))
        for item in want.addons:
            if not archives.present(self.settings.custom_dir, item.sha256):
                archives.unpack(f"{self.archive_dir}/{item.sha256}", item.sha256, self.settings.custom_dir)
        why = self.engine.image_problem(want.base)
        refuse([f"{want.name}: base: {why}"] if why else [])
        self.engine.pull(want.base)
        on = images.base(want.base, self._run(want, want.base, images.PROBE, []))
        have = [one for item in want.addons for one in self._modules(item.sha256)]
        refuse(images.problems(want, on, have))
        return on, have

    def file_problems(self, want: Recipe) -> list[str]:
        """What of its files is not what was declared."""
        wrong = [archives.problem(f"{self.archive_dir}/{item.sha256}", item.sha256) for item in want.addons]
        if want.requirements:
            wrong += images.wheel_problems(
                want.requirements, {os.path.basename(path): archives.sha256_of(path) for path in self._wheels(want)}
            )
        return [f"{want.name}: {text}" for text in wrong if text]

    def _wheels(self, want: Recipe) -> list[str]:
        home = f"{self.wheel_dir}/{want.wheels}"
        try:
            return sorted(f"{home}/{name}" for name in os.listdir(home) if name.endswith(".whl"))
        except FileNotFoundError:
            return []

    def _modules(self, sha256: str) -> list[Found]:
        home = f"{self.settings.custom_dir}/{sha256}"
        names = [name for name in sorted(os.listdir(home)) if os.path.exists(f"{home}/{name}/{archives.MANIFEST}")]
        read = []
        for name in names:
            with open(f"{home}/{name}/{archives.MANIFEST}", encoding="utf-8") as stream:
                read.append(images.found(sha256, name, stream.read()))
        return read

    def _run(self, want: Recipe, image: str, script: str, words: list[str]) -> str:
        name = f"tierline-image-{want.tag[:12]}"
        text: str = self.engine.run_once(name, spec.probe(image, derived_uid("image"), ["-c", script, *words]), _TIMEOUT)
        return text

    def build(self, want: Recipe, on: Base, have: list[Found], reference: str) -> dict[str, Any]:
        """What was built has to find its modules' libraries; otherwise it is gone again, and nobody has seen it."""
        user = str(((self.engine.image(want.base) or {}).get("Config") or {}).get("User") or "")
        self.engine.build(reference, self._context(want, images.dockerfile(want, on, have, user), have))
        contents = self.contents(want, reference, have)
        lacks: Mapping[str, str] = contents["lacks"]
        if lacks:
            self.engine.forget(reference)
            refuse([f"{want.name}: module {name} can't work in the image: {why}" for name, why in sorted(lacks.items())])
        return contents

    def contents(self, want: Recipe, reference: str, have: Iterable[Found] = ()) -> dict[str, Any]:
        names = json.dumps(sorted(item.name for item in have))
        told: dict[str, Any] = json.loads(self._run(want, reference, images.CONTENTS, [names]).strip().splitlines()[-1])
        return told

    def _context(self, want: Recipe, dockerfile: str, have: list[Found]) -> bytes:
        """All that the build gets. Root owns it and no time is in it, so that layers of the same inputs are the same."""
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w") as archive:
            _text(archive, "Dockerfile", dockerfile)
            for item in have:
                source = f"{self.settings.custom_dir}/{item.sha256}/{item.name}"
                archive.add(source, f"addons/{item.name}", filter=_plain)
            if want.requirements:
                _text(archive, "requirements.txt", want.requirements)
                for path in self._wheels(want):
                    archive.add(path, f"wheels/{os.path.basename(path)}", filter=_plain)
        return stream.getvalue()


def _labels(image: Mapping[str, Any]) -> dict[str, str]:
    return (image.get("Config") or {}).get("Labels") or {}


def _plain(item: tarfile.TarInfo) -> tarfile.TarInfo | None:
    if "/__pycache__" in item.name:
        return None
    item.uid = item.gid = item.mtime = 0
    item.uname = item.gname = ""
    return item


def _text(archive: tarfile.TarFile, name: str, text: str) -> None:
    content = text.encode()
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), 0o644
    archive.addfile(entry, io.BytesIO(content))


def reconcile(builder: Builder, wanted: list[Recipe], push: bool, warn: Callable[[str], None]) -> list[dict[str, Any]]:
    """All images are looked at and checked before the first is built, and all are built before the first is pushed."""
    plans = {want: builder.look(want, push) for want in wanted}
    todo = [want for want in wanted if plans[want]["build"]]
    if builder.check_mode:
        for want in todo:
            for problem in builder.file_problems(want):
                warn(f"{problem} (a run without check mode brings its files first)")
        return [_row(want, plans[want], {}, []) for want in wanted]
    checked = {want: builder.check(want) for want in todo}
    contents = {want: builder.build(want, *checked[want], plans[want]["reference"]) for want in todo}
    rows = []
    for want in wanted:
        plan = plans[want]
        if plan["push"]:
            plan["digest"] = builder.engine.push(plan["reference"])
        if not plan["local"] and not plan["build"]:
            builder.engine.pull(f"{want.name}@{plan['digest']}")
        here = plan["reference"] if plan["local"] or plan["build"] else f"{want.name}@{plan['digest']}"
        seen = contents.get(want) or builder.contents(want, here)
        rows.append(_row(want, plan, builder.engine.image(here) or {}, seen))
    return rows


def _row(want: Recipe, plan: Mapping[str, Any], image: Mapping[str, Any], contents: Any) -> dict[str, Any]:
    told = _labels(image)
    if image and told.get(images.LABEL_INPUTS) != want.inputs:
        raise OdooError(f"{plan['reference']} in its registry was made of something else: somebody has moved the tag")
    made = {key: contents[key] for key in ("debian", "python", "distribution")} if contents else {}
    return {
        "name": want.name,
        "image": f"{want.name}@{plan['digest']}" if plan["digest"] else image.get("Id", ""),
        "tag": want.tag,
        "base": want.base,
        "created": image.get("Created", ""),
        "built": plan["build"],
        "pushed": plan["push"],
        "addons": [{"sha256": item.sha256, "source": item.source, "revision": item.revision} for item in want.addons],
        "modules": json.loads(told.get(images.LABEL_ADDONS, "[]")),
        "requirements": {
            name: {"version": version, "sha256": sorted(hashes)}
            for name, (version, hashes) in images.pins(want.requirements).items()
        },
        "labels": dict(sorted(told.items())),
        "contents": made,
    }
