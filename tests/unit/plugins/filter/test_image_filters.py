# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.tierline.erp.plugins.filter.cyclonedx import cyclonedx
from ansible_collections.tierline.erp.plugins.filter.image_inputs import image_inputs

ARCHIVE, COMMIT, DIGEST = "4f" * 32, "1d" * 20, "5b" * 32
IMAGE: dict[str, Any] = {
    "name": "registry.example.com/odoo-acme",
    "image": f"registry.example.com/odoo-acme@sha256:{DIGEST}",
    "base": f"registry.example.com/odoo@sha256:{'6c' * 32}",
    "created": "2026-11-23T01:02:03.123456789Z",
    "addons": [{"sha256": ARCHIVE, "source": "https://git.example.com/acme", "revision": "1.1"}],
    "modules": [{"name": "acme_sales", "version": "19.0.1.1.0", "archive": ARCHIVE}],
    "requirements": {"phonenumbers": {"version": "9.0", "sha256": ["aa" * 32]}},
    "contents": {
        "distribution": ["debian", "trixie"],
        "debian": [["libc6:amd64", "2.41-12", "amd64", "glibc", "2.41-12"], ["odoo-19", "19.0-1", "all", "odoo-19", "19.0-1"]],
        "python": [["phonenumbers", "9.0"]],
    },
}


def test_a_bill_names_all_that_is_in_the_image() -> None:
    bill = json.loads(cyclonedx(IMAGE))
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert bill["metadata"]["component"]["version"] == f"sha256:{DIGEST}"
    assert sorted(part["purl"] for part in bill["components"]) == [
        "pkg:deb/debian/libc6@2.41-12?arch=amd64&distro=trixie&upstream=glibc%402.41-12",
        "pkg:deb/debian/odoo-19@19.0-1?arch=all&distro=trixie",
        "pkg:generic/odoo/acme_sales@19.0.1.1.0",
        "pkg:pypi/phonenumbers@9.0",
    ]
    assert ARCHIVE in json.dumps(bill)
    assert "aa" * 32 in json.dumps(bill)


def test_the_same_image_has_the_same_bill() -> None:
    assert cyclonedx(IMAGE) == cyclonedx(json.loads(json.dumps(IMAGE)))


def test_there_is_no_bill_of_what_was_not_built() -> None:
    with pytest.raises(AnsibleFilterError, match="in check mode there is none"):
        cyclonedx({**IMAGE, "image": ""})


def test_commits_become_archives(tmp_path: Any) -> None:
    pins = tmp_path / "requirements.txt"
    pins.write_text("x==1 --hash=sha256:00\n", encoding="utf-8")
    declared = [
        {"name": "a", "requirements": str(pins), "addons": [{"repository": "https://git.example.com/x", "commit": COMMIT}]}
    ]
    (known,) = image_inputs(declared, {COMMIT: {"exists": True, "path": "/x.tar", "checksum": ARCHIVE}})
    assert known["addons"] == [
        {"archive": "/x.tar", "sha256": ARCHIVE, "source": "https://git.example.com/x", "revision": COMMIT}
    ]
    assert known["requirements"] == "x==1 --hash=sha256:00\n"
    (unknown,) = image_inputs(declared, {COMMIT: {"exists": False}})
    assert unknown["addons"][0]["sha256"] == "0" * 64
    assert "archive" not in unknown["addons"][0]


def test_requirements_that_are_not_there_are_told() -> None:
    with pytest.raises(AnsibleFilterError, match="can't be read"):
        image_inputs([{"name": "a", "requirements": "/nowhere.txt"}], {})
