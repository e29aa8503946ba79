# SPDX-License-Identifier: GPL-3.0-or-later
"""A new revision under open connections: what it does not allow any more ends, nothing else."""
import os

import pytest

from proxy import hello, netns, origin
from proxy.names import at
from proxy.stand import Stand

ANY, SEEN, GONE, SOCKET = "any.example.jp", "seen.example.jp", "gone.example.jp", "ws.example.jp"
ADDRESS, WEB = "45.113.16.4", "45.113.16.5"
SWITCHED = (b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
            b"Upgrade: websocket\r\n\r\n")
LISTED = (f"{SEEN} 443 tls=any", f"{SOCKET} 80 path=/socket")
PLAIN = "plain.example.jp"


@pytest.fixture(name="stand")
def stand_fixture():
    stand = Stand(f"pw{os.getpid()}", [*LISTED, f"{ANY} 443 tls=any", f"{GONE} 443", f"{PLAIN} 80"])
    for name in (ANY, SEEN, GONE):
        stand.names.names[name] = at(ADDRESS)
    for name in (SOCKET, PLAIN):
        stand.names.names[name] = at(WEB)
    stand.origin.scripts[ADDRESS] = origin.Reply(raw=True)
    stand.origin.scripts[WEB] = origin.Reply(
        echo=lambda r: (SWITCHED if r.target == "/socket" else
                        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", False))
    with stand.running():
        yield stand


def ask(stand, host, path, more=b""):
    client = stand.on_client(stand.connect)
    client.send(b"GET http://%s%s HTTP/1.1\r\nHost: %s\r\n%s\r\n" % (
        host.encode(), path, host.encode(), more))
    return client, client.response(5)


def load(stand, entries):
    stand.publish(entries)
    netns.run([str(stand.bin / "make_root"), str(stand.root), str(stand.number),
               str(stand.root / "policy.yaml"), str(stand.root / "entries"), "load"])


def test_a_new_revision(stand):
    unseen = stand.tunnel(ANY, b"no TLS at all")
    seen = stand.tunnel(SEEN, b"anything, too")
    gone = stand.tunnel(GONE, hello.hello(GONE.encode()))
    socket, answer = ask(stand, SOCKET, b"/socket",
                         b"Connection: Upgrade\r\nUpgrade: websocket\r\n")
    assert answer.status == 101
    plain, answer = ask(stand, PLAIN, b"/")
    assert answer.status == 200
    load(stand, [*LISTED, f"{ANY} 443"])
    # no look was taken at its TLS name, and one is asked for now
    assert unseen.wait_end(3) == "reset"
    assert gone.wait_end(3) == "reset"
    for client in (seen, socket):
        assert client.wait_end(0.5) == ""
    # neither the kept connection to an origin that is not listed any more
    held = netns.run([*netns.command(stand.gw, ["ss", "-Htn", "state", "established"])]).stdout
    assert sum(WEB in line for line in held.splitlines()) == 1, held
    stand.stop_proxy()
    ends = {(r["host"], r["kind"]): r["reason"] for r in stand.records()}
    kinds = {host: reason for (host, kind), reason in ends.items() if "close" in str(kind)}
    assert kinds[ANY] == kinds[GONE] == "withdrawn", ends
    assert kinds[SEEN] == kinds[SOCKET] == "shutdown", ends
    plain.close()
