# SPDX-License-Identifier: GPL-3.0-or-later
"""Kept and pipelined connections under stress: every answer belongs to its own request.

Clients mix methods, bodies and framings, go away in the middle, and ask through the same
few names, so that the proxy's connections to the origin are shared all the time. The origin
answers with the request's own path and the hash of its body, framed in different ways, and
sometimes closes. Whoever gets another's answer sees it.
"""
import hashlib
import os
import random
import struct
import threading
import socket

import pytest

from proxy import netns, origin, wire
from proxy.names import at
from proxy.stand import PROXY, Stand

ZONE, ADDRESS = "kept.example.jp", "45.113.16.3"
CLIENTS, ROUNDS, HOSTS = 16, 60, 3


def said(request):
    """What the origin says about a request."""
    digest = hashlib.sha256(request.body).hexdigest()
    return f"{request.method} {request.target} {digest} ".encode()


def echo(request):
    """The answer's framing follows from the path, so that it is the same every time."""
    kind = request.target.rsplit("-", 1)[-1]
    body = said(request) * (400 if kind == "long" else 1)
    head = b"HTTP/1.1 200 OK\r\nX-For: " + request.target.encode() + b"\r\n"
    close = "close" in ",".join(request.values("connection")).lower()
    if request.method == "HEAD":
        return head + b"Content-Length: %d\r\n\r\n" % len(body), close
    if kind == "none":
        return head.replace(b"200 OK", b"204 No Content") + b"\r\n", close
    if kind == "chunked":
        parts = b"".join(b"%x\r\n%s\r\n" % (len(body[i:i + 7]), body[i:i + 7])
                         for i in range(0, len(body), 7))
        return head + b"Transfer-Encoding: chunked\r\n\r\n" + parts + b"0\r\n\r\n", close
    if kind == "end":
        return head + b"\r\n" + body, True
    if kind == "interim":
        head = b"HTTP/1.1 103 Early Hints\r\n\r\n" + head
    if kind == "close":
        head += b"Connection: close\r\n"
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body, close or kind == "close"


class Client:
    KINDS = ("plain", "long", "chunked", "none", "end", "interim", "close", "plain", "long", "chunked")

    def __init__(self, number):
        self.number, self.serial, self.wrong, self.right = number, 0, [], 0
        self.dice = random.Random(number)

    def request(self):
        """(bytes, method, target, kind, body)"""
        self.serial += 1
        kind, host = self.dice.choice(self.KINDS), f"h{self.dice.randrange(HOSTS)}.{ZONE}"
        method = self.dice.choice(("GET", "GET", "POST", "HEAD", "PUT"))
        target = f"/{self.number}/{self.serial}-{kind}"
        body = os.urandom(self.dice.choice((0, 1, 3000, 40000))) if method in ("POST", "PUT") else b""
        head = f"{method} http://{host}{target} HTTP/1.1\r\nHost: {host}\r\n".encode()
        if body and self.dice.random() < 0.5:
            framed = b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(
                b"%x\r\n%s\r\n" % (len(body[i:i + 999]), body[i:i + 999])
                for i in range(0, len(body), 999)) + b"0\r\n\r\n"
        else:
            framed = (b"Content-Length: %d\r\n" % len(body) if body else b"") + b"\r\n" + body
        return head + framed, method, target, kind, body

    def check(self, asked, got):
        _, method, target, kind, body = asked
        want = f"{method} {target} {hashlib.sha256(body).hexdigest()} ".encode()
        want *= 400 if kind == "long" else 1
        if got.value("x-for") != target:
            self.wrong.append(f"{target} got the answer for {got.value('x-for')} ({got.status})")
        elif method != "HEAD" and kind != "none" and got.body != want:
            self.wrong.append(f"{target}: body {got.body[:80]!r}, whole: {got.whole}")
        else:
            self.right += 1

    def run(self, namespace):
        netns.enter(namespace)
        for _ in range(ROUNDS):
            try:
                self._connection()
            except (OSError, origin.Malformed, IndexError) as error:
                self.wrong.append(f"{type(error).__name__}: {error}")

    def _connection(self):
        batch = [self.request() for _ in range(self.dice.choice((1, 2, 5)))]
        pipelined = self.dice.random() < 0.5
        with wire.Client(PROXY) as client:
            if pipelined:
                client.send(b"".join(b[0] for b in batch))
            for asked in batch:
                if not pipelined and not client.send(asked[0]):
                    return
                if self.dice.random() < 0.1:  # go away without a word
                    client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                           struct.pack("ii", 1, 0))
                    return
                got = client.response(10, head_only=asked[1] == "HEAD")
                if got is None:
                    if not client.end:
                        self.wrong.append(f"{asked[2]}: no answer, and no end")
                    return
                self.check(asked, got)
                if "close" in (got.value("connection") or "") or got.value("content-length") is None \
                        and got.value("transfer-encoding") is None and asked[3] == "end":
                    return
            if client.buffer:
                self.wrong.append(f"bytes nobody asked for: {client.buffer[:80]!r}")


@pytest.fixture(name="stand")
def stand_fixture():
    stand = Stand(f"pq{os.getpid()}", [f"*.{ZONE} 80"])
    stand.names.names[f".{ZONE}"] = at(ADDRESS)
    stand.origin.scripts[ADDRESS] = origin.Reply(echo=echo)
    with stand.running():
        yield stand


def test_every_answer_belongs_to_its_request(stand):
    clients = [Client(i) for i in range(CLIENTS)]
    threads = [threading.Thread(target=c.run, args=(stand.client,)) for c in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stand.proxy.poll() is None, stand.log()[-3000:]
    stand.stop_proxy()
    wrong = [w for c in clients for w in c.wrong]
    assert not wrong, f"{len(wrong)} wrong, {sum(c.right for c in clients)} right: {wrong[:10]}"
    assert sum(c.right for c in clients) > CLIENTS * ROUNDS
    opened = {r["detail"] for r in stand.records() if r["kind"] == "proxy-open"}
    targets, reused = set(), False
    for arrival in stand.origin.at(ADDRESS):
        found, _ = origin.requests_in(arrival.data)
        targets |= {q.target for q in found}
        reused |= len({q.target.split("/")[1] for q in found}) > 1
    assert reused, "no connection to the origin carried requests of two clients"
    assert targets <= opened, sorted(targets - opened)[:10]
