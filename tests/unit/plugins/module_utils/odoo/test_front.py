# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What nginx is told. That it does so, molecule/odoo_container shows."""

from __future__ import annotations

import re

from ansible_collections.tierline.erp.plugins.module_utils.odoo import front


def test_it_asks_its_own_slot_by_name() -> None:
    text = front.render("acme_prod-green")
    assert "set $odoo acme_prod-green:8069;" in text
    assert "@" not in text


def test_every_block_is_closed() -> None:
    text = re.sub(r"#.*", "", front.render("acme_prod-blue"))
    assert text.count("{") == text.count("}") == 6


def test_attachments_are_only_odoos_to_give_away() -> None:
    block = front.render("acme_prod-blue").partition("location /web/filestore/")[2].partition("}")[0]
    assert "internal;" in block
    assert "add_header Content-Security-Policy $upstream_http_content_security_policy;" in block


def test_an_answer_that_is_kept_has_no_ones_request_id() -> None:
    text = front.render("acme_prod-blue")
    static = text.partition("location ~ ^/\\w+/static/.")[2].partition("}")[0]
    assert "proxy_hide_header X-Request-Id;" in static
    assert text.count("X-Request-Id") == 2  # and for attachments it is kept
    assert "add_header X-Request-Id $upstream_http_x_request_id;" in text


def test_what_it_keeps_fits_into_its_memory() -> None:
    kept = int(re.search(r"max_size=(\d+)m", front.render("acme_prod-blue")).group(1))  # type: ignore[union-attr]
    assert kept < front.TMP_MB
