# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A primary's host dies, or only seems to: how long writes stop, and that nothing is ever released without proof.

`PYTHONPATH=tests python -m fencing --help`. It needs a lab of three members that are clients of its power controller.
"""
