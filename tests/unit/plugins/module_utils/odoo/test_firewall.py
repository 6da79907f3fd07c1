# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.odoo import firewall
from ansible_collections.tierline.erp.plugins.module_utils.odoo.errors import OdooError

PORTS = (10000, 32767)


def test_containers_are_kept_from_the_metadata_of_a_cloud() -> None:
    text = firewall.render([], (10000, 32767))
    assert text.index("ip daddr 169.254.0.0/16 counter drop") < text.index("fib daddr type != local accept")


def test_only_edges_are_let_in() -> None:
    text = firewall.render(["192.0.2.2", "192.0.2.1", "2001:db8::1", "127.0.1.1"], PORTS)
    assert "elements = { 192.0.2.1, 192.0.2.2 }" in text
    assert "elements = { 2001:db8::1 }" in text
    assert "127.0.1.1" not in text
    assert "tcp dport != 10000-32767 accept" in text


def test_a_neighbouring_container_is_stopped_before_an_edge_is_let_in() -> None:
    lines = firewall.render(["192.0.2.1"], PORTS).splitlines()
    order = [lines.index(next(line for line in lines if part in line)) for part in ('"tl-*" counter drop', "@edge4", "@edge6")]
    assert order == sorted(order)


def test_the_order_of_addresses_does_not_matter() -> None:
    assert firewall.render(["192.0.2.1", "192.0.2.9"], PORTS) == firewall.render(["192.0.2.9", "192.0.2.1"], PORTS)


def test_no_edge_is_valid() -> None:
    assert "elements" not in firewall.render([], PORTS)


@pytest.mark.parametrize("text", ["", "10000", "20000-10000", "80-443", "10000-70000", "a-b"])
def test_a_bad_range_is_refused(text: str) -> None:
    with pytest.raises(OdooError, match="a range such as"):
        firewall.parse_ports(text)


def test_what_is_written_and_loaded_is_left_alone() -> None:
    text = firewall.render(["192.0.2.1"], PORTS)
    assert firewall.parse_ports(" 10000-32767 ") == PORTS
    assert firewall.plan("/f", text, text, text) == []


@pytest.mark.parametrize(
    ("have", "loaded", "actions"),
    [(None, None, ["write", "load"]), ("old", "old", ["write", "load"]), ("same", None, ["load"]), ("same", "old", ["load"])],
)
def test_file_and_kernel_are_both_brought_up(have: str | None, loaded: str | None, actions: list[str]) -> None:
    text = firewall.render(["192.0.2.1"], PORTS)
    steps = firewall.plan("/f", text if have == "same" else have, loaded, text)
    assert [step.action for step in steps] == actions
