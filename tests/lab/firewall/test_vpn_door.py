# SPDX-License-Identifier: GPL-3.0-or-later
"""The port where a VPN's far ends come in: it alone, from where the policy says, answers included."""
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
  remote: { kind: vpn, interfaces: [tun0], networks: [10.40.0.0/24, "fd40::/64"] }
  internet: { kind: internet, interfaces: [wan0] }
"""
PORT, OTHER = 51820, 51821
OURS = ("45.113.7.1", "2a0e:5a4d:7::1")
ASKED = [("udp", a, port) for a in OURS for port in (PORT, OTHER)] + \
        [("tcp", a, PORT) for a in OURS]
DOOR = {("udp", a, PORT) for a in OURS}


def vpn(words):
    return POLICY + f"gateway: {{ vpn: {{ port: {PORT}{words} }} }}\n"


def test_vpn_door(stand):
    ports = [("udp", PORT), ("udp", OTHER), ("tcp", PORT)]
    server = stand.start(stand.gw, [sys.executable, "-c", fwstand.SERVE, json.dumps(ports)],
                         stdout=subprocess.PIPE)
    assert server.stdout.readline() == b"ready\n"
    stand.serve("wan0", [("udp", PORT)])
    wan, core = stand.ns("wan0"), stand.ns("core0")
    out = [("udp", a, PORT) for a in ("45.113.7.10", "2a0e:5a4d:7::10")]
    assert stand.reached(wan, ASKED, seconds=3) == set(ASKED)  # open without rules
    assert stand.reached(core, ASKED, seconds=3) == set(ASKED)
    assert stand.reached(stand.gw, out, seconds=3) == set(out)
    stand.load(POLICY)
    assert stand.reached(wan, ASKED) == set()
    stand.load(vpn(""))
    assert stand.reached(wan, ASKED, seconds=3) == DOOR
    assert stand.reached(core, ASKED) == set()
    for uid in (0, fwstand.UID_PROXY):  # who is not asked does not speak
        assert stand.reached(stand.gw, out, uid) == set()
    # one far end of two
    stand.load(vpn(', peers: [45.113.7.53, "2a0e:5a4d:7::53"]'))
    asked = [("udp", "45.113.7.1", PORT, s) for s in ("45.113.7.10", "45.113.7.53")] + \
            [("udp", OURS[1], PORT, f"2a0e:5a4d:7::{n}") for n in (10, 53)]
    assert stand.reached(wan, asked, seconds=3) == {asked[1], asked[3]}
    # by another zone, and gone again
    stand.load(vpn(", from: claims"))
    assert stand.reached(wan, ASKED) == set()
    assert stand.reached(stand.ns("claims0"), ASKED, seconds=3) == DOOR
    stand.load(POLICY)
    assert stand.reached(stand.ns("claims0"), ASKED) == set()
