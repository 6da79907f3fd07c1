# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The primary's host dies, or only seems to."""

from __future__ import annotations

import statistics
import time

from .site import WATCHER, Clients, Site

# The lease, the election, and a promotion; with a margin for machines that are busy with other tests.
WITHOUT_PROOF = 30.0
WITH_PROOF = 12.0


def kill_host(site: Site, proof: bool, etcd_dies_too: bool) -> dict:
    """One death, until the cluster is whole again."""
    site.cluster.wait_whole(120)
    primary = site.primary()
    site.move_etcd_leader(primary if etcd_dies_too else site.others(primary)[0])
    site.watchers("start" if proof else "stop")
    survivors = site.others(primary)
    before = site.counters(*survivors)
    with Clients(site, "fencing_deaths") as clients:
        killed = time.monotonic()
        site.lab.kill(primary)
        clients.wait_writing(killed + 0.2, 60)
        outage = clients.outage(killed)
        site.lab.start(primary)
        site.cluster.wait_whole(180)
    releases = site.counters(*survivors).get("releases", 0) - before.get("releases", 0) if proof else 0
    lost = clients.lost()
    site.watchers("start")
    return {
        "primary": primary,
        "proof": proof,
        "etcd leader too": etcd_dies_too,
        "outage": outage,
        "releases": releases,
        "lost": lost,
    }


def summary(rounds: list[dict]) -> dict:
    outages = sorted(entry["outage"] for entry in rounds)
    return {
        "rounds": len(rounds),
        "p50": round(statistics.median(outages), 2),
        "p95": round(outages[min(len(outages) - 1, int(0.95 * len(outages)))], 2),
        "max": round(outages[-1], 2),
        "released": sum(entry["releases"] > 0 for entry in rounds),
        "lost": sum(entry["lost"] for entry in rounds),
    }


def partition(site: Site, hook: str | None, seconds: float = 26) -> dict:
    """The primary is alive, and cut off from both others. Returns when its key went, and what the watchers counted."""
    site.cluster.wait_whole(120)
    site.hook(hook)
    primary = site.primary()
    survivors = site.others(primary)
    site.move_etcd_leader(survivors[0])
    held = site.leadership(survivors[0])
    before = site.counters(*survivors)
    cut = time.monotonic()
    try:
        site.lab.cut(primary, survivors)
        gone = None
        while gone is None and time.monotonic() - cut < seconds:
            if site.leadership(survivors[0]) != held:
                gone = time.monotonic() - cut
            time.sleep(0.2)
        after = site.counters(*survivors)
    finally:
        site.lab.mend_network(primary)
        site.hook(None)
    site.cluster.wait_whole(120)
    return {"gone": gone} | {name: after[name] - before.get(name, 0) for name in after}


def check_alive(site: Site) -> None:
    """Partitioned from the others: the power controller says on, and the lease runs to its end."""
    seen = partition(site, None)
    assert seen["commands"] >= 1, seen
    assert seen["releases"] == 0, seen
    assert seen["gone"] is None or seen["gone"] > 15, seen
    print("alive but cut off: asked, told that it is on, waited for the lease", seen)


def check_useless_commands(site: Site) -> None:
    """A command that proves nothing in one way or another."""
    for name, script in {
        "hangs": "import time; time.sleep(1000)",
        "garbles": "import os, sys; os.write(1, os.urandom(100000)); sys.exit(3)",
        "dies": "import os; os.kill(os.getpid(), 9)",
        "isn't a program": "this is no Python",
    }.items():
        seen = partition(site, script)
        assert seen["commands"] >= 1, (name, seen)
        assert seen["proofs"] == seen["releases"] == 0, (name, seen)
        assert seen["gone"] is None or seen["gone"] > 15, (name, seen)
        print(f"a command that {name}: nothing released before the lease ended", seen)


def check_liar(site: Site) -> None:
    """The primary's API can't be reached, and a slow command claims that the host is off; but the lease is renewed."""
    site.cluster.wait_whole(120)
    site.hook("import time; time.sleep(4); print('off, I swear')")
    primary = site.primary()
    survivors = site.others(primary)
    held = site.leadership(survivors[0])
    before = site.counters(*survivors)
    try:
        site.lab.cut(primary, survivors, (8008,))
        time.sleep(15)
        after = site.counters(*survivors)
        assert site.leadership(survivors[0]) == held, "a living primary was released"
        assert after.get("releases", 0) == before.get("releases", 0)
    finally:
        site.lab.mend_network(primary)
        site.hook(None)
    print("a liar is caught by the renewed lease", {name: after[name] - before.get(name, 0) for name in after})


def check_watcher_killed(site: Site) -> None:
    """kill -9 of both watchers between question and answer: they start anew, and the death is still found out."""
    site.cluster.wait_whole(120)
    real = site.lab.run(site.names[0], "cat", "/usr/local/lib/tierline-lab/power_hook.py")
    assert 'if __name__ == "__main__":' in real
    site.hook(real.replace('if __name__ == "__main__":', 'if __name__ == "__main__":\n    import time; time.sleep(3)'))
    primary = site.primary()
    survivors = site.others(primary)
    with Clients(site, "fencing_deaths") as clients:
        killed = time.monotonic()
        site.lab.kill(primary)
        time.sleep(2.5)
        for name in survivors:
            site.lab.run(name, "systemctl", "kill", "--kill-whom=all", "--signal=KILL", WATCHER)
        clients.wait_writing(killed + 0.2, WITHOUT_PROOF + 10)
        outage = clients.outage(killed)
        site.lab.start(primary)
        site.cluster.wait_whole(180)
    site.hook(None)
    assert clients.lost() == 0
    print(f"both watchers killed between question and answer: writes stopped for {outage:.1f} s, nothing lost")
