# SPDX-License-Identifier: GPL-3.0-or-later
"""A client ends its side of a tunnel: what it sent arrives, and nothing hangs."""
import os
import time

import pytest

from proxy import hello, origin
from proxy.names import at
from proxy.stand import Stand

ANY, SEEN, ADDRESS = "any.example.jp", "seen.example.jp", "45.113.16.4"
PARTING = b"and good-bye\n"
MUCH = 3 << 20


@pytest.fixture(name="stand")
def stand_fixture():
    stand = Stand(f"pe{os.getpid()}", [f"{ANY} 443 tls=any", f"{SEEN} 443"])
    for name in (ANY, SEEN):
        stand.names.names[name] = at(ADDRESS)
    stand.origin.scripts[ADDRESS] = origin.Reply(raw=True, parting=PARTING)
    with stand.running():
        yield stand


def test_the_client_ends(stand):
    first = hello.hello(SEEN.encode())
    # RFC 9110 9.3.6: both sides are closed, in order, with all that the client has sent
    for more in (0, MUCH):
        with stand.tunnel(SEEN, first) as client:
            assert client.send(bytes(more))
            client.shut()
            assert client.wait_end(10) == "close"
            assert client.buffer in (origin.TUNNEL_OK, origin.TUNNEL_OK + PARTING)
        arrival = stand.origin.at(ADDRESS)[-1]
        until = time.monotonic() + 10
        while not arrival.ended and time.monotonic() < until:
            time.sleep(0.02)
        assert arrival.ended == "close"
        assert len(arrival.data) == len(first) + more
    # what is not known to be TLS may go on half open
    with stand.tunnel(ANY, b"no TLS at all") as client:
        client.shut()
        assert client.wait_end(5) == "close"
        assert client.buffer == origin.TUNNEL_OK + PARTING
    stand.stop_proxy()
    closes = [r for r in stand.records() if "close" in str(r["kind"])]
    assert [r["reason"] for r in closes] == ["closed"] * 3, closes
    assert sorted(r["bytes_up"] for r in closes) == sorted(
        (len(first), len(first) + MUCH, len(b"no TLS at all"))), closes
