# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways around the proxy, from inside and from the gateway itself, with real packets.

Each is shown to be open first, with no rules, and then what the policy leaves of it.
"""
import json
import subprocess
import sys

from firewall import fwstand

POLICY = """# SPDX-License-Identifier: GPL-3.0-or-later
version: 1
site: { name: 検査台 }
zones:
  core: { kind: personal, interfaces: [core0], networks: [10.10.0.0/24, "fd10::/64"] }
  claims: { kind: closed, interfaces: [claims0], networks: [10.20.0.0/24, "fd20::/64"] }
  office: { kind: office, interfaces: [office0], networks: [10.30.0.0/24, "fd30::/64"] }
  mgmt: { kind: management, interfaces: [mgmt0], networks: [10.90.0.0/28, "fd90::/64"] }
  internet: { kind: internet, interfaces: [wan0] }
networks:
  terminals: [10.10.0.11, "fd10::11"]
  claims-web: [10.20.0.10, "fd20::10"]
services:
  web: [tcp/443]
flows:
  - id: terminals-claims
    from: core
    to: claims
    source: [terminals]
    destination: [claims-web]
    services: [web]
    partner: p
    basis: b
    owner: o
    review: 2099-03-31
pinned:
  - { id: terminals, zone: core, devices: [terminals], pinned_to: [claims-web] }
proxy: { zones: [office], via: internet, resolvers: [45.113.7.53, "2a0e:5a4d:7::53"] }
management: { zones: [mgmt] }
gateway:
  ntp: { servers: [10.90.0.5, "fd90::5"], account: _chrony }
  syslog: { servers: [10.90.0.6], service: udp/514 }
  mail: { servers: ["fd90::7"] }
"""
PERMITS = [fwstand.permit(1, "core0", "core"), fwstand.permit(2, "office0", "office"),
           fwstand.permit(3, "mgmt0", "mgmt")]
# the web, QUIC, DNS, DNS over TLS and at other ports over HTTPS and QUIC, time
WAYS = [("tcp", 80), ("tcp", 443), ("udp", 443), ("udp", 53), ("tcp", 53), ("tcp", 853),
        ("udp", 853), ("tcp", 8443), ("udp", 8443), ("udp", 123)]
OWN = [("udp", 123), ("udp", 514), ("tcp", 25), ("tcp", 443)]
WAN = ("45.113.7.10", "2a0e:5a4d:7::10", "45.113.7.53", "2a0e:5a4d:7::53")
INSIDE = ("10.90.0.5", "10.90.0.6", "fd90::5", "fd90::7")


def every(addresses, ways):
    return [(proto, address, port) for address in addresses for proto, port in ways]


def test_from_inside(stand):
    stand.serve("wan0", WAYS)
    asked = every(WAN, WAYS)
    for machine in ("core0", "office0", "mgmt0"):
        assert stand.reached(stand.ns(machine), asked, seconds=3) == set(asked), f"{machine}: no way at all"
    stand.load(POLICY, PERMITS)
    for machine in ("core0", "office0", "mgmt0", "claims0"):
        assert stand.reached(stand.ns(machine), asked) == set()
    assert 'log prefix "d:no-flow"' in stand.list("list", "chain", "inet", "sekisho", "deny")


def test_from_the_gateway(stand):
    stand.serve("wan0", WAYS)
    stand.serve("mgmt0", OWN)
    asked = every(WAN, WAYS) + every(INSIDE, OWN)
    assert stand.reached(stand.gw, asked, fwstand.UID_MANAGEMENT, seconds=3) == set(asked)
    stand.load(POLICY, PERMITS)
    resolvers = WAN[2:]
    expected = {
        0: set(),
        fwstand.UID_OTHER: set(),
        fwstand.UID_PROXY: set(every(WAN, [("tcp", 80), ("tcp", 443)]) +
                               every(resolvers, [("udp", 53), ("tcp", 53)])),
        fwstand.UID_CLOCK: {("udp", "10.90.0.5", 123), ("udp", "fd90::5", 123)},
        # what was taken over would still reach nothing but what the site named
        fwstand.UID_MANAGEMENT: {("udp", "10.90.0.6", 514), ("tcp", "fd90::7", 25)},
    }
    for uid, ways in expected.items():
        got = stand.reached(stand.gw, asked, uid, seconds=3 if ways else 0.7)
        assert got == ways, f"uid {uid}"
    # a server that the policy no longer names
    stand.load(POLICY.replace("  mail: { servers: [\"fd90::7\"] }\n", ""), PERMITS)
    assert stand.reached(stand.gw, asked, fwstand.UID_MANAGEMENT,
                         seconds=3) == {("udp", "10.90.0.6", 514)}


def test_pinned_terminals(stand):
    ways = [("tcp", 443), ("tcp", 80), ("udp", 443)]
    for machine in ("core0", "claims0"):
        stand.serve(machine, ways)
    terminal, neighbour = ("10.10.0.11", "fd10::11"), ("10.10.0.12", "fd10::12")
    there = ("10.20.0.10", "fd20::10", "10.20.0.40", "fd20::40")
    asked = [(*one, source) for one in every(there, ways) for source in terminal + neighbour
             if (":" in one[1]) == (":" in source)]
    back = every(terminal, ways)
    assert stand.reached(stand.ns("core0"), asked, seconds=3) == set(asked)
    assert stand.reached(stand.ns("office0"), back, seconds=3) == set(back)
    stand.load(POLICY, PERMITS)
    assert stand.reached(stand.ns("core0"), asked, seconds=3) == {
        ("tcp", "10.20.0.10", 443, terminal[0]), ("tcp", "fd20::10", 443, terminal[1])}
    for machine in ("office0", "claims0", "mgmt0", "wan0"):
        assert stand.reached(stand.ns(machine), back) == set()


def test_the_shell_is_for_those_who_manage(stand):
    server = stand.start(stand.gw, [sys.executable, "-c", fwstand.SERVE, json.dumps([("tcp", 22)])],
                         stdout=subprocess.PIPE)
    assert server.stdout.readline() == b"ready\n"
    machines = {"core0": ("10.10.0.1", "fd10::1"), "office0": ("10.30.0.1", "fd30::1"),
                "mgmt0": ("10.90.0.1", "fd90::1"), "wan0": ("45.113.7.1", "2a0e:5a4d:7::1")}
    asked = {m: set(every(a, [("tcp", 22)])) for m, a in machines.items()}
    offered = POLICY.replace("management: { zones: [mgmt] }", "management: { zones: [mgmt], ssh: 22 }")
    for policy, who in ((None, set(machines)), (POLICY, set()), (offered, {"mgmt0"})):
        if policy is not None:
            stand.load(policy, PERMITS)
        for machine in machines:
            expected = asked[machine] if machine in who else set()
            assert stand.reached(stand.ns(machine), list(asked[machine]),
                                 seconds=3 if expected else 0.7) == expected, machine
