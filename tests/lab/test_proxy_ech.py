# SPDX-License-Identifier: GPL-3.0-or-later
"""proxy.ech: a ClientHello with an encrypted part passes, unless the policy refuses it."""
import os

import pytest

from proxy import hello, netns, origin
from proxy.names import at
from proxy.stand import POLICY, Stand

HOST, ADDRESS = "front.example.jp", "45.113.16.6"
PLAIN, ECH = hello.hello(HOST.encode()), hello.hello(HOST.encode(), more=hello.ECH_OUTER)


@pytest.fixture(name="stand")
def stand_fixture():
    stand = Stand(f"pe{os.getpid()}", [f"{HOST} 443"])
    stand.names.names[HOST] = at(ADDRESS)
    stand.origin.scripts[ADDRESS] = origin.Reply(raw=True)
    with stand.running():
        yield stand


def tunnel(stand, first):
    """The tunnel, and whether its hello reached the origin."""
    client = stand.open_tunnel(HOST)
    client.send(first)
    return client, client.read_until(lambda b: len(b) >= len(origin.TUNNEL_OK), 5)


def test_ech(stand):
    plain, passed = tunnel(stand, PLAIN)
    assert passed
    ech, passed = tunnel(stand, ECH)
    assert passed
    stand.policy = POLICY + "  ech: refuse\n"
    stand.publish()
    netns.run([str(stand.bin / "make_root"), str(stand.root), str(stand.number),
               str(stand.root / "policy.yaml"), str(stand.root / "entries"), "load"])
    assert ech.wait_end(3) == "reset"
    assert plain.wait_end(0.5) == ""
    before = len(stand.origin.at(ADDRESS)[-1].data)
    refused, passed = tunnel(stand, ECH)
    assert not passed and refused.end
    _, passed = tunnel(stand, PLAIN)
    assert passed
    sizes = [len(a.data) for a in stand.origin.at(ADDRESS)]
    assert before == len(ECH) and sizes == [len(PLAIN), len(ECH), 0, len(PLAIN)]
    stand.stop_proxy()
    ends = [(r["reason"], r["detail"]) for r in stand.records() if r["kind"] == "proxy-close"]
    assert ends[:2] == [("withdrawn", "TLS 1.3, ECH"), ("sni", f"server name {HOST}, ECH")], ends
