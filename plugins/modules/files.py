#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: files
short_description: Directories and files of a machine, in one call
version_added: 0.1.0
description:
  - Makes directories, and writes files whose content is given, lies beside the role, or is rendered from the role's templates.
    A role that needs ten files would otherwise take ten or twenty round trips to each machine.
  - Templates and files are read on the controller, as M(ansible.builtin.template) and M(ansible.builtin.copy) find them.
  - Everything is checked before anything is written. In check mode an owner may be unknown, whose package isn't
    installed yet. A file is replaced in one step. What a path holds of another kind (a directory, a link) is refused, never
    replaced. Nothing is removed.
  - Text only, in UTF-8.
extends_documentation_fragment: [tierline.erp.attributes]
options:
  directories:
    description: Directories that must be there. Those above them are made with mode 0755.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: The directory.
        type: str
        required: true
      owner:
        description: User that owns it. Empty where it keeps the one that it has; a new one is root's then.
        type: str
        default: root
      group:
        description: Group that owns it. Empty likewise.
        type: str
        default: root
      mode:
        description: Its mode, as octal text.
        type: str
        default: "0755"
  files:
    description: Files that must be there. Each entry has one of O(files[].content), O(files[].src) and O(files[].template).
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: The file. Give this or O(files[].directory).
        type: str
      directory:
        description: Where the file, or several, go under the names that they have; the ending C(.j2) of templates is left out.
        type: str
      content:
        description: What the file holds.
        type: str
      src:
        description: Files of the role (C(files/)), or absolute paths, on the controller.
        type: list
        elements: str
      template:
        description: Templates of the role (C(templates/)).
        type: list
        elements: str
      owner:
        description: User that owns it.
        type: str
        default: root
      group:
        description: Group that owns it.
        type: str
        default: root
      mode:
        description: Its mode, as octal text.
        type: str
        default: "0644"
      secret:
        description: Whether the content stays out of diffs. The task needs C(no_log) besides.
        type: bool
        default: false
author:
  - The tierline.erp contributors (@tierline)
"""

EXAMPLES = r"""
- name: Install the reporter and its units
  tierline.erp.files:
    directories:
      - {path: /usr/local/lib/tierline/reporter}
      - {path: /var/spool/tierline, owner: postgres, group: postgres, mode: "0750"}
    files:
      - {src: [reporter.py, rules.py], directory: /usr/local/lib/tierline/reporter}
      - {template: [reporter.service.j2, reporter.timer.j2], directory: /etc/systemd/system}
      - {content: "{{ reporter_settings | to_nice_json }}\n", path: /etc/tierline/reporter.json, mode: "0640"}
"""

RETURN = r"""
paths:
  description: What was made, written or given another owner or mode (in check mode what would be).
  type: list
  elements: str
  returned: always
  sample: [/etc/systemd/system/reporter.timer]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tierline.erp.plugins.module_utils.files import plan, store
from ansible_collections.tierline.erp.plugins.module_utils.files.errors import FilesError


def run(directories, files, check_mode):
    items = plan.distinct(
        [plan.item(**each) for each in directories]
        + [plan.item(each["path"], each["owner"], each["group"], each["mode"], each["content"], each["secret"]) for each in files]
    )
    seen = store.read(items)
    wanted = plan.changes(items, seen)
    if not check_mode:
        store.check_names(wanted)
        for each in wanted:
            store.apply(each)
    return {"changed": bool(wanted), "paths": [each.path for each in wanted], "diff": plan.differences(wanted, seen)}


def main():
    module = AnsibleModule(
        argument_spec={
            "directories": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "path": {"type": "str", "required": True},
                    "owner": {"type": "str", "default": "root"},
                    "group": {"type": "str", "default": "root"},
                    "mode": {"type": "str", "default": "0755"},
                },
            },
            "files": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "path": {"type": "str"},
                    "directory": {"type": "str"},
                    "content": {"type": "str"},
                    "src": {"type": "list", "elements": "str"},
                    "template": {"type": "list", "elements": "str"},
                    "owner": {"type": "str", "default": "root"},
                    "group": {"type": "str", "default": "root"},
                    "mode": {"type": "str", "default": "0644"},
                    "secret": {"type": "bool", "default": False, "no_log": False},
                },
                "mutually_exclusive": [("content", "src", "template"), ("path", "directory")],
                "required_one_of": [("content", "src", "template"), ("path", "directory")],
            },
        },
        supports_check_mode=True,
    )
    files = module.params["files"]
    if any(each["content"] is None for each in files):
        module.fail_json(msg="files with src or template are read on the controller: run this as a task, not by itself")
    try:
        result = run(module.params["directories"], files, module.check_mode)
    except FilesError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
