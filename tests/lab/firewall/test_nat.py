# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses change where a flow says so, and nowhere else."""
from firewall import fwstand

POLICY = """# SPDX-License-Identifier: GPL-3.0-or-later
version: 1
site: { name: 検査台 }
zones:
  core: { kind: personal, interfaces: [core0], networks: [10.10.0.0/24, "fd10::/64"] }
  claims: { kind: closed, interfaces: [claims0], networks: [10.20.0.0/24, "fd20::/64"] }
  office: { kind: office, interfaces: [office0], networks: [10.30.0.0/24, "fd30::/64"],
            admission: "off" }
  internet: { kind: internet, interfaces: [wan0] }
networks:
  www: [10.30.0.10, "fd30::10"]
services:
  web: [tcp/443]
  plain: [tcp/80, udp/80]
flows:
  - { id: hidden, from: core, to: claims, services: [web], nat: masquerade,
      partner: p, basis: b, owner: o, review: 2099-03-31 }
  - { id: seen, from: core, to: claims, services: [plain],
      partner: p, basis: b, owner: o, review: 2099-03-31 }
  - { id: www, from: internet, to: office, destination: [www], services: [plain],
      publish: [45.113.7.1, "2a0e:5a4d:7::1"] }
"""
PERMITS = [fwstand.permit(1, "core0", "core")]
OURS = (("10.20.0.10", "10.10.0.11", "::ffff:10.10.0.11", "::ffff:10.20.0.1"),
        ("fd20::10", "fd10::11", "fd10::11", "fd20::1"))


def test_masquerade(stand):
    stand.serve("claims0", [("tcp", 443), ("tcp", 80), ("udp", 80)])
    ways = (("tcp", 443), ("tcp", 80), ("udp", 80))
    asked = [(proto, to, port, source) for to, source, _, _ in OURS for proto, port in ways]
    own = [own for _, _, own, _ in OURS for _ in ways]
    assert stand.ask(stand.ns("core0"), asked, seconds=3) == own
    stand.load(POLICY, PERMITS)
    changed = [outer if port == 443 else inner
               for _, _, inner, outer in OURS for _, port in ways]
    assert stand.ask(stand.ns("core0"), asked, seconds=3) == changed


def test_published_server(stand):
    stand.serve("office0", [("tcp", 80), ("udp", 80), ("tcp", 443)])
    outside = ("45.113.7.1", "2a0e:5a4d:7::1")
    asked = [(proto, a, port) for a in outside for proto, port in
             (("tcp", 80), ("udp", 80), ("tcp", 443))]
    wan = stand.ns("wan0")
    assert stand.reached(wan, asked) == set()
    stand.load(POLICY, PERMITS)
    assert stand.reached(wan, asked, seconds=3) == {one for one in asked if one[2] == 80}
    # the server sees who asked
    seen = stand.ask(wan, [("tcp", "45.113.7.1", 80, "45.113.7.10"),
                           ("tcp", "2a0e:5a4d:7::1", 80, "2a0e:5a4d:7::10")], seconds=3)
    assert seen == ["::ffff:45.113.7.10", "2a0e:5a4d:7::10"]
    # a neighbour has no flow; the addresses lead nowhere from inside
    assert stand.reached(stand.ns("claims0"), asked) == set()


BOTH = POLICY.replace("publish: [", "nat: masquerade, publish: [") + """\
  - { id: near, from: claims, to: office, destination: [www], services: [plain] }
"""


def test_masquerade_from_the_internet_alone(stand):
    stand.serve("office0", [("tcp", 80), ("udp", 80)])
    stand.load(BOTH, PERMITS)
    ways = ("tcp", "udp")
    seen = stand.ask(stand.ns("wan0"), [(way, to, 80, source) for way in ways for to, source in (
        ("45.113.7.1", "45.113.7.10"), ("2a0e:5a4d:7::1", "2a0e:5a4d:7::10"))], seconds=3)
    assert seen == ["::ffff:10.30.0.1", "fd30::1"] * 2
    # the same server by a flow that changes nothing
    seen = stand.ask(stand.ns("claims0"), [(way, to, 80, source) for way in ways for to, source in (
        ("10.30.0.10", "10.20.0.10"), ("fd30::10", "fd20::10"))], seconds=3)
    assert seen == ["::ffff:10.20.0.10", "fd20::10"] * 2
