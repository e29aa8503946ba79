# SPDX-License-Identifier: GPL-3.0-or-later
"""The self-test of admission at the ports of a bridge: frames of a card that nobody knows."""
import json

import pytest

from admission import bridgestand as bs
from firewall.fwstand import tool
from proxy import netns

A, B, C, D = bs.PORTS  # D is a port that the policy does not name


@pytest.fixture(name="ask")
def ask_fixture(bridge, tmp_path):
    def ask(*permits, policy=bs.POLICY):
        policy_path, objects = tmp_path / "policy.yaml", tmp_path / "objects.json"
        policy_path.write_text(policy.replace("ADMISSION", "enforce"), encoding="utf-8")
        objects.write_text(json.dumps({"ports": [], "permits": bs.objects(permits)}),
                           encoding="utf-8")
        done = netns.run(netns.command(bridge.gw, [tool("fw_probe_kernel"), policy_path, objects]))
        return json.loads(done.stdout)

    return ask


def strangers(found):
    return [w for w in found["wrong"] if w["kind"] == "stranger"]


@pytest.mark.parametrize("lock", [False, True])
def test_each_port_blocks(bridge, ask, lock):
    """With the rules alone, and with the kernel's locks besides."""
    policy = bs.POLICY.replace("ports: [p1, p2, p3]",
                               "ports: [p1, p2, p3]" + ("\n    port_lock: true" if lock else ""))
    permits = ((A, bs.MACS[A]), (B, bs.MACS[B]))
    bridge.load(*permits, policy=policy)
    assert bridge.locked() == ({A, B, C} if lock else set())
    ears = [bs.Ear(bridge.ns(p)) for p in (A, B, C, D)]
    found = ask(*permits, policy=policy)
    heard = [frame for ear in ears for frame in ear.close()]
    assert found["result"] == "good" and not found["not_tested"], found
    # three ports, two families: to the gateway, through it, and to a neighbour
    assert found["blocked"] >= 18 and found["passed"] == 2, found
    assert not [f for f in heard if f[23] == 6 or f[20] == 6], heard
    learnt = set(bridge.fdb()) - set(bs.MACS.values())
    assert not {m for m in learnt if int(m[:2], 16) & 3 == 2}, learnt


def test_a_port_that_lets_everybody_in(bridge, ask):
    """The rules of the bridge take any card: to a neighbour it passes, and is told."""
    permits = ((A, bs.MACS[A]), (B, bs.MACS[B]))
    bridge.load(*permits)
    bridge.nft("insert rule bridge sekisho prerouting meta mark set 0x01000001 accept")
    bridge.nft("insert rule bridge sekisho forward accept")
    ears = [bs.Ear(bridge.ns(p)) for p in (A, B, C, D)]
    found = ask(*permits)
    heard = [frame for ear in ears for frame in ear.close()]
    told = strangers(found)
    assert {(w["from"], w["to"], w["family"]) for w in told} == {
        ("office", "office", 4), ("office", "office", 6)}, found
    assert {w["packet"]["iif"] for w in told} == {A, B, C}
    assert not [f for f in heard if f[23] == 6 or f[20] == 6], heard  # caught all the same


def test_the_router_lets_everybody_in(bridge, ask):
    """The bridge's permits are for the router's side as well: both have to be broken."""
    permits = ((A, bs.MACS[A]), (B, bs.MACS[B]))
    bridge.load(*permits)
    bridge.nft("insert rule inet sekisho forward meta mark set 0x01000001 accept")
    assert not strangers(ask(*permits))
    bridge.nft("insert rule bridge sekisho prerouting accept")
    bridge.nft("insert rule bridge sekisho input accept")
    told = strangers(ask(*permits))
    assert {w["to"] for w in told} == {"claims"}, told
