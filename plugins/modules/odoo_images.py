#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: odoo_images
version_added: 0.1.0
short_description: Build Odoo images from a base, custom modules and Python packages
description:
  - Builds images on the machine's Docker engine. A base that is named by its digest gets archives of custom modules, named by
    their SHA-256, and wheels, named by the hashes of a requirements file. The build itself reaches no network.
  - What is made of the same inputs is not made again. It has a tag that follows from them, and is looked for on the machine and
    in the registry.
  - Files that have another hash, modules that are for another Odoo, or whose dependencies or Python libraries nobody has, and
    wanted modules that nobody has are refused. Nothing is built of a list with such an image in it, and nothing is pushed.
  - Check mode says what would be built and pushed. Archives are looked into by a real run only.
extends_documentation_fragment: tierline.erp.attributes
author: The tierline.erp contributors (@tierline)
options:
  images:
    description: The images.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Repository, with its registry before it where it is pushed to one. It has no tag.
        type: str
        required: true
      base:
        description: Image that has Odoo, by digest (C(name@sha256:...)), or by ID (C(sha256:...)) where it is on the machine.
        type: str
        required: true
      addons:
        description: Archives of custom modules.
        type: list
        elements: dict
        default: []
        suboptions:
          sha256:
            description: SHA-256 of the archive, which is its name in O(archive_dir).
            type: str
            required: true
          archive:
            description: Path of it on the controller. Nobody here looks at it.
            type: str
          source:
            description: Where it comes from, for the record.
            type: str
          revision:
            description: Commit or version of it, for the record.
            type: str
      modules:
        description: Odoo modules that the image has to hold, whether they come from the base or from archives.
        type: list
        elements: str
        default: []
      requirements:
        description:
          - Python packages, as the text of a requirements file in which each has its version and its hashes.
          - Wheels of them lie in the directory of O(wheel_dir) that is named by the SHA-256 of this text.
          - They come before the base's own packages.
        type: str
        default: ""
      source:
        description: Address of the sources, for the label C(org.opencontainers.image.source).
        type: str
      revision:
        description: Revision of the sources, for the label C(org.opencontainers.image.revision).
        type: str
  push:
    description: Whether images go to their registries. The engine must be logged in where those ask for that.
    type: bool
    default: true
  archive_dir:
    description: Directory of the machine where the archives lie. Each has its SHA-256 as its name.
    type: path
    default: /var/cache/tierline/addons
  custom_dir:
    description: Directory for the unpacked archives.
    type: path
    default: /usr/local/share/tierline/addons
  wheel_dir:
    description: Directory of the machine where the wheels lie, in a directory for each set.
    type: path
    default: /var/cache/tierline/wheels
seealso:
  - module: tierline.erp.odoo_addons
  - module: tierline.erp.odoo_release
"""

EXAMPLES = r"""
- name: The registry has this month's image of acme
  tierline.erp.odoo_images:
    images:
      - name: registry.example.com/odoo-acme
        base: registry.example.com/odoo@sha256:5b1c2e0f4a3d69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0
        addons:
          - sha256: 4f0c6b1e9d2a7853c4b0f1e2d3a495867788990011223344556677889900aabb
            source: https://git.example.com/acme/odoo-sales
            revision: 1d5f0c2b3a49586776859403f1e2d3c4b5a69788
        modules: [acme_sales]
"""

RETURN = r"""
images:
  description: The images in the order of O(images).
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: As declared.
      type: str
    image:
      description: What environments are to run, by digest, or by ID where nothing was pushed. Empty before it is built.
      type: str
    tag:
      description: Tag that follows from the inputs.
      type: str
    base:
      description: As declared.
      type: str
    created:
      description: When it was built.
      type: str
    built:
      description: Whether it was, or in check mode would be, built.
      type: bool
    pushed:
      description: Whether it was, or in check mode would be, pushed.
      type: bool
    addons:
      description: Archives with their source and revision.
      type: list
      elements: dict
    modules:
      description: Custom modules with their version and archive.
      type: list
      elements: dict
    requirements:
      description: Version and hashes of each declared Python package.
      type: dict
    labels:
      description: All labels.
      type: dict
    contents:
      description: Packages of the distribution, and Python packages that are not among them. Empty in check mode.
      type: dict
  sample:
    - name: registry.example.com/odoo-acme
      image: registry.example.com/odoo-acme@sha256:77aa2e0f4a3d69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0
      built: true
      pushed: true
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tierline.erp.plugins.module_utils.odoo import image_builds, images
from ansible_collections.tierline.erp.plugins.module_utils.odoo.engine import reported
from ansible_collections.tierline.erp.plugins.module_utils.odoo.errors import OdooError, refuse
from ansible_collections.tierline.erp.plugins.module_utils.odoo.models import Settings


def parsed(items):
    found, problems = [], []
    for item in items:
        try:
            found.append(images.recipe(item))
        except OdooError as error:
            problems.append(str(error))
    refuse(problems)
    return found


def run(engine, params, check_mode, warn):
    settings = Settings(custom_dir=params["custom_dir"])
    builder = image_builds.Builder(engine, settings, params["archive_dir"], params["wheel_dir"], check_mode)
    rows = image_builds.reconcile(builder, parsed(params["images"]), params["push"], warn)
    after = "".join(
        f"{verb} {row['name']}:{row['tag']}\n"
        for row in rows
        for verb, done in (("build", row["built"]), ("push", row["pushed"]))
        if done
    )
    return {"changed": bool(after), "images": rows, "diff": {"before": "", "after": after}}


def main():
    addon = {name: {"type": "str", "required": name == "sha256"} for name in ("sha256", "archive", "source", "revision")}
    image = {
        "name": {"type": "str", "required": True},
        "base": {"type": "str", "required": True},
        "addons": {"type": "list", "elements": "dict", "default": [], "options": addon},
        "modules": {"type": "list", "elements": "str", "default": []},
        "requirements": {"type": "str", "default": ""},
        "source": {"type": "str"},
        "revision": {"type": "str"},
    }
    module = AnsibleModule(
        argument_spec={
            "images": {"type": "list", "elements": "dict", "required": True, "options": image},
            "push": {"type": "bool", "default": True},
            "archive_dir": {"type": "path", "default": "/var/cache/tierline/addons"},
            "custom_dir": {"type": "path", "default": "/usr/local/share/tierline/addons"},
            "wheel_dir": {"type": "path", "default": "/var/cache/tierline/wheels"},
        },
        supports_check_mode=True,
    )
    try:
        with reported():
            result = run(image_builds.ImageEngine(), module.params, module.check_mode, module.warn)
    except OdooError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
