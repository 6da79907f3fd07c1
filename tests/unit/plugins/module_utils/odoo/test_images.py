# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an image is made of, and what is refused before anything is built."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.odoo import archives, image_builds, images
from ansible_collections.tierline.erp.plugins.module_utils.odoo.errors import OdooError
from ansible_collections.tierline.erp.plugins.module_utils.odoo.models import Settings

DIGEST = "sha256:" + "5b" * 32
ARCHIVE = "4f" * 32
NAME = "registry.example.com:5000/odoo-acme"
HASHES = ("aa" * 32, "bb" * 32)
REQUIREMENTS = f"# what acme needs\nphone_numbers==9.0 \\\n    --hash=sha256:{HASHES[0]} \\\n    --hash=sha256:{HASHES[1]}\n"
BASE = images.Base("19.0", frozenset({"base", "web", "account"}), "/usr/lib/python3/dist-packages/odoo/addons", True, "3.13")
SALES = images.Found("acme_sales", "19.0.1.1.0", ("account",), ARCHIVE)


def item(**changes: Any) -> dict[str, Any]:
    return {"name": NAME, "base": f"registry.example.com/odoo@{DIGEST}", "addons": [{"sha256": ARCHIVE}], **changes}


def test_the_same_inputs_have_the_same_tag_and_others_another() -> None:
    first = images.recipe(item())
    assert first.tag == images.recipe(item()).tag
    changes: list[dict[str, Any]] = [
        {"base": DIGEST},
        {"addons": []},
        {"requirements": REQUIREMENTS},
        {"revision": "1"},
        {"source": "x"},
        {"modules": ["web"]},
    ]
    assert len({first.tag, *(images.recipe(item(**change)).tag for change in changes)}) == len(changes) + 1


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"base": "odoo:19.0"}, "is not pinned"),
        ({"name": "odoo:latest:x"}, "without a tag"),
        ({"addons": [{"sha256": "abc"}]}, "64 hexadecimal digits"),
        ({"requirements": "phonenumbers==9.0\n"}, "'phonenumbers==9.0' is not pinned"),
        ({"requirements": "phonenumbers>=9 --hash=sha256:" + HASHES[0]}, "is not pinned"),
        ({"requirements": "--index-url https://elsewhere.example.com"}, "is not pinned"),
    ],
)
def test_what_is_not_pinned_is_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(OdooError, match=says):
        images.recipe(item(**changes))


@pytest.mark.parametrize(
    ("wheels", "says"),
    [
        ({"phone_numbers-9.0-py3-none-any.whl": HASHES[1]}, []),
        ({"phone_numbers-9.0-py3-none-any.whl": "cc" * 32}, ["it was changed"]),
        ({}, ["no wheel of phone-numbers 9.0 is there"]),
        ({"phone_numbers-9.0-py3-none-any.whl": HASHES[0], "other-1-py3-none-any.whl": HASHES[0]}, ["don't name"]),
    ],
)
def test_wheels_are_those_of_the_requirements(wheels: dict[str, str], says: list[str]) -> None:
    found = images.wheel_problems(REQUIREMENTS, wheels)
    assert len(found) == len(says)
    assert all(text in problem for text, problem in zip(says, found, strict=True))


@pytest.mark.parametrize(
    ("found", "wanted", "says"),
    [
        (SALES, (), None),
        (SALES, ("acme_sales", "account"), None),
        (SALES, ("acme_stock",), "module acme_stock is wanted, and neither"),
        (images.Found("acme_sales", "18.0.1.0.0", (), ARCHIVE), (), "is for Odoo 18.0, the base has Odoo 19.0"),
        (images.Found("acme_sales", "1.0", ("stock",), ARCHIVE), (), "depends on stock"),
        (images.Found("account", "1.0", (), ARCHIVE), (), "is in the base already"),
    ],
)
def test_modules_fit_the_base(found: images.Found, wanted: tuple[str, ...], says: str | None) -> None:
    problems = images.problems(images.recipe(item(modules=wanted)), BASE, [found])
    assert [says in text for text in problems] == ([True] if says else []) if says else problems == []


def test_python_packages_need_pip() -> None:
    without = images.Base("19.0", BASE.available, BASE.home, False, "3.13")
    want = images.recipe(item(requirements=REQUIREMENTS))
    assert any("has no pip" in text for text in images.problems(want, without, []))


def test_a_build_reaches_no_network_and_leaves_the_base_its_user() -> None:
    text = images.dockerfile(images.recipe(item(requirements=REQUIREMENTS)), BASE, [SALES], "odoo")
    assert text.splitlines()[-1] == "USER odoo"
    assert "--no-index" in text
    assert "--require-hashes" in text
    assert f"COPY addons {BASE.home}" in text


def test_labels_say_what_is_in_it() -> None:
    told = images.labels(images.recipe(item(source="https://git.example.com/acme", revision="1.1")), [SALES])
    assert told["org.opencontainers.image.revision"] == "1.1"
    assert told["org.opencontainers.image.base.digest"] == DIGEST
    assert json.loads(told[images.LABEL_ADDONS]) == [{"name": "acme_sales", "version": "19.0.1.1.0", "archive": ARCHIVE}]


class FakeEngine:
    """An engine with a registry; a build is as good as its labels."""

    def __init__(self, lacks: dict[str, str] | None = None) -> None:
        self.images: dict[str, dict[str, Any]] = {}
        self.registry: dict[str, dict[str, Any]] = {}
        self.lacks = lacks or {}
        self.did: list[str] = []

    def image(self, reference: str) -> dict[str, Any] | None:
        return self.images.get(reference)

    def image_problem(self, _reference: str) -> str | None:
        return None

    def pull(self, reference: str) -> None:
        self.images[reference] = next((one for one in self.registry.values() if one["Id"] in reference), {})

    def published(self, reference: str) -> str:
        return str(self.registry.get(reference, {}).get("Id", ""))

    def run_once(self, _name: str, config: dict[str, Any], _timeout: int) -> str:
        if config["Cmd"][1] == images.PROBE:
            return json.dumps(
                {"series": "19.0", "available": sorted(BASE.available), "home": BASE.home, "pip": True, "python": "3.13"}
            )
        return json.dumps({"lacks": self.lacks, "debian": [], "python": [], "distribution": ["debian", "trixie"]})

    def build(self, reference: str, context: bytes) -> None:
        self.did.append("build")
        labels = [line.partition(" ")[2] for line in context.decode(errors="ignore").splitlines() if line.startswith("LABEL")]
        told = {name: json.loads(value) for name, _equals, value in (label.partition("=") for label in labels)}
        made = "sha256:" + hashlib.sha256(context).hexdigest()
        self.images[reference] = {"Id": made, "Created": "2026-11-23T01:02:03.456789Z", "Config": {"Labels": told}}

    def push(self, reference: str) -> str:
        self.did.append("push")
        self.registry[reference] = self.images[reference]
        return str(self.images[reference]["Id"])

    def forget(self, reference: str) -> None:
        self.did.append("forget")
        del self.images[reference]


@pytest.fixture(name="files")
def _files(tmp_path: Any) -> tuple[str, str]:
    home = tmp_path / "custom" / ARCHIVE / "acme_sales"
    home.mkdir(parents=True)
    (home / "__manifest__.py").write_text("{'version': '19.0.1.1.0', 'depends': ['account']}", encoding="utf-8")
    return str(tmp_path / "custom"), str(tmp_path / "archives")


def builder(engine: Any, files: tuple[str, str], check_mode: bool = False) -> image_builds.Builder:
    return image_builds.Builder(engine, Settings(custom_dir=files[0]), files[1], files[1], check_mode)


def run(engine: Any, files: tuple[str, str], check_mode: bool = False, push: bool = True) -> dict[str, Any]:
    rows = image_builds.reconcile(builder(engine, files, check_mode), [images.recipe(item())], push, lambda _text: None)
    return rows[0]


def test_an_image_is_built_once_and_check_mode_says_so_before(files: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "problem", lambda *_words: None)
    engine = FakeEngine()
    dry = run(engine, files, check_mode=True)
    assert (dry["built"], dry["pushed"], dry["image"], engine.did) == (True, True, "", [])
    first = run(engine, files)
    assert (first["built"], first["pushed"], engine.did) == (True, True, ["build", "push"])
    assert first["image"] == f"{NAME}@{engine.registry[f'{NAME}:' + first['tag']]['Id']}"
    assert [row["name"] for row in first["modules"]] == ["acme_sales"]
    for again in (run(engine, files), run(engine, files, check_mode=True)):
        assert (again["built"], again["pushed"], again["image"]) == (False, False, first["image"])
    # Another machine takes what the registry has.
    engine.images.clear()
    assert run(engine, files)["image"] == first["image"]
    assert engine.did == ["build", "push"]


def test_without_a_registry_it_is_known_by_its_id(files: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "problem", lambda *_words: None)
    engine = FakeEngine()
    row = run(engine, files, push=False)
    assert (row["built"], row["pushed"], engine.did) == (True, False, ["build"])
    assert row["image"].startswith("sha256:")


def test_what_lacks_a_library_is_gone_again(files: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "problem", lambda *_words: None)
    engine = FakeEngine({"acme_sales": "phonenumbers is missing"})
    with pytest.raises(OdooError, match="acme_sales can't work in the image: phonenumbers"):
        run(engine, files)
    assert engine.did == ["build", "forget"]


def test_a_tag_that_was_moved_is_refused(files: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "problem", lambda *_words: None)
    engine = FakeEngine()
    tag = run(engine, files)["tag"]
    for where in (engine.images, engine.registry):
        where[f"{NAME}:{tag}"]["Config"]["Labels"][images.LABEL_INPUTS] = "other"
    with pytest.raises(OdooError, match="made of something else"):
        run(engine, files)
    engine.images.clear()
    with pytest.raises(OdooError, match="somebody has moved the tag"):
        run(engine, files)


def test_a_changed_archive_is_refused_before_anything_is_built(files: tuple[str, str], tmp_path: Any) -> None:
    (tmp_path / "archives").mkdir()
    (tmp_path / "archives" / ARCHIVE).write_bytes(b"changed")
    engine = FakeEngine()
    with pytest.raises(OdooError, match="declared is"):
        run(engine, files)
    assert engine.did == []
