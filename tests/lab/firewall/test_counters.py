# SPDX-License-Identifier: GPL-3.0-or-later
"""A flow's counter goes on when rules are edited, moved and loaded anew."""
import json

from firewall import fwstand

POLICY = """# SPDX-License-Identifier: GPL-3.0-or-later
version: 1
site: { name: 検査台 }
zones:
  core: { kind: closed, interfaces: [core0], networks: [10.10.0.0/24, "fd10::/64"] }
  claims: { kind: closed, interfaces: [claims0], networks: [10.20.0.0/24, "fd20::/64"] }
services:
  first: [udp/4000]
  second: [udp/4001]
flows:
BEFORE  - { id: drop, from: core, to: claims, services: [first] }
"""
OTHER = "  - { id: another, from: core, to: claims, services: [second] }\n"
TO = ("10.20.0.10", "fd20::10")


def packets(stand, flow):
    listed = json.loads(stand.list("--json", "list", "counter", "inet", "sekisho", f"flow-{flow}"))
    return [item["counter"]["packets"] for item in listed["nftables"] if "counter" in item][0]


def test_counter_goes_on(stand):
    stand.serve("claims0", [("udp", 4000), ("udp", 4001)])
    asked = [("udp", a, 4000) for a in TO]
    for round_, before in enumerate(("", OTHER, OTHER, "")):
        stand.load(POLICY.replace("BEFORE", before))
        assert stand.reached(stand.ns("core0"), asked, seconds=3) == set(asked)
        assert packets(stand, "drop") == 2 * (round_ + 1)
    assert packets(stand, "another") == 0
    rules = stand.list("list", "chain", "inet", "sekisho", "flow-drop")
    assert 'comment "flow:drop"' in rules
