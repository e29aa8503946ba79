# SPDX-License-Identifier: GPL-3.0-or-later
"""Forged cards and addresses, one by one and both at once, in both families, with real frames."""
import itertools
import json
import os
import subprocess
import sys
import time

import pytest

from admission import small
from firewall import fwstand
from proxy import netns

POLICY = """# SPDX-License-Identifier: GPL-3.0-or-later
version: 1
site: {{ name: 検査台 }}
zones:
  core: {{ kind: personal, interfaces: [core0], networks: [10.10.0.0/24, "fd10::/64"],
          admission: {mode} }}
  claims: {{ kind: closed, interfaces: [claims0], networks: [10.20.0.0/24, "fd20::/64"] }}
services:
  any: [tcp/9000, udp/9000, icmp/echo-request, icmpv6/echo-request]
flows:
  - {{ id: one, from: core, to: claims, services: [any], partner: p, basis: b, owner: o,
      review: 2099-03-31 }}
"""
MINE, OTHER, NOBODY = fwstand.MACS["core0"], "02:00:00:00:aa:01", "02:00:00:00:aa:02"
ADDRESSES = {4: ("10.10.0.11", "10.10.0.12"), 6: ("fd10::11", "fd10::12")}
TO = {4: "10.20.0.10", 6: "fd20::10"}
COUNTER = itertools.count(1)

# sends a UDP packet as each (MAC, address), with its number as the content
SEND = """
import json, sys
from scapy.all import Ether, IP, IPv6, UDP, Raw, sendp, conf
conf.verb = 0
gateway, frames = sys.argv[1], json.loads(sys.argv[2])
for number, (mac, src, dst) in enumerate(frames):
    ip = IPv6(src=src, dst=dst) if ":" in src else IP(src=src, dst=dst)
    sendp(Ether(src=mac, dst=gateway) / ip / UDP(sport=7000 + number, dport=9000) /
          Raw(str(number).encode()), iface="eth0")
"""
HEAR = """
import json, select, socket, sys
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
s.bind(("::", 9000))
print("ready", flush=True)
heard, watched, seconds = set(), [s, sys.stdin], None
while True:
    ready = select.select(watched, [], [], seconds)[0]
    if sys.stdin in ready:  # all is sent: what comes, comes now
        watched, seconds = [s], 1.5
    elif not ready:
        break
    if s in ready:
        heard.add(int(s.recv(100)))
print(json.dumps(sorted(heard)))
"""


@pytest.fixture(name="stand")
def stand_fixture():
    made = fwstand.Stand(f"sp{os.getpid()}x{next(COUNTER)}")
    yield made
    made.close()


def sent(stand, frames):
    """Those of the frames that come out behind the gateway."""
    gateway = json.loads(netns.run(netns.command(
        stand.gw, ["ip", "-j", "link", "show", "core0"])).stdout)[0]["address"]
    hear = stand.start(stand.ns("claims0"), [sys.executable, "-c", HEAR],
                       stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert hear.stdout.readline() == b"ready\n"
    netns.run(netns.command(stand.ns("core0"),
                            [sys.executable, "-c", SEND, gateway, json.dumps(frames)]))
    hear.stdin.close()
    return {tuple(frames[i][:2]) for i in json.loads(hear.stdout.readline())}


def every(family):
    return [(mac, address, TO[family]) for mac in (MINE, OTHER, NOBODY)
            for address in ADDRESSES[family]]


@pytest.mark.parametrize("family", [4, 6])
def test_forged_cards_and_addresses(stand, family):
    own, foreign = ADDRESSES[family]
    frames = every(family)
    # everything gets through where nobody asks
    stand.load(POLICY.format(mode="off"))
    assert len(sent(stand, frames)) == len(frames)
    # cards count, and addresses only where a permit is bound to one
    permits = [small.permit(1, "core", (MINE, "core0"), address=own),
               small.permit(2, "core", (OTHER, "core0"))]
    stand.load(POLICY.format(mode="enforce"), permits, quarantine=[])
    assert sent(stand, frames) == {(MINE, own), (OTHER, own), (OTHER, foreign)}
    # bound to an address of the one family, nothing of the other gets through
    other = 10 - family
    assert sent(stand, every(other)) == {(OTHER, a) for a in ADDRESSES[other]}
    # real connections of the device itself: its own address, and not its second one
    asked = [("tcp", TO[family], 9000, own), ("tcp", TO[family], 9000, foreign)]
    stand.serve("claims0", [("tcp", 9000)])
    for _ in range(2):  # again when the neighbours are no longer known
        assert stand.reached(stand.ns("core0"), asked, seconds=3) == {asked[0]}
        netns.run(netns.command(stand.gw, ["ip", "neigh", "flush", "all"]))
        netns.run(netns.command(stand.ns("core0"), ["ip", "neigh", "flush", "all"]))


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("mode", ["off", "detect", "enforce"])
def test_quarantine_in_every_mode(stand, family, mode):
    own, foreign = ADDRESSES[family]
    permits = [small.permit(1, "core", (MINE, "core0")), small.permit(2, "core", (OTHER, "core0"))]
    stand.load(POLICY.format(mode=mode), permits, quarantine=[OTHER])
    passed = sent(stand, every(family))
    assert {(MINE, own), (MINE, foreign)} <= passed
    assert not {one for one in passed if one[0] == OTHER}
    assert ((NOBODY, own) in passed) == (mode != "enforce")


def test_detect_lets_pass_and_counts(stand):
    stand.load(POLICY.format(mode="detect"), [small.permit(1, "core", (MINE, "core0"))],
               quarantine=[])
    # a counter in front of the log rule tells who comes there
    stand.nft("insert rule inet sekisho detected ether saddr "
              f"{MINE} counter comment \"mine\"\ninsert rule inet sekisho detected ether saddr "
              f"{NOBODY} counter comment \"nobody\"")
    frames = [(mac, "10.10.0.11", TO[4]) for mac in (MINE, NOBODY)]
    assert len(sent(stand, frames)) == 2
    time.sleep(0.1)
    listed = stand.list("list", "chain", "inet", "sekisho", "detected")
    counts = {name: int(line.split("packets ")[1].split()[0]) for line in listed.splitlines()
              for name in ("mine", "nobody") if f'"{name}"' in line}
    assert counts["mine"] == 0 and counts["nobody"] >= 1, listed
