# SPDX-License-Identifier: GPL-3.0-or-later
"""Hostile origins: what cannot be read in one way only does not reach the client."""
from ..case import Case, Recv, Sleep, bound
from ..origin import Reply, ok
from .common import request

GOT = [("GET", "/x", b"")]
POISON = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"


def head(name, rfc, data, after="close", **more):
    """Refused as a whole: 502, and not a byte of it."""
    more = {"status": 502, **more}
    return Case(name, rfc, request(), reason="error", origin=GOT, unseen=(b"poison",),
                reply=Reply(replies=(data,), after=after), **more)


def cut(name, rfc, data, after="close"):
    """The head is passed on; the client can see that the body is not whole."""
    return Case(name, rfc, request(), status={200, 502, None}, reason=None, whole=None, closed=True,
                origin=GOT, reply=Reply(replies=(data,), after=after), unseen=(b"poison",))


def line(name, text, rfc="9112 4"):
    return head(name, rfc, text + b"\r\nContent-Length: 6\r\n\r\npoison")


def field(name, text, rfc="9112 5", body=b"poison"):
    return head(name, rfc, b"HTTP/1.1 200 OK\r\n" + text + b"\r\n\r\n" + body)


def good(name, rfc, data, after="keep", status=200, **more):
    return Case(name, rfc, request(), status=status, origin=GOT,
                reply=Reply(replies=(data,), after=after), **more)


def old(name, rfc, data, after="keep", **more):
    """Asked for by a client of HTTP/1.0."""
    return Case(name, rfc, request(version=b"HTTP/1.0"), origin=GOT, closed=True,
                reply=Reply(replies=(data,), after=after), **more)


def chunked(data):
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + data


CHUNK = b"6\r\npoison\r\n0\r\n\r\n"

CASES = bound("response", [
    field("cl-te", b"Content-Length: 6\r\nTransfer-Encoding: chunked", "9112 6.3", CHUNK),
    field("te-cl", b"Transfer-Encoding: chunked\r\nContent-Length: 6", "9112 6.3", CHUNK),
    field("cl-twice-different", b"Content-Length: 6\r\nContent-Length: 60", "9112 6.3"),
    field("cl-twice-same", b"Content-Length: 6\r\nContent-Length: 6", "9112 6.3"),
    field("cl-list", b"Content-Length: 6, 6", "9112 6.3"),
    field("cl-minus", b"Content-Length: -6", "9110 8.6"),
    field("cl-plus", b"Content-Length: +6", "9110 8.6"),
    field("cl-hex", b"Content-Length: 0x6", "9110 8.6"),
    field("cl-overflow", b"Content-Length: 18446744073709551622", "9110 8.6"),
    field("cl-empty", b"Content-Length:", "9110 8.6"),
    field("te-gzip", b"Transfer-Encoding: gzip", "9112 6.1"),
    field("te-twice", b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "9112 6.1", CHUNK),
    field("te-list", b"Transfer-Encoding: identity, chunked", "9112 6.1", CHUNK),
    field("te-folded", b"Transfer-Encoding:\r\n chunked", "9112 5.2", CHUNK),
    head("te-1.0", "9112 6.1", b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNK),
    field("no-colon", b"X-A b"), field("space-before-colon", b"X-A : b", "9112 5.1"),
    field("empty-name", b": b", "9110 5.1"), field("folded", b"X-A: b\r\n c", "9112 5.2"),
    field("nul", b"X-A: \0", "9110 5.5"), field("control", b"X-A: \x1b[2J", "9110 5.5"),
    field("name-8-bit", b"X-\xe9: b", "9110 5.1"), field("name-space", b"X A: b", "9110 5.1"),
    head("bare-lf", "9112 2.2", b"HTTP/1.1 200 OK\nContent-Length: 6\n\npoison"),
    head("bare-lf-one", "9112 2.2", b"HTTP/1.1 200 OK\r\nX-A: b\nContent-Length: 6\r\n\r\npoison"),
    head("bare-cr", "9112 2.2", b"HTTP/1.1 200 OK\r\nX-A: b\rSet-Cookie: poison\r\n\r\n"),
    head("splitting-cr", "9112 11.1", b"HTTP/1.1 302 Found\r\nLocation: /a\r\r\nSet-Cookie: poison"
         b"\r\nContent-Length: 0\r\n\r\n"),
    head("splitting-lf", "9112 11.1", b"HTTP/1.1 302 Found\r\nLocation: /a\nSet-Cookie: poison"
         b"\r\nContent-Length: 0\r\n\r\n"),
    line("no-http", b"poison"), line("http-2", b"HTTP/2.0 200 OK"), line("http-1.2", b"HTTP/1.2 200 OK"),
    line("http-0.9", b"HTTP/0.9 200 OK"), line("lower-case", b"http/1.1 200 OK"),
    line("icy", b"ICY 200 OK"), line("two-digits", b"HTTP/1.1 20 OK"),
    line("four-digits", b"HTTP/1.1 2000 OK"), line("status-letters", b"HTTP/1.1 2x0 OK"),
    line("status-0", b"HTTP/1.1 000 OK"), line("status-99", b"HTTP/1.1 099 OK"),
    line("status-600", b"HTTP/1.1 600 OK"), line("status-999", b"HTTP/1.1 999 OK"),
    line("status-minus", b"HTTP/1.1 -20 OK"), line("status-plus", b"HTTP/1.1 +200 OK"),
    line("two-spaces", b"HTTP/1.1  200 OK"), line("tab", b"HTTP/1.1\t200 OK"),
    line("space-first", b" HTTP/1.1 200 OK"), line("control-in-phrase", b"HTTP/1.1 200 \x1b[2J"),
    line("nul-in-phrase", b"HTTP/1.1 200 O\0K"), line("empty-line-first", b"\r\nHTTP/1.1 200 OK"),
    line("ssh", b"SSH-2.0-OpenSSH_9.2"), line("request-line", b"GET / HTTP/1.1"),
    head("bytes-only", "9112 2.1", b"\0\1\2\3poison"),
    head("tls-alert", "8446 6", b"\x15\x03\x01\x00\x02\x02\x46"),
    head("empty", "9112 8", b""), head("half-a-head", "9112 8", b"HTTP/1.1 200 OK\r\nContent-Le"),
    head("reset", "9112 9.5", b"", after="reset"),
    head("head-65-kib", "6585 5", b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 66000 +
         b"\r\nContent-Length: 6\r\n\r\npoison"),
    head("head-never-ends", "6585 5", b"HTTP/1.1 200 OK\r\n" + b"X-A: poison\r\n" * 12000),
    head("fields-500", "6585 5", b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 500 +
         b"Content-Length: 6\r\n\r\npoison"),
    head("interim-flood", "9110 15.2", b"HTTP/1.1 103 Early Hints\r\nX-A: b\r\n\r\n" * 5000 + POISON,
         status={502, None}),
    head("interim-with-length-and-coding", "9110 15.2", b"HTTP/1.1 103 Early Hints\r\nContent-Length: 6"
         b"\r\nTransfer-Encoding: chunked\r\n\r\n" + POISON),
    head("interim-malformed", "9110 15.2", b"HTTP/1.1 100 Continue\r\nX-A\r\n\r\n" + POISON),
    head("only-interim", "9110 15.2", b"HTTP/1.1 100 Continue\r\n\r\n", status={502, None}),
    head("connect-answer-unasked", "9110 15.2.2", b"HTTP/1.1 101 Switching Protocols\r\n"
         b"Connection: Upgrade\r\nUpgrade: x\r\n\r\npoison"),
    # bodies
    cut("body-short", "9112 8", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc"),
    cut("body-short-reset", "9112 8", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc", "reset"),
    cut("chunks-cut", "9112 8", chunked(b"3\r\nabc\r\n")),
    cut("chunks-no-last", "9112 8", chunked(b"3\r\nabc\r\n0\r\n")),
    cut("chunk-overflow", "9112 7.1", chunked(b"10000000000000006\r\npoison\r\n0\r\n\r\n")),
    cut("chunk-minus", "9112 7.1", chunked(b"-6\r\npoison\r\n0\r\n\r\n")),
    cut("chunk-0x", "9112 7.1", chunked(b"0x6\r\npoison\r\n0\r\n\r\n")),
    cut("chunk-bare-lf", "9112 7.1", chunked(b"6\npoison\n0\n\n")),
    cut("chunk-space", "9112 7.1", chunked(b"6 \r\npoison\r\n0\r\n\r\n")),
    cut("chunk-letters", "9112 7.1", chunked(b"xyz\r\npoison\r\n0\r\n\r\n")),
    cut("chunk-no-crlf", "9112 7.1", chunked(b"3\r\nabcpoison\r\n0\r\n\r\n")),
    cut("chunk-extension-huge", "9112 7.1.1", chunked(b"6;" + b"a" * 70000 + b"\r\npoison\r\n0\r\n\r\n")),
    cut("trailer-malformed", "9112 7.1.2", chunked(b"3\r\nabc\r\n0\r\nX-A poison\r\n\r\n")),
    # and what is to go through
    good("chunked", "9112 7.1", chunked(b"3\r\nabc\r\n0\r\n\r\n"), closed=False),
    good("chunked-extension", "9112 7.1.1", chunked(b"3;a=b\r\nabc\r\n0\r\n\r\n"), closed=False),
    good("chunked-trailer", "9112 7.1.2", chunked(b"3\r\nabc\r\n0\r\nX-Digest: y\r\n\r\n"), closed=False),
    good("until-close", "9112 6.3", b"HTTP/1.1 200 OK\r\n\r\nabc", "close", closed=True),
    good("1.0-until-close", "9112 6.3", b"HTTP/1.0 200 OK\r\n\r\nabc", "close"),
    good("no-phrase", "9112 4", b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", closed=False),
    good("empty-phrase", "9112 4", b"HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", closed=False),
    good("204", "9112 6.3", b"HTTP/1.1 204 No Content\r\n\r\n", status=204, closed=False),
    good("204-with-length", "9110 8.6", b"HTTP/1.1 204 No Content\r\nContent-Length: 6\r\n\r\n",
         status=204, closed=False, unseen=(b"Content-Length",)),
    good("204-chunked", "9112 6.1", b"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n",
         status=204, closed=False, unseen=(b"Transfer-Encoding",)),
    good("interim-with-length", "9110 8.6", b"HTTP/1.1 103 Early Hints\r\nContent-Length: 6\r\n\r\n"
         b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", closed=False,
         unseen=(b"Content-Length",)),
    old("1.0-client-chunked", "9112 6.1", chunked(b"3;a=b\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n"),
        unseen=(b"Transfer-Encoding", b"\r\nA\r\n", b"3;", b"9\r\n")),
    old("1.0-client-chunked-trailer", "9112 7.1.2", chunked(b"3\r\nabc\r\n0\r\nX-A: poison\r\n\r\n"),
        unseen=(b"poison",)),
    old("1.0-client-chunks-cut", "9112 8", chunked(b"3\r\nabc\r\n"), "close",
        status={200, 502, None}, reason=None, whole=None),
    old("1.0-client-chunk-overflow", "9112 7.1", chunked(b"10000000000000006\r\npoison\r\n0\r\n\r\n"),
        "close", status={200, 502, None}, reason=None, whole=None, unseen=(b"poison",)),
    good("304-with-length", "9112 6.3", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 1000\r\n\r\n",
         status=304, closed=False),
    good("204-with-body", "9112 6.3", b"HTTP/1.1 204 No Content\r\n\r\npoison", status=204,
         unseen=(b"poison",)),
    good("204-with-length-and-body", "9112 6.3", b"HTTP/1.1 204 No Content\r\nContent-Length: 6\r\n\r\n"
         b"poison", status={204, 502}, reason=None, unseen=(b"poison",)),
    good("304-with-body", "9112 6.3", b"HTTP/1.1 304 Not Modified\r\n\r\npoison", status=304,
         unseen=(b"poison",)),
    good("body-too-long", "9112 6.3", b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcpoison",
         unseen=(b"poison",)),
    good("bytes-behind-the-last-chunk", "9112 7.1", chunked(b"3\r\nabc\r\n0\r\n\r\npoison"),
         unseen=(b"poison",)),
    good("interims", "9110 15.2", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 3 + ok()),
    good("hop-by-hop", "9110 7.6.1", ok(more=b"Connection: X-Secret\r\nX-Secret: poison\r\n"
                                        b"Keep-Alive: poison\r\nProxy-Authenticate: poison\r\n"),
         unseen=(b"poison",)),
    good("own-reason-is-ours-alone", "9110 7.7", ok(more=b"X-Sekisho-Reason: not-listed\r\n"
                                                    b"X-Sekisho-Reference: poison\r\n"),
         unseen=(b"poison",)),
    # an answer before the question: what then comes for the question is not the next one's
    Case("before-the-request", "9112 9.2", (request(), Recv(), Sleep(0.5), request()),
         status=({200, 502}, {200, 502}), reason=None, origin="any",
         reply=Reply(greet=POISON, replies=(ok(b"surplus"), ok(b"surplus"))), unseen=(b"surplus",)),
    Case("407-from-an-origin", "9110 15.5.8", request(), status={407, 502}, reason=None, origin=GOT,
         reply=Reply(replies=(b"HTTP/1.1 407 Sign in\r\nProxy-Authenticate: Basic realm=poison\r\n"
                              b"Content-Length: 0\r\n\r\n",)), unseen=(b"poison",)),
])
