# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: cyclonedx
version_added: 0.1.0
short_description: Bill of materials of an Odoo image
description:
  - Writes what an image holds as a CycloneDX 1.6 document in JSON, with the library that the CycloneDX project keeps.
  - It names the distribution's packages, the Python packages beside them, and custom modules with their archives. The same image
    gives the same text.
  - The library C(cyclonedx-python-lib) has to be on the controller.
author: The tierline.erp contributors (@tierline)
options:
  _input:
    description: An image, as M(tierline.erp.odoo_images) returns it.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Keep the bill of materials
  ansible.builtin.copy:
    content: "{{ built.images[0] | tierline.erp.cyclonedx }}"
    dest: /srv/records/odoo-acme.cdx.json
    mode: "0644"
"""

RETURN = r"""
_value:
  description: The document.
  type: str
"""

import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.tierline.erp.plugins.module_utils.odoo import images

try:
    from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, Property, XsUri
    from cyclonedx.model.bom import Bom, BomMetaData
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.output.json import JsonV1Dot6
    from packageurl import PackageURL

    HAVE_LIBRARY = True
except ImportError:  # reported when the filter is used
    HAVE_LIBRARY = False

_SPACE = uuid.UUID("8f2dbf4e-3b0c-5a55-9d43-0c2d6f1f7a11")


def cyclonedx(image: Mapping[str, Any]) -> str:
    """Sorted and without a clock: a bill that differs tells of an image that differs."""
    if not HAVE_LIBRARY:
        raise AnsibleFilterError(
            "cyclonedx: the Python library cyclonedx-python-lib is missing on the controller: pip install cyclonedx-python-lib"
        )
    if not image.get("image") or not image.get("contents"):
        raise AnsibleFilterError(
            "cyclonedx takes an image that was built, as odoo_images returns it; in check mode there is none."
        )
    digest = image["image"].rpartition("sha256:")[2]
    root = Component(
        name=image["name"],
        version=f"sha256:{digest}",
        type=ComponentType.CONTAINER,
        bom_ref=f"image:{digest}",
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest)],
        properties=[Property(name="tierline:base", value=image["base"])],
    )
    components = [*_distribution(image["contents"]), *_python(image), *_modules(image)]
    bom = Bom(
        serial_number=uuid.uuid5(_SPACE, digest),
        components=components,
        metadata=BomMetaData(component=root, timestamp=_moment(image["created"])),
    )
    bom.register_dependency(root, components)
    return JsonV1Dot6(bom).output_as_string(indent=1) + "\n"


def _moment(text: str) -> datetime:
    """The engine has nanoseconds, which nobody else has."""
    return datetime.fromisoformat(text[:19]).replace(tzinfo=UTC)


def _distribution(contents: Mapping[str, Any]) -> list[Any]:
    name, codename = contents["distribution"]
    found = []
    for package, version, architecture, source, origin in contents["debian"]:
        plain = package.partition(":")[0]
        words = {"arch": architecture, **({"distro": codename} if codename else {}), **_upstream(plain, version, source, origin)}
        url = PackageURL("deb", name, plain, version, words)
        found.append(Component(name=plain, version=version, type=ComponentType.LIBRARY, purl=url, bom_ref=f"deb:{package}"))
    return found


def _upstream(package: str, version: str, source: str, origin: str) -> dict[str, str]:
    """Advisories are about source packages."""
    return {"upstream": f"{source}@{origin}"} if (source, origin) != (package, version) else {}


def _python(image: Mapping[str, Any]) -> list[Any]:
    pinned = image["requirements"]
    found = []
    for name, version in image["contents"]["python"]:
        plain = images.normal(name)
        hashes = pinned[plain]["sha256"] if pinned.get(plain, {}).get("version") == version else []
        properties = [Property(name="tierline:pinned-sha256", value=text) for text in hashes]
        url = PackageURL("pypi", None, plain, version)
        found.append(
            Component(
                name=name, version=version, type=ComponentType.LIBRARY, purl=url, bom_ref=f"pypi:{plain}", properties=properties
            )
        )
    return found


def _modules(image: Mapping[str, Any]) -> list[Any]:
    origins = {row["sha256"]: row for row in image["addons"]}
    found = []
    for row in image["modules"]:
        origin = origins.get(row["archive"], {})
        told = {"tierline:archive-sha256": row["archive"], "tierline:revision": origin.get("revision", "")}
        source = origin.get("source", "")
        found.append(
            Component(
                name=row["name"],
                version=row["version"],
                type=ComponentType.APPLICATION,
                bom_ref=f"odoo:{row['name']}",
                purl=PackageURL("generic", "odoo", row["name"], row["version"]),
                properties=[Property(name=name, value=value) for name, value in told.items() if value],
                external_references=[ExternalReference(type=ExternalReferenceType.VCS, url=XsUri(source))] if source else [],
            )
        )
    return found


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"cyclonedx": cyclonedx}
