#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: artifacts
short_description: Keep downloaded files in one checksummed cache
version_added: 0.1.0
description:
  - Makes sure that a list of files (binaries, wheels, image archives) lies in a cache folder on the controller, each
    with the SHA-256 named.
  - A mirror, a folder or a URL, is asked first. With a complete mirror nothing else is contacted, which is how sites
    without Internet access install.
  - A file with another checksum is refused and not kept.
extends_documentation_fragment: [tierline.erp.attributes]
options:
  cache:
    description: Folder that holds the files. It is made with mode 0700.
    type: path
    required: true
  mirror:
    description: Folder or C(http), C(https) or C(file) URL in which every artefact lies under its O(artifacts[].file) name.
    type: str
    default: ""
  artifacts:
    description: The files to have.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Key under which the path is returned.
        type: str
        required: true
      file:
        description: File name in the cache and in the mirror.
        type: str
        required: true
      sha256:
        description: SHA-256 of the file, in hexadecimal.
        type: str
        required: true
      url:
        description: Address to download the file from.
        type: str
        default: ""
      pypi:
        description: Exact requirement of a wheel on PyPI, C(name==version). pip's own configuration applies.
        type: str
        default: ""
      member:
        description:
          - Path of one file inside the zip archive or wheel. That file is unpacked, made executable, and its path is
            returned.
        type: str
        default: ""
author:
  - The tierline.erp contributors (@tierline)
"""

EXAMPLES = r"""
- name: The Traefik binary is in the cache
  tierline.erp.artifacts:
    cache: .cache/artifacts
    mirror: /srv/mirror
    artifacts:
      - name: traefik
        file: traefik_linux_amd64
        sha256: 9e1ee8de1d1e2e4bd4e6f1e1c9f3b1d8a5b0e9e3d6b7c8d9e0f1a2b3c4d5e6f7
        url: https://artifacts.example/traefik_linux_amd64
"""

RETURN = r"""
paths:
  description: Path of each file by the artefact's name.
  type: dict
  returned: always
  sample: {traefik: .cache/artifacts/traefik_linux_amd64}
checksums:
  description: SHA-256 of the file at each path. Empty where check mode has not fetched it.
  type: dict
  returned: always
  sample: {traefik: 9e1ee8de1d1e2e4bd4e6f1e1c9f3b1d8a5b0e9e3d6b7c8d9e0f1a2b3c4d5e6f7}
fetched:
  description: Files that were fetched, or would be in check mode.
  type: list
  elements: str
  returned: always
  sample: [traefik_linux_amd64]
"""

import pathlib

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tierline.erp.plugins.module_utils.artifacts.cache import Artifact, ArtifactError, Cache, check, sha256_of


def run(cache, artifacts, check_mode):
    for artifact in artifacts.values():
        check(artifact)
    missing = [artifact for artifact in artifacts.values() if not cache.has(artifact)]
    if not check_mode:
        for artifact in missing:
            cache.fetch(artifact)
    paths = {name: cache.path_of(artifact) for name, artifact in artifacts.items()}
    fetched = sorted(artifact.file for artifact in missing)
    return {
        "changed": bool(missing),
        "fetched": fetched,
        "paths": {name: str(path) for name, path in paths.items()},
        "checksums": {name: sha256_of(path) if path.is_file() else "" for name, path in paths.items()},
        "diff": {"before": "", "after": "".join(f"fetch {name}\n" for name in fetched)},
    }


def main():
    text = {"type": "str", "default": ""}
    item_spec = {
        "name": {"type": "str", "required": True},
        "file": {"type": "str", "required": True},
        "sha256": {"type": "str", "required": True},
        "url": text,
        "pypi": text,
        "member": text,
    }
    module = AnsibleModule(
        argument_spec={
            "cache": {"type": "path", "required": True},
            "mirror": text,
            "artifacts": {"type": "list", "elements": "dict", "required": True, "options": item_spec},
        },
        supports_check_mode=True,
    )
    items = {item.pop("name"): item for item in map(dict, module.params["artifacts"])}
    try:
        cache = Cache(pathlib.Path(module.params["cache"]), module.params["mirror"])
        result = run(cache, {name: Artifact(**item) for name, item in items.items()}, module.check_mode)
    except ArtifactError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
