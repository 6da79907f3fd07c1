# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The checkout is imported as the collection that it is: through the link that `make setup` puts under .cache/collections."""

import pathlib
import sys

from hypothesis import settings

COLLECTIONS = pathlib.Path(__file__).parents[2] / ".cache" / "collections"
if str(COLLECTIONS) not in sys.path:
    sys.path.insert(0, str(COLLECTIONS))

# Shared machines are noisy: how long an example takes is no property of the code.
settings.register_profile("tierline", deadline=None)
settings.load_profile("tierline")
