# SPDX-License-Identifier: GPL-3.0-or-later
"""A real WireGuard, which only Debian's kernel has: its far end comes in, its terminals need permits."""
from firewall import fwstand
from proxy import netns

ZONES = """# SPDX-License-Identifier: GPL-3.0-or-later
version: 1
site: { name: 検査台 }
zones:
  claims: { kind: closed, interfaces: [claims0], networks: [10.20.0.0/24, "fd20::/64"] }
  remote: { kind: vpn, interfaces: [wg0], networks: [10.40.0.0/24, "fd40::/64"] }
  internet: { kind: internet, interfaces: [wan0] }
services:
  work: [tcp/9000]
flows:
  - { id: remote-claims, from: remote, to: claims, services: [work] }
"""
DOOR = "gateway: { vpn: { port: 51820 } }\n"
# a terminal's two addresses, and those of one without permits
PERMITTED = {"10.40.0.5": "02:04:0a:28:00:05", "fd40::6": "06:72:5e:a6:ea:eb"}
TO = {4: "10.20.0.10", 6: "fd20::10"}
ASKED = [("tcp", TO[6 if ":" in a else 4], 9000, a)
         for a in (*PERMITTED, "10.40.0.7", "fd40::8")]
GOOD = {one for one in ASKED if one[3] in PERMITTED}


def permits():
    return [{"id": f"p{n:016d}", "number": n, "device": f"d{n:016d}", "address": address,
             "cards": [{"mac": mac, "interface": "wg0"}], "zone": "remote", "user": "",
             "group": "", "destinations": []}
            for n, (address, mac) in enumerate(PERMITTED.items(), 1)]


def wireguard(stand):
    """wg0 on the gateway and on the machine behind wan0; returns that one's namespace."""
    far = stand.ns("wan0")
    keys = {}
    for ns in (stand.gw, far):
        private = netns.run(["wg", "genkey"]).stdout
        keys[ns] = private, netns.run(["wg", "pubkey"], text_in=private).stdout.strip()
    lines = {stand.gw: ["addr add 10.40.0.1/24 dev wg0", "addr add fd40::1/64 dev wg0 nodad"],
             far: [f"addr add {one[3]}/{'128 dev wg0 nodad' if ':' in one[3] else '32 dev wg0'}"
                   for one in ASKED] + ["route replace 10.20.0.0/24 dev wg0",
                                        "route replace fd20::/64 dev wg0"]}
    peer = {stand.gw: (far, ["allowed-ips", "10.40.0.0/24,fd40::/64"]),
            far: (stand.gw, ["allowed-ips", "10.20.0.0/24,fd20::/64,10.40.0.0/24,fd40::/64",
                             "endpoint", "45.113.7.1:51820"])}
    for ns, (other, words) in peer.items():
        netns.batch(ns, ["link add wg0 type wireguard"])
        netns.run(netns.command(ns, ["wg", "set", "wg0", "listen-port", "51820", "private-key",
                                     "/dev/stdin", "peer", keys[other][1], *words]),
                  text_in=keys[ns][0])
        netns.batch(ns, ["link set wg0 up", *lines[ns]])
    return far


def test_a_zone_is_a_wireguard(stand):
    far = wireguard(stand)
    stand.serve("claims0", [("tcp", 9000)])
    assert stand.reached(far, ASKED, seconds=5) == set(ASKED)  # open without rules
    stand.load(ZONES, permits(), quarantine=[])  # the far end itself cannot come in
    assert stand.reached(far, ASKED) == set()
    stand.load(ZONES + DOOR, permits(), quarantine=[])
    assert stand.reached(far, ASKED, seconds=5) == GOOD
    stand.load(ZONES + DOOR)
    assert stand.reached(far, ASKED) == set()
    # a session begun anew, not the one from before the rules
    netns.batch(far, ["link set wg0 down", "link set wg0 up", "route replace 10.20.0.0/24 dev wg0",
                      "route replace fd20::/64 dev wg0",
                      *(f"addr replace {one[3]}/128 dev wg0 nodad" for one in ASKED
                        if ":" in one[3])])
    stand.load(ZONES + DOOR, permits(), quarantine=[])
    assert stand.reached(far, ASKED, seconds=5) == GOOD
