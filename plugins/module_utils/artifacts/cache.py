# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""A checksummed folder of files that come from elsewhere: the one door through which downloads enter.

Sources are tried in this order: the cache itself, the mirror (a folder or a URL), then the artefact's own source.
Whatever a source delivers is compared with the SHA-256 that the caller names before it gets its final name;
so the cache never holds a wrong file.
"""

import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import zipfile
from dataclasses import dataclass

CHUNK = 1 << 20
TIMEOUT = 120


class ArtifactError(Exception):
    """An artefact that cannot be had, or that is not what it should be; the message names file, sources and cure."""


@dataclass(frozen=True)
class Artifact:
    """A file to have.

    `pypi` is an exact requirement (`name==version`), `url` a download address, `member` a path inside a zip or wheel.
    """

    file: str
    sha256: str
    pypi: str = ""
    url: str = ""
    member: str = ""


def sha256_of(path: pathlib.Path) -> str:
    """Hexadecimal SHA-256 of a file's content."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def check(artifact: Artifact) -> None:
    """Refuses a description that could never be fetched safely."""
    if pathlib.PurePath(artifact.file).name != artifact.file or artifact.file in ("", ".", ".."):
        raise ArtifactError(f"artefact file {artifact.file!r} must be a plain file name")
    if len(artifact.sha256) != 64 or set(artifact.sha256) - set("0123456789abcdef"):
        raise ArtifactError(f"{artifact.file}: sha256 must be 64 lower-case hexadecimal digits, not {artifact.sha256!r}")


class Cache:
    """The folder `root`, filled from `mirror` (may be empty: then from the artefacts' own sources)."""

    def __init__(self, root: pathlib.Path, mirror: str = ""):
        self.root = root
        self.mirror = mirror

    def path_of(self, artifact: Artifact) -> pathlib.Path:
        """Where the usable file is: the artefact itself, or the member unpacked from it."""
        if artifact.member:
            return self.root / f"{artifact.file}.d" / pathlib.PurePath(artifact.member).name
        return self.root / artifact.file

    def has(self, artifact: Artifact) -> bool:
        """Whether the artefact is here, with the right content."""
        whole = self.root / artifact.file
        return whole.is_file() and sha256_of(whole) == artifact.sha256 and self.path_of(artifact).is_file()

    def fetch(self, artifact: Artifact) -> None:
        """Brings the artefact here, checked; safe to interrupt at any point."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        whole = self.root / artifact.file
        if not whole.is_file() or sha256_of(whole) != artifact.sha256:
            with tempfile.TemporaryDirectory(dir=self.root) as folder:
                arrived = self._download(artifact, pathlib.Path(folder))
                seen = sha256_of(arrived)
                if seen != artifact.sha256:
                    raise ArtifactError(
                        f"{artifact.file} has the wrong checksum: wanted sha256 {artifact.sha256}, got {seen}. Nothing was kept. "
                        "If the file was replaced on purpose, change the checksum where the artefact is declared."
                    )
                os.replace(arrived, whole)
        if artifact.member:
            self._unpack(artifact, whole)

    def _download(self, artifact: Artifact, folder: pathlib.Path) -> pathlib.Path:
        tried = []
        for source, get in self._sources(artifact):
            try:
                return get(folder)
            except (OSError, urllib.error.URLError, ArtifactError) as error:
                tried.append(f"{source}: {error}")
        hint = f"put it into the mirror as {artifact.file}" if self.mirror else "set a mirror (a folder or a URL) that has it"
        raise ArtifactError(f"{artifact.file} cannot be had ({'; '.join(tried) or 'no source is given'}); {hint}")

    def _sources(self, artifact: Artifact):
        if self.mirror:
            yield f"mirror {self.mirror}", lambda folder: self._from_mirror(artifact.file, folder)
        if artifact.url:
            yield artifact.url, lambda folder: self._from_url(artifact.url, folder / artifact.file)
        if artifact.pypi:
            yield f"PyPI {artifact.pypi}", lambda folder: self._from_pypi(artifact, folder)

    def _from_mirror(self, name: str, folder: pathlib.Path) -> pathlib.Path:
        if "://" in self.mirror:
            return self._from_url(f"{self.mirror.rstrip('/')}/{name}", folder / name)
        return pathlib.Path(shutil.copyfile(pathlib.Path(self.mirror) / name, folder / name))

    @staticmethod
    def _from_url(url: str, target: pathlib.Path) -> pathlib.Path:
        if not url.startswith(("https://", "http://", "file://")):
            raise ArtifactError(f"{url} is not an http, https or file address")
        with urllib.request.build_opener().open(url, timeout=TIMEOUT) as answer, target.open("wb") as stream:
            shutil.copyfileobj(answer, stream, CHUNK)
        return target

    @staticmethod
    def _from_pypi(artifact: Artifact, folder: pathlib.Path) -> pathlib.Path:
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--no-cache-dir",
            "--only-binary=:all:",
            "--dest",
            str(folder),
        ]
        done = subprocess.run([*command, artifact.pypi], capture_output=True, text=True, check=False)
        if done.returncode:
            raise ArtifactError(
                done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"pip exited with {done.returncode}"
            )
        if not (folder / artifact.file).exists():
            raise ArtifactError(
                f"pip delivered {sorted(path.name for path in folder.iterdir())}: the declared file is for another platform"
            )
        return folder / artifact.file

    def _unpack(self, artifact: Artifact, whole: pathlib.Path) -> None:
        target = self.path_of(artifact)
        target.parent.mkdir(mode=0o700, exist_ok=True)
        part = target.with_suffix(".part")
        try:
            with zipfile.ZipFile(whole) as archive, archive.open(artifact.member) as source, part.open("wb") as stream:
                shutil.copyfileobj(source, stream, CHUNK)
        except (KeyError, zipfile.BadZipFile) as error:
            raise ArtifactError(f"{artifact.file} has no member {artifact.member}: {error}") from error
        part.chmod(0o755)
        os.replace(part, target)
