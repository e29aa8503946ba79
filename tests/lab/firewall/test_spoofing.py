# SPDX-License-Identifier: GPL-3.0-or-later
"""Forged sources: of another zone, and of this zone but from where no route leads back."""
import json

from firewall import fwstand
from proxy import netns

POLICY = """# SPDX-License-Identifier: GPL-3.0-or-later
version: 1
site: { name: 検査台 }
zones:
  core: { kind: personal, interfaces: [core0, office0],
          networks: [10.10.0.0/24, "fd10::/64", 10.30.0.0/24, "fd30::/64"] }
  claims: { kind: closed, interfaces: [claims0], networks: [10.20.0.0/24, "fd20::/64"] }
  mgmt: { kind: management, interfaces: [mgmt0], networks: [10.90.0.0/28, "fd90::/64"] }
services:
  web: [udp/4000]
flows:
  - { id: web, from: core, to: claims, services: [web],
      partner: p, basis: b, owner: o, review: 2099-03-31 }
"""
PERMITS = [fwstand.permit(1, "core0", "core"), fwstand.permit(2, "office0", "core")]
TO = ("10.20.0.10", "fd20::10")
SEND = """
import socket, sys
to, source = sys.argv[1:]
s = socket.socket(socket.AF_INET6 if ":" in to else socket.AF_INET, socket.SOCK_DGRAM)
s.bind((source, 0))
s.sendto(b"?", (to, 4000))
"""


def counted(stand, chain):
    rules = json.loads(stand.list("--json", "list", "chain", "inet", "sekisho", chain))
    return sum(part["counter"]["packets"] for item in rules["nftables"] if "rule" in item
               for part in item["rule"]["expr"] if "counter" in part)


def send(stand, to, source):
    netns.run(netns.command(stand.ns("core0"), ["/usr/bin/python3", "-c", SEND, to, source]))


def test_forged_sources(stand):
    stand.load(POLICY, PERMITS)
    machine = stand.ns("core0")
    forged = (("10.90.0.9/32", "fd90::9/128"), ("10.30.0.9/32", "fd30::9/128"))
    for pair in forged:
        netns.batch(machine, [f"address add {a} dev eth0" + (" nodad" if ":" in a else "")
                              for a in pair])
    for to, source in zip(TO, ("10.10.0.11", "fd10::11")):
        before = counted(stand, "open-web")
        send(stand, to, source)
        assert counted(stand, "open-web") == before + 1, "not even the true address"
    for pair in forged:
        for to, source in zip(TO, pair):
            before = counted(stand, "spoofed"), counted(stand, "open-web")
            send(stand, to, source.split("/")[0])
            after = counted(stand, "spoofed"), counted(stand, "open-web")
            assert (after[0] - before[0], after[1] - before[1]) == (1, 0), source
