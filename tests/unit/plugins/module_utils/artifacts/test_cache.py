# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The artefact cache keeps nothing but what the checksum names."""

import hashlib
import pathlib
import zipfile

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.artifacts.cache import Artifact, ArtifactError, Cache, check


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def mirror(tmp_path) -> pathlib.Path:
    folder = tmp_path / "mirror"
    folder.mkdir()
    return folder


def test_a_mirror_folder_fills_the_cache(tmp_path, mirror):
    (mirror / "tool").write_bytes(b"tool")
    cache, tool = Cache(tmp_path / "cache", str(mirror)), Artifact("tool", digest(b"tool"))
    assert not cache.has(tool)
    cache.fetch(tool)
    assert cache.has(tool)
    assert cache.path_of(tool).read_bytes() == b"tool"
    assert (tmp_path / "cache").stat().st_mode & 0o777 == 0o700


def test_a_mirror_url_does_too(tmp_path, mirror):
    (mirror / "tool").write_bytes(b"tool")
    cache = Cache(tmp_path / "cache", mirror.as_uri())
    cache.fetch(Artifact("tool", digest(b"tool")))
    assert cache.has(Artifact("tool", digest(b"tool")))


def test_a_wrong_checksum_is_refused_and_nothing_is_kept(tmp_path, mirror):
    (mirror / "tool").write_bytes(b"tampered")
    cache, tool = Cache(tmp_path / "cache", str(mirror)), Artifact("tool", digest(b"tool"))
    with pytest.raises(ArtifactError, match=r"wrong checksum: wanted sha256 .* got"):
        cache.fetch(tool)
    assert not cache.has(tool)
    assert not any(path.is_file() for path in (tmp_path / "cache").rglob("*"))


def test_a_file_that_was_damaged_in_the_cache_is_fetched_again(tmp_path, mirror):
    (mirror / "tool").write_bytes(b"tool")
    cache, tool = Cache(tmp_path / "cache", str(mirror)), Artifact("tool", digest(b"tool"))
    cache.fetch(tool)
    cache.path_of(tool).write_bytes(b"rot")
    assert not cache.has(tool)
    cache.fetch(tool)
    assert cache.has(tool)


def test_a_member_is_unpacked_and_executable(tmp_path, mirror):
    with zipfile.ZipFile(mirror / "tool.whl", "w") as archive:
        archive.writestr("data/scripts/tool", b"binary")
    artifact = Artifact("tool.whl", digest((mirror / "tool.whl").read_bytes()), member="data/scripts/tool")
    cache = Cache(tmp_path / "cache", str(mirror))
    cache.fetch(artifact)
    assert cache.path_of(artifact).read_bytes() == b"binary"
    assert cache.path_of(artifact).stat().st_mode & 0o111
    missing = Artifact(artifact.file, artifact.sha256, member="data/other")
    with pytest.raises(ArtifactError, match="has no member data/other"):
        cache.fetch(missing)


@pytest.mark.parametrize(
    ("artifact", "message"),
    [
        (Artifact("../tool", "0" * 64), "must be a plain file name"),
        (Artifact("", "0" * 64), "must be a plain file name"),
        (Artifact("tool", "0" * 63), "64 lower-case hexadecimal digits"),
        (Artifact("tool", "Z" * 64), "64 lower-case hexadecimal digits"),
    ],
)
def test_descriptions_that_cannot_be_right_are_refused(artifact, message):
    with pytest.raises(ArtifactError, match=message):
        check(artifact)


def test_what_no_source_has_names_the_sources_and_the_cure(tmp_path, mirror):
    check(Artifact("tool", "0" * 64))
    with pytest.raises(ArtifactError, match=r"mirror .*mirror: .* put it into the mirror as tool"):
        Cache(tmp_path / "cache", str(mirror)).fetch(Artifact("tool", "0" * 64))
    with pytest.raises(ArtifactError, match=r"no source is given\); set a mirror"):
        Cache(tmp_path / "cache").fetch(Artifact("tool", "0" * 64))
    with pytest.raises(ArtifactError, match="is not an http, https or file address"):
        Cache(tmp_path / "cache").fetch(Artifact("tool", "0" * 64, url="ftp://artifacts.example/tool"))
