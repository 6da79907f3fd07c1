#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: lab_images
short_description: Make the images that lab hosts and lab applications run on
version_added: 0.1.0
description:
  - Makes a list of images, in order, from Debian packages alone. No container registry is needed.
  - An image is made again only when its recipe (suite, packages, Dockerfile, files, arguments, parent image) has changed.
extends_documentation_fragment: [tierline.erp.attributes]
options:
  images:
    description: The images, parents before children.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Reference that the image gets.
        type: str
        required: true
      suite:
        description: Debian release that mmdebstrap unpacks into the image. Give this or O(images[].dockerfile).
        type: str
      packages:
        description: Packages beside the essential ones, with O(images[].suite).
        type: list
        elements: str
        default: []
      mirror:
        description: Debian mirror for O(images[].suite). mmdebstrap's own default when empty.
        type: str
        default: ""
      dockerfile:
        description: Path of a Dockerfile on this machine.
        type: path
      files:
        description: Paths of the files that the Dockerfile copies. Nothing else is in the build context.
        type: list
        elements: path
        default: []
      args:
        description: Build arguments. C(BASE) names the parent image.
        type: dict
        default: {}
  state:
    description: V(absent) removes every image that this module ever made on this engine, and the volumes that labs share.
    type: str
    choices: [present, absent]
    default: present
author:
  - The tierline.erp contributors (@tierline)
"""

EXAMPLES = r"""
- name: A Debian 13 base image exists
  tierline.erp.lab_images:
    images:
      - name: tierline-lab/base:trixie
        suite: trixie
        packages: [systemd, systemd-sysv, python3]
"""

RETURN = r"""
images:
  description: The images' ids by name. An id is empty where check mode has not made the image.
  type: dict
  returned: when O(state=present)
  sample: {'tierline-lab/base:trixie': 'sha256:4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945'}
made:
  description: Names of the images that were made or removed.
  type: list
  elements: str
  returned: always
  sample: [tierline-lab/base:trixie]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tierline.erp.plugins.module_utils.lab.errors import LabError
from ansible_collections.tierline.erp.plugins.module_utils.lab.images import Image, ImageStore
from ansible_collections.tierline.erp.plugins.module_utils.lab.lock import exclusive
from ansible_collections.tierline.erp.plugins.module_utils.lab.store import connect


def present(store, images, check_mode):
    made = []
    ids = {}
    for image in images:
        recipe = image.recipe(store.parent_of(image))
        if store.read(image.name)[1] != recipe:
            made.append(image.name)
            if not check_mode:
                store.make(image, recipe)
        ids[image.name] = store.read(image.name)[0]
    return {
        "changed": bool(made),
        "made": made,
        "images": ids,
        "diff": {"before": "", "after": "".join(f"make {name}\n" for name in made)},
    }


def absent(store, check_mode):
    images, volumes = store.list_made(), store.list_shared()
    names = images + volumes
    if not check_mode:
        for name in reversed(images):
            store.remove(name)
        for name in volumes:
            store.remove_shared(name)
    return {"changed": bool(names), "made": names, "diff": {"before": "".join(f"{name}\n" for name in names), "after": ""}}


def as_image(item):
    if bool(item["suite"]) == bool(item["dockerfile"]):
        raise LabError(f"image {item['name']} needs either suite or dockerfile, and not both")
    return Image(
        name=item["name"],
        suite=item["suite"] or "",
        packages=tuple(item["packages"]),
        mirror=item["mirror"],
        dockerfile=item["dockerfile"] or "",
        files=tuple(item["files"]),
        args={key: str(value) for key, value in item["args"].items()},
    )


def main():
    image_spec = {
        "name": {"type": "str", "required": True},
        "suite": {"type": "str"},
        "packages": {"type": "list", "elements": "str", "default": []},
        "mirror": {"type": "str", "default": ""},
        "dockerfile": {"type": "path"},
        "files": {"type": "list", "elements": "path", "default": []},
        "args": {"type": "dict", "default": {}},
    }
    module = AnsibleModule(
        argument_spec={
            "images": {"type": "list", "elements": "dict", "default": [], "options": image_spec},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        supports_check_mode=True,
    )
    try:
        with exclusive():
            store = ImageStore(connect())
            if module.params["state"] == "absent":
                result = absent(store, module.check_mode)
            else:
                result = present(store, [as_image(item) for item in module.params["images"]], module.check_mode)
    except LabError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
