# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An image is made again when, and only when, what it is made from has changed."""

from ansible_collections.tierline.erp.plugins.module_utils.lab.images import Image


def test_the_recipe_follows_every_ingredient_and_nothing_else(tmp_path):
    dockerfile, extra = tmp_path / "Dockerfile", tmp_path / "entry.sh"
    dockerfile.write_text("FROM base\n")
    extra.write_text("true\n")
    built = Image("name", dockerfile=str(dockerfile), files=(str(extra),), args={"BASE": "x"})
    first = built.recipe("sha256:1")
    assert built.recipe("sha256:1") == first
    assert built.recipe("sha256:2") != first
    extra.write_text("false\n")
    assert built.recipe("sha256:1") != first


def test_the_order_of_packages_does_not_matter_but_the_packages_do():
    assert Image("n", suite="trixie", packages=("a", "b")).recipe("") == Image("n", suite="trixie", packages=("b", "a")).recipe(
        ""
    )
    assert Image("n", suite="trixie", packages=("a",)).recipe("") != Image("n", suite="trixie", packages=("b",)).recipe("")
    assert Image("n", suite="trixie").recipe("") != Image("n", suite="bookworm").recipe("")
