# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sphinx settings; `make docs` builds."""

from __future__ import annotations

import pathlib
import re

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

project = "tierline.erp"
author = "the tierline.erp contributors"
copyright = f"2026, {author}"

extensions = ["myst_parser", "sphinx_antsibull_ext"]
source_suffix = {".rst": "restructuredtext", ".md": "markdown"}
exclude_patterns = ["_build"]
html_theme = "sphinx_ansible_theme"
html_theme_options = {"documentation_home_url": "index.html"}
html_title = "tierline.erp"
html_copy_source = False
highlight_language = "YAML+Jinja"
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
ROOT = pathlib.Path(__file__).resolve().parents[1]
REPOSITORY = "https://github.com/tierline/erp/blob/main"

# Labels of Ansible's own documentation. Sphinx would download its index for them; a link needs no download.
ANSIBLE = "https://docs.ansible.com/ansible-core/2.19/"
ANSIBLE_LABELS = {
    "common_return_values": "reference_appendices/common_return_values.html",
    "ansible_configuration_settings": "reference_appendices/config.html",
    "action_plugins": "plugins/action.html",
}


def link_to_ansible(_app: object, _env: object, node: addnodes.pending_xref, inside: nodes.Node) -> nodes.reference | None:
    """Resolve a reference to Ansible's documentation; any other unknown label stays a warning, and so an error."""
    label = node.get("reftarget", "")
    page = ANSIBLE_LABELS.get(label)
    if plugin := re.fullmatch(r"ansible_collections\.ansible\.builtin\.(\w+)(__.*)?", label):
        page = f"collections/ansible/builtin/{plugin[1]}.html"
    return nodes.reference("", "", inside, refuri=ANSIBLE + page) if page else None


def link_to_repository(_app: object, _page: str, text: list[str]) -> None:
    """Pages link to files beside docs/, which have no HTML: link to the repository, where the file exists."""

    def link(match: re.Match[str]) -> str:
        return f"]({REPOSITORY}/{match[1]})" if (ROOT / match[1]).exists() else match[0]

    text[0] = re.sub(r"\]\(\.\./([^)#]+)\)", link, text[0])


def setup(app: Sphinx) -> None:
    app.connect("source-read", link_to_repository)
    app.connect("missing-reference", link_to_ansible)
