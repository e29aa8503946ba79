# SPDX-License-Identifier: GPL-3.0-or-later
"""Several requests on one connection: each is judged by itself (RFC 9112 9.3)."""
from ..case import Anew, Case, Recv, Sleep, bound
from ..origin import Reply, ok
from .common import SMUGGLED, WORD, denied, post, request

ONE, TWO = request(target=b"http://HOST/1"), request(target=b"http://HOST/2")
GOT = [("GET", "/1", b""), ("GET", "/2", b"")]
POISON = ok(b"poison")
INNER = b"GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n"


def row(name, send, status, arrived, rfc="9112 9.3.2", **more):
    return Case(name, rfc, send, status=status, origin=arrived, never=(WORD,), **more)


def ended(*words, **more):
    """The origin ends the connection when nobody knows whether it is used again: RFC 9112 9.3.1."""
    return row(*words, repeats=True, **more)


CASES = bound("pipeline", [
    row("two-in-one-write", ONE + TWO, (200, 200), GOT),
    row("two-one-after-the-other", (ONE, Recv(), TWO), (200, 200), GOT, "9112 9.3"),
    row("twelve", b"".join(request(target=b"http://HOST/%d" % i) for i in range(12)), (200,) * 12,
        [("GET", f"/{i}", b"") for i in range(12)]),
    row("second-denied", ONE + SMUGGLED, (200, 403), GOT[:1], reason="not-listed"),
    row("second-malformed", ONE + b"GET /smuggled HTTP/1.1\r\nHost: HOST\r\n\r\n", (200, 400),
        GOT[:1], reason="bad-request", closed=True),
    row("second-folded", ONE + request(b"X-A: b\r\n smuggled"), (200, 400), GOT[:1],
        reason="bad-request", closed=True),
    row("second-two-lengths", ONE + post(b"Content-Length: 0", b"Content-Length: 9",
                                         body=b"smuggled!"), (200, 400), GOT[:1],
        reason="bad-request", closed=True),
    row("second-not-http", ONE + b"\x16\x03\x01smuggled\r\n\r\n", (200, 400), GOT[:1],
        reason="bad-request", closed=True),
    row("second-host-differs", ONE + request(b"Host: DENIED", target=b"http://HOST/smuggled",
                                             host=False), (200, 400), GOT[:1],
        reason="bad-request", closed=True),
    # a refusal ends the connection: what is behind it was not asked for again
    row("third-behind-a-denied", ONE + request(b"Host: DENIED", target=b"http://DENIED/smuggled",
                                               host=False) + TWO, (200, 403), GOT[:1],
        reason="not-listed", closed=True),
    row("nothing-behind-a-malformed", ONE + b"X\r\n\r\n" + TWO, (200, 400), GOT[:1],
        reason="bad-request", closed=True),
    row("behind-connection-close", request(b"Connection: close", target=b"http://HOST/1") + TWO,
        200, GOT[:1], "9112 9.6", closed=True),
    row("behind-1.0", request(version=b"HTTP/1.0", target=b"http://HOST/1") + TWO, 200, GOT[:1],
        "9112 9.3", closed=True),
    # the length says where the body ends, whatever it looks like
    row("request-in-a-body", post(b"Content-Length: 3", body=b"abc" + TWO), (200, 200),
        [("POST", "/x", b"abc"), ("GET", "/2", b"")]),
    denied("smuggled-behind-a-short-body", "9112 9.3.2",
           post(b"Content-Length: 3", body=b"abc" + SMUGGLED), "not-listed", status=(200, 403),
           origin=[("POST", "/x", b"abc")], never=(WORD,)),
    denied("smuggled-behind-chunks", "9112 9.3.2",
           post(b"Transfer-Encoding: chunked", body=b"3\r\nabc\r\n0\r\n\r\n" + SMUGGLED),
           "not-listed", status=(200, 403), origin=[("POST", "/x", b"abc")], never=(WORD,)),
    row("whole-request-as-a-body", post(b"Content-Length: %d" % len(INNER), body=INNER), 200,
        [("POST", "/x", INNER)], "9112 6.3"),
    row("empty-line-between", ONE + b"\r\n" + TWO, (200, 200), GOT, "9112 2.2"),
    row("connect-behind-a-get", ONE + b"CONNECT DENIED:443 HTTP/1.1\r\nHost: DENIED:443\r\n\r\n",
        (200, 403), GOT[:1], reason="not-listed"),
    row("cut-second", (ONE + b"GET http://HOST/2 HTTP/1.1\r\nHo", Recv()), 200, GOT[:1]),
    # answers stay with their requests
    row("slow-first", ONE + TWO, (200, 200), GOT, "9112 9.3.2",
        reply=Reply(hold=0.3, replies=(ok(b"first"), ok(b"second")))),
    ended("origin-closes-after-the-first", (ONE, Recv(), TWO), (200, 200), GOT, "9112 9.5",
        reply=Reply(after="close")),
    ended("origin-closes-while-idle", (ONE, Recv(), Sleep(0.2), TWO), (200, 200), GOT, "9112 9.5",
        reply=Reply(replies=(ok(),), after="close")),
    # a second answer to one request must never be taken for the answer to another
    ended("two-answers-at-once", (ONE, Recv(), TWO), (200, 200), GOT, "9112 9.2",
        reply=Reply(replies=(ok() + POISON,)), unseen=(b"poison",)),
    # byte by byte it may begin after the next request was sent: then nobody can tell
    ended("two-answers-pipelined", ONE + TWO, (200, 200), GOT, "9112 9.2", twice=False,
        reply=Reply(replies=(ok() + POISON,)), unseen=(b"poison",)),
    ended("second-answer-late", (ONE, Recv(), Sleep(0.4), TWO), (200, 200), GOT, "9112 9.2",
        reply=Reply(late=(0.1, POISON)), unseen=(b"poison",)),
    ended("second-answer-to-another-client", (ONE, Recv(), Anew(), TWO), (200, 200), GOT, "9112 9.2",
        reply=Reply(replies=(ok() + POISON,)), unseen=(b"poison",)),
    ended("second-answer-late-to-another-client", (ONE, Recv(), Anew(), Sleep(0.4), TWO), (200, 200),
        GOT, "9112 9.2", reply=Reply(late=(0.1, POISON)), unseen=(b"poison",)),
    ended("bytes-behind-an-answer", (ONE, Recv(), TWO), (200, 200), GOT, "9112 9.2",
        reply=Reply(replies=(ok() + b"poison",)), unseen=(b"poison",)),
    ended("half-an-answer-behind", (ONE, Recv(), TWO), (200, 200), GOT, "9112 9.2",
        reply=Reply(replies=(ok() + POISON[:20],)), unseen=(b"poison",)),
    row("no-kept-connection-for-another-host-field", (ONE, Recv(), post(b"Content-Length: 3",
                                                                        body=b"abc")), (200, 200),
        [("GET", "/1", b""), ("POST", "/x", b"abc")], "9112 9.3"),
])
