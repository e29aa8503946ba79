# SPDX-License-Identifier: GPL-3.0-or-later
"""Zones on VLANs of one cable, and a bridge that filters VLANs: only Debian's kernel has them."""
import time

from admission import bridgestand as bs
from firewall import fwstand
from proxy import netns

POLICY = """# SPDX-License-Identifier: GPL-3.0-or-later
version: 1
site: { name: 検査台 }
zones:
  core: { kind: personal, interfaces: [trunk.10], networks: [10.110.0.0/24, "fd11::/64"], admission: enforce }
  guests: { kind: office, interfaces: [trunk.20], networks: [10.120.0.0/24, "fd12::/64"] }
  claims: { kind: closed, interfaces: [claims0], networks: [10.20.0.0/24, "fd20::/64"] }
services:
  work: [tcp/9000, icmp/echo-request, icmpv6/echo-request]
flows:
  - { id: core-claims, from: core, to: claims, services: [work], partner: p, basis: b, owner: o,
      review: 2099-03-31 }
"""
MAC, GATEWAY_MAC = "02:00:00:00:f9:10", "02:00:00:00:f9:01"
TO = [("tcp", a, 9000) for a in ("10.20.0.10", "fd20::10")]
VLANS = {10: ("10.110.0", "fd11"), 20: ("10.120.0", "fd12")}


def trunk(stand):
    """A machine with both VLANs on one cable; returns its namespace."""
    ns = f"{stand.prefix}-office0"  # the stand takes it away
    netns.batch(stand.gw, [f"link add trunk type veth peer name trunk netns {ns}"])
    for where, host in ((stand.gw, 1), (ns, 10)):
        lines = [f"link set trunk address {MAC if where == ns else GATEWAY_MAC}",
                 "link set trunk up"]
        for number, (four, six) in VLANS.items():
            lines += [f"link add link trunk name trunk.{number} type vlan id {number}",
                      f"addr add {four}.{host}/24 dev trunk.{number}",
                      f"addr add {six}::{host}/64 dev trunk.{number} nodad",
                      f"link set trunk.{number} up"]
        netns.batch(where, lines)
    return ns


def by(ns, number):
    """The machine's way out is this VLAN."""
    four, six = VLANS[number]
    netns.batch(ns, [f"route replace default via {four}.1", f"route replace default via {six}::1"])


def permit():
    return {**fwstand.permit(1, "core0", "core"), "interface": "trunk.10", "mac": MAC}


def test_a_zone_is_a_vlan(stand):
    ns = trunk(stand)
    stand.serve("claims0", [("tcp", 9000)])
    for number in VLANS:  # open without rules
        by(ns, number)
        assert stand.reached(ns, TO) == set(TO)
    stand.load(POLICY, [permit()])
    by(ns, 10)
    assert stand.reached(ns, TO) == set(TO)
    by(ns, 20)
    assert stand.reached(ns, TO) == set()
    # the first VLAN's addresses from the second
    asked = [("tcp", "10.20.0.10", 9000, "10.110.0.10"), ("tcp", "fd20::10", 9000, "fd11::10")]
    assert stand.reached(ns, asked) == set()
    # without the permit the first VLAN is closed as well
    by(ns, 10)
    assert stand.reached(ns, TO) == set(TO)
    stand.load(POLICY)
    assert stand.reached(ns, TO) == set()
    stand.load(POLICY, [permit()])
    assert stand.reached(ns, TO) == set(TO)
    # the same without a tag
    netns.batch(ns, ["link set trunk.10 down", "addr flush dev trunk.10",
                     "addr add 10.110.0.10/24 dev trunk", "addr add fd11::10/64 dev trunk nodad",
                     f"neigh replace 10.110.0.1 lladdr {GATEWAY_MAC} dev trunk",
                     f"neigh replace fd11::1 lladdr {GATEWAY_MAC} dev trunk"])
    by(ns, 10)
    assert stand.reached(ns, TO) == set()


A, B, C, _ = bs.PORTS


def test_a_bridge_that_filters_vlans(bridge):
    """Both decide: ports of one VLAN meet when their cards are admitted."""
    netns.batch(bridge.gw, [f"link set {bs.BRIDGE} type bridge vlan_filtering 1"])
    bridge.load((A, bs.MACS[A]), (B, bs.MACS[B]))
    assert bridge.ping(A, bs.ADDRESS4[B]) and bridge.ping(A, bs.SERVER4)
    assert not bridge.ping(C, bs.ADDRESS4[B])
    mac = bs.mac_bytes(bs.MACS[A])
    assert bridge.heard(A, bs.frame(mac)) == {B}
    for words in (["add", "dev", B, "vid", "7", "pvid", "untagged"],
                  ["del", "dev", B, "vid", "1"]):
        netns.run(netns.command(bridge.gw, ["bridge", "vlan", *words]))
    bridge.forget()
    assert not bridge.ping(A, bs.ADDRESS4[B]) and bridge.heard(A, bs.frame(mac)) == set()
    # a tag that the bridge would take does not lead around the permit
    netns.run(netns.command(bridge.gw, ["bridge", "vlan", "add", "dev", C, "vid", "7"]))
    tagged = b"\x81\x00\x00\x07" + bs.TYPE.to_bytes(2, "big")
    stranger = bs.BROADCAST + bs.mac_bytes(bs.MACS[C]) + tagged + b"sekisho".ljust(46, b"\0")
    assert bridge.heard(C, stranger) == set()
    bridge.load((A, bs.MACS[A]), (B, bs.MACS[B]), (C, bs.MACS[C]))
    time.sleep(0.1)
    assert bridge.heard(C, stranger) == {B}


def test_tagged_frames_need_a_permit_too(bridge):
    """Without the filter the bridge carries tagged frames as they are."""
    tag = b"\x81\x00\x00\x07" + bs.TYPE.to_bytes(2, "big") + b"sekisho".ljust(46, b"\0")

    def hears(port):
        ear = bs.Ear(bridge.ns(B))
        bridge.send(port, bs.BROADCAST + bs.mac_bytes(bs.MACS[port]) + tag)
        time.sleep(1)
        return any(b"sekisho" in frame for frame in ear.close())

    assert hears(A) and hears(C)
    bridge.load((A, bs.MACS[A]), (B, bs.MACS[B]))
    assert hears(A) and not hears(C)
