# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.tierline.erp.plugins.module_utils.odoo import egress, firewall
from ansible_collections.tierline.erp.plugins.module_utils.odoo.spec import bridge_name


def test_nothing_is_let_through_where_nothing_is_allowed() -> None:
    lines = [line.strip() for line in egress.render("acme_staging", ()).splitlines()]
    assert f'iifname != "{bridge_name("acme_staging")}" accept' in lines
    after = lines[lines.index("ct direction reply accept") + 1 :]
    assert after[0] == "counter drop"


def test_only_what_is_allowed_is_let_through() -> None:
    text = egress.render("acme_staging", [("192.0.2.10", 6432), ("2001:db8::1", 6379), ("127.0.1.1", 6432), ("192.0.2.10", 6432)])
    assert text.count("ip daddr 192.0.2.10 tcp dport 6432 accept") == 1
    assert "ip6 daddr 2001:db8::1 tcp dport 6379 accept" in text
    # The machine itself, which is the gateway inside a container.
    assert "fib daddr type local tcp dport 6432 accept" in text
    assert text.index("accept") < text.rindex("counter drop")


def test_environments_have_tables_and_files_of_their_own_that_the_firewall_loads() -> None:
    assert egress.table("a") != egress.table("b")
    assert egress.path("/etc/x", "a") == "/etc/x/egress.d/a.nft"
    assert egress.render("a", ()) != egress.render("b", ())
    ruleset = firewall.render([], (10000, 32767), egress.pattern("/etc/x"))
    assert ruleset.rstrip().endswith('include "/etc/x/egress.d/*.nft"')
