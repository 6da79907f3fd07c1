# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: image_inputs
version_added: 0.1.0
short_description: What images are made of, as odoo_images takes it
description:
  - Custom modules that are declared as a commit become the archive that the commit was packed into, and files of requirements
    become their text.
author: The tierline.erp contributors (@tierline)
options:
  _input:
    description: Images as the role C(odoo_image) is given them.
    type: list
    elements: dict
    required: true
  packed:
    description: What M(ansible.builtin.stat) says of each commit's archive, by commit.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Build images
  tierline.erp.odoo_images:
    images: "{{ odoo_image_images | tierline.erp.image_inputs(packed) }}"
"""

RETURN = r"""
_value:
  description: The images.
  type: list
  elements: dict
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleFilterError

_UNKNOWN = "0" * 64


def image_inputs(images: Iterable[Mapping[str, Any]], packed: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A commit that was never fetched, which only check mode knows, stands for an image that has yet to be built."""
    return [
        {**image, "addons": [_addon(item, packed) for item in image.get("addons") or ()], **_requirements(image)}
        for image in images
    ]


def _addon(item: Mapping[str, Any], packed: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    if "commit" not in item:
        named = {
            "archive": item["archive"],
            "sha256": item["sha256"],
            "source": item.get("source"),
            "revision": item.get("revision"),
        }
        return {key: value for key, value in named.items() if value}
    file = packed.get(item["commit"]) or {}
    return {
        **({"archive": file["path"]} if file.get("exists") else {}),
        "sha256": file.get("checksum") or _UNKNOWN,
        "source": item["repository"],
        "revision": item["commit"],
    }


def _requirements(image: Mapping[str, Any]) -> dict[str, str]:
    if not image.get("requirements"):
        return {}
    try:
        return {"requirements": Path(image["requirements"]).read_text(encoding="utf-8")}
    except OSError as error:
        raise AnsibleFilterError(f"image_inputs: {image['requirements']} can't be read: {error.strerror}") from error


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"image_inputs": image_inputs}
