# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Names and domains that are good, defaults that the schema itself accepts, ports that nothing else takes."""

import re
from collections.abc import Mapping

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.estate import schema
from ansible_collections.tierline.erp.plugins.module_utils.estate.fields import Field

ALL = {
    "environment": schema.ENVIRONMENT,
    "cell": schema.CELL,
    "store": schema.STORE,
    "machine": schema.MACHINE,
    "tier": schema.TIER,
}
FIELDS = [pytest.param(fields[key], id=f"{kind}: {key}") for kind, fields in ALL.items() for key in fields]


@pytest.mark.parametrize("field", FIELDS)
def test_a_field_explains_itself_and_accepts_its_own_default(field: Field) -> None:
    assert field.doc
    assert field.default is None or field.accepts(field.default)
    assert not (field.required and field.default is not None)


@pytest.mark.parametrize(
    ("domain", "good"),
    [
        ("acme.example", True),
        ("erp.acme-2.example", True),
        ("xn--strae-oqa.example", True),
        ("acme", False),
        ("Acme.example", False),
        ("-acme.example", False),
        ("acme-.example", False),
        ("acme..example", False),
        ("acme.example.", False),
        ("*.acme.example", False),
        ("a" * 63 + ".example", True),
        ("a" * 64 + ".example", False),
        (".".join(["a" * 60] * 4) + ".example", True),
        (".".join(["a" * 60] * 5) + ".example", False),
        ("acme.example\n", False),
    ],
)
def test_domains(domain: str, good: bool) -> None:
    assert schema.ENVIRONMENT["domains"].accepts([domain]) is good


@pytest.mark.parametrize(
    ("name", "good"), [("a", True), ("a" * 48, True), ("a" * 49, False), ("1a", False), ("a-b", False), ("", False)]
)
def test_names(name: str, good: bool) -> None:
    assert schema.ENVIRONMENT["tenant"].accepts(name) is good


def test_ports_end_where_the_kernel_s_own_begin() -> None:
    """Above 32767 Linux takes ports for outgoing connections."""
    assert schema.PORT_LAST < 32768
    assert (schema.PORT_LAST - schema.PORT_FIRST + 1) % schema.PORT_BLOCK == 0


def test_what_every_environment_gets_is_what_it_could_have_written() -> None:
    words: Mapping[str, object] = {
        "modules": schema.DEFAULT_MODULES,
        "database_extensions": schema.DEFAULT_EXTENSIONS,
        "image": schema.DEFAULT_IMAGE,
    }
    assert [key for key, value in words.items() if not schema.ENVIRONMENT[key].accepts(value)] == []


def test_an_environment_changes_sizes_never_promises() -> None:
    groups = {re.split(r"[.]", key)[0] for key in schema.OVERRIDABLE}
    assert groups == {"sizing", "quotas", "schedule", "logs", "price"}
