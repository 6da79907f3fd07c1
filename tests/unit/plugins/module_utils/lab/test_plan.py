# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Planning the lab: addresses and ports for life, and no change that is not needed."""

import ipaddress

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.lab.errors import LabError
from ansible_collections.tierline.erp.plugins.module_utils.lab.plan import (
    POOL,
    Change,
    Host,
    choose_subnet,
    complete,
    controller,
    plan,
)
from hypothesis import given
from hypothesis import strategies as st

SUBNET = "198.18.7.0/24"
NAMES = st.lists(st.sampled_from([f"host{n}" for n in range(12)]), unique=True, max_size=10)


def hosts(names, image="sha256:1"):
    return [Host(name, image, {443: 8443} if name.endswith("1") else {}) for name in names]


def applied(changes, current):
    """What the engine would have after the changes."""
    result = dict(current)
    for change in changes:
        result.pop(change.host.name, None)
        if change.action != "remove":
            result[change.host.name] = change.host
    return result


@given(before=NAMES, after=NAMES, taken=st.sets(st.integers(8443, 8450)))
def test_any_lab_is_reached_in_one_step_and_then_left_alone(before, after, taken):
    current = applied(plan(complete(hosts(before), {}, SUBNET, taken), {}), {})
    desired = complete(hosts(after), current, SUBNET, taken)
    reached = applied(plan(desired, current), current)
    assert set(reached) == set(after)
    assert plan(complete(hosts(after), reached, SUBNET, taken), reached) == []
    for name in set(before) & set(after):
        assert (reached[name].address, reached[name].ports) == (current[name].address, current[name].ports)


@given(names=NAMES, taken=st.sets(st.integers(8443, 8450)))
def test_addresses_and_ports_are_unique_and_free(names, taken):
    desired = complete(hosts(names), {}, SUBNET, taken)
    addresses = [host.address for host in desired]
    ports = [port for host in desired for port in host.ports.values()]
    assert len(set(addresses)) == len(names)
    assert all(ipaddress.ip_address(address) in ipaddress.ip_network(SUBNET) for address in addresses)
    assert len(set(ports)) == len(ports)
    assert not set(ports) & taken


def test_a_stopped_host_is_started_and_a_new_image_means_a_new_host():
    one, two = complete(hosts(["one", "two"]), {}, SUBNET, set())
    stopped = Host(one.name, one.image, one.ports, one.address, running=False)
    old = Host(two.name, "sha256:0", two.ports, two.address)
    assert plan([one, two], {"one": stopped, "two": old}) == [Change("start", one), Change("recreate", two)]
    assert Change("start", one).text == "start one"


def test_a_host_listed_twice_is_refused():
    with pytest.raises(LabError, match="host one is listed 2 times"):
        complete(hosts(["one", "one"]), {}, SUBNET, set())


@given(taken=st.lists(st.integers(0, 255), max_size=40), lab=st.text(min_size=1, max_size=10))
def test_a_subnet_is_free_and_stable(taken, lab):
    networks = [str(list(POOL.subnets(new_prefix=24))[index]) for index in taken] + ["192.0.2.0/24", "2001:db8::/64"]
    chosen = ipaddress.ip_network(choose_subnet(lab, networks))
    assert chosen.subnet_of(POOL)
    assert str(chosen) not in networks
    assert choose_subnet(lab, networks) == str(chosen)


def test_a_full_pool_is_refused():
    with pytest.raises(LabError, match=r"no free /24 is left"):
        choose_subnet("demo", [str(POOL)])


def test_the_controller_s_address_is_in_the_network_and_no_host_s():
    assert controller(SUBNET) == "198.18.7.1"
    assert controller(SUBNET) not in {
        host.address for host in complete(hosts([f"host{n}" for n in range(12)]), {}, SUBNET, set())
    }
