# SPDX-License-Identifier: GPL-3.0-or-later
"""Ceilings for each source: above them nothing new, others are not touched, full is closed."""
from firewall import fwstand
from proxy import netns

POLICY = """# SPDX-License-Identifier: GPL-3.0-or-later
version: 1
site: { name: 検査台 }
zones:
  core: { kind: personal, interfaces: [core0], networks: [10.10.0.0/24, "fd10::/64"],
          limits: LIMITS }
  claims: { kind: closed, interfaces: [claims0], networks: [10.20.0.0/24, "fd20::/64"] }
services:
  web: [tcp/443]
flows:
  - { id: web, from: core, to: claims, services: [web],
      partner: p, basis: b, owner: o, review: 2099-03-31 }
"""
PERMITS = [fwstand.permit(1, "core0", "core")]
PAIRS = (("10.20.0.10", "10.10.0.11", "10.10.0.12"), ("fd20::10", "fd10::11", "fd10::12"))
ASKED, CEILING = 40, 6


def count(stand, to, source, times=ASKED):
    answers = stand.ask(stand.ns("core0"), [("tcp", to, 443, source)] * times)
    return sum(1 for a in answers if a)


def test_rate(stand):
    stand.serve("claims0", [("tcp", 443)])
    for to, one, _ in PAIRS:
        assert count(stand, to, one) == ASKED
    stand.load(POLICY.replace("LIMITS", f"{{ new_per_second: {CEILING} }}"), PERMITS)
    for to, one, other in PAIRS:
        # a bucket full, and what comes in while it is asked
        assert CEILING <= count(stand, to, one) <= 3 * CEILING
        assert count(stand, to, other, CEILING) == CEILING
    assert "drop" in stand.list("list", "chain", "inet", "sekisho", "flood")


def test_connections(stand):
    stand.serve("claims0", [("tcp", 443)])  # it holds them
    stand.load(POLICY.replace("LIMITS", f"{{ connections: {CEILING} }}"), PERMITS)
    for to, one, other in PAIRS:
        assert count(stand, to, one) == CEILING
        assert count(stand, to, one) == 0
        assert count(stand, to, other, CEILING) == CEILING
    netns.run(netns.command(stand.gw, ["conntrack", "-F"]), check=False)
    for to, one, _ in PAIRS:
        assert count(stand, to, one, CEILING) == CEILING


def test_no_room_is_closed(stand):
    stand.serve("claims0", [("tcp", 443)])
    stand.load(POLICY.replace("LIMITS", f"{{ new_per_second: {CEILING} }}"), PERMITS)
    for (to, one, other), family in zip(PAIRS, (4, 6)):
        assert count(stand, to, one, 1) == 1
        others = ", ".join(f"100.64.{i >> 8}.{i & 255}" if family == 4 else f"fd66::{i:x}"
                           for i in range(16383))
        stand.nft(f"add element inet sekisho rate{family}-0 {{ {others} }}")
        assert count(stand, to, other, 1) == 0  # no room for it
        assert count(stand, to, one, 1) == 1  # is known already
        if family == 4:
            assert count(stand, *PAIRS[1][:2], 1) == 1  # the other family has its own
