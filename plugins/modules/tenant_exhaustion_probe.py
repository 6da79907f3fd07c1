#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: tenant_exhaustion_probe
version_added: 0.1.0
short_description: Take more than a tenant's share, and look what its neighbours notice
description:
  - Runs on an app machine. Beside the container that serves O(attacker) it starts another one with the same image, network, user
    and limits, and takes all it can get there, a thing at a time - processors, memory, processes, space, connections to the
    database. The container is removed at the end.
  - A limit must hold, up to a bounded amount beyond it. Meanwhile the login pages of all other environments of the machine are
    asked for, and must be answered within a bound.
  - What nothing limits is listed as skipped, with the reason.
  - It costs the machine O(seconds) of a tenant's full share for each attack. On a machine in production, choose the hour.
extends_documentation_fragment: tierline.erp.attributes.info
author: The tierline.erp contributors (@tierline)
options:
  environments:
    description:
      - "The environments of this machine: C(environment), C(domains); C(database) with C(name), C(host) and C(port); C(ports)
        with C(http) and, where it is released, C(green_http)."
      - Other keys are ignored.
    type: list
    elements: dict
    required: true
  attacker:
    description: The environment that takes more than its share. The first one when not given.
    type: str
  seconds:
    description: How long processors are kept busy, and connections are held.
    type: int
    default: 6
  connections:
    description: Connections to the pooler that are asked for. More than one tenant may have, and less than all tenants together.
    type: int
    default: 520
  slowdown:
    description: How many times the usual a neighbour's answer may take at the median.
    type: float
    default: 3.0
  slack:
    description: Seconds that it may take besides.
    type: float
    default: 0.5
  timeout:
    description: Seconds that one attack may take.
    type: int
    default: 180
requirements:
  - docker (Python library)
seealso:
  - module: tierline.erp.tenant_isolation_info
"""

EXAMPLES = r"""
- name: See whether neighbours notice a greedy tenant
  tierline.erp.tenant_exhaustion_probe:
    environments: "{{ estate_odoo_environments }}"
    attacker: acme_prod
  register: exhaustion
"""

RETURN = r"""
ok:
  description: Whether every limit held, and no neighbour was slowed down beyond the bound.
  returned: success
  type: bool
  sample: true
checks:
  description: Every attack and every neighbour with the outcome.
  returned: success
  type: list
  elements: dict
  sample:
    - name: acme_prod takes processes
      layer: container
      status: passed
      ok: true
      detail: "refused: Resource temporarily unavailable after 511 of 576"
      seconds: 0.0
"""

import http.client
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tierline.erp.plugins.module_utils.probe import exhaustion
from ansible_collections.tierline.erp.plugins.module_utils.probe.engine import Engine
from ansible_collections.tierline.erp.plugins.module_utils.probe.errors import ProbeError
from ansible_collections.tierline.erp.plugins.module_utils.probe.models import FAILED, SKIPPED, Check

_PAGE = "/web/login"
_SAMPLES = 5


def argument_spec() -> dict[str, Any]:
    return {
        # Items come from the estate with more keys than matter here.
        "environments": {"type": "list", "elements": "dict", "required": True},
        "attacker": {"type": "str"},
        "seconds": {"type": "int", "default": 6},
        "connections": {"type": "int", "default": 520},
        "slowdown": {"type": "float", "default": 3.0},
        "slack": {"type": "float", "default": 0.5},
        "timeout": {"type": "int", "default": 180},
    }


def ask(port: int, domain: str) -> float | None:
    """Seconds until the login page was there; None where it wasn't."""
    began = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", _PAGE, headers={"Host": domain, "Connection": "close"})
        response = connection.getresponse()
        response.read()
        return time.monotonic() - began if response.status == 200 else None
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


class Watch:
    """Asks one neighbour again and again while something else happens."""

    def __init__(self, question: Callable[[], float | None]) -> None:
        self._question, self._end = question, threading.Event()
        self.seen: list[float | None] = []
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._end.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            self.seen.append(self._question())
            if self._end.wait(0.3):
                return


def examine(params: dict[str, Any], engine: Any, question: Callable[[int, str], float | None] = ask) -> Iterator[Check]:
    items = {item["environment"]: item for item in params["environments"]}
    if not items:
        yield Check("greed", "container", SKIPPED, "no environment runs on this machine")
        return
    attacker = params["attacker"] or next(iter(items), "")
    if attacker not in items:
        raise ProbeError(f"attacker is {attacker}, which isn't on this machine: it has {', '.join(items)}")
    places = {name: engine.place(name) for name in items}
    stopped = [name for name, place in places.items() if place is None]
    if stopped:
        yield from (Check(f"{name} container", "app", FAILED, "no container of it runs on this machine") for name in stopped)
        return
    asked = {name: _asking(question, places[name].container, item) for name, item in items.items() if name != attacker}
    bound = exhaustion.Bound(params["slowdown"], params["slack"])
    before = {name: [one() for _number in range(_SAMPLES)] for name, one in asked.items()}
    attacks = exhaustion.attacks(places[attacker].held, items[attacker]["database"], params["seconds"], params["connections"])
    with engine.sibling(places[attacker]) as sibling:
        for attack in attacks:
            watches = {name: Watch(one) for name, one in asked.items()}
            yield exhaustion.judge(attacker, attack, _watched(engine, sibling, attack, list(watches.values())))
            for name, watch in watches.items():
                title = f"{attacker} takes {attack['id']}: {name} goes on"
                yield exhaustion.neighbour(title, before[name], watch.seen, bound)
    yield from exhaustion.unlimited(attacker)


def _asking(question: Callable[[int, str], float | None], container: str, item: dict[str, Any]) -> Callable[[], float | None]:
    port = item["ports"]["green_http" if container.endswith("-green") else "http"]
    return lambda: question(port, item["domains"][0])


def _watched(engine: Any, sibling: Any, attack: dict[str, Any], watches: list[Watch]) -> dict[str, Any]:
    if not watches:
        return engine.attempt(sibling, [attack])[0]
    with watches[0]:
        return _watched(engine, sibling, attack, watches[1:])


def main() -> None:
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    if module.check_mode:
        skipped = Check("greed", "container", SKIPPED, "nothing is taken in check mode")
        module.exit_json(changed=False, ok=True, checks=[skipped.to_dict()])
    try:
        checks = list(examine(module.params, Engine(module.params["timeout"])))
    except ProbeError as error:
        module.fail_json(msg=str(error))
    except (KeyError, TypeError) as error:
        module.fail_json(msg=f"environments: an item is incomplete: {type(error).__name__} {error}")
    module.exit_json(changed=False, ok=all(check.ok for check in checks), checks=[check.to_dict() for check in checks])


if __name__ == "__main__":
    main()
