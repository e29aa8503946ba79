# SPDX-License-Identifier: GPL-3.0-or-later
"""TRACE, OPTIONS, Max-Forwards, Expect, Upgrade, methods nobody knows (RFC 9110 7.6.2, 7.8, 9, 10.1.1)."""
from ..case import Case, bound
from ..origin import Reply, ok
from .common import bad, good, post, request

SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"


def own(name, rfc, send, status, **more):
    """Answered by the proxy itself; the origin hears nothing."""
    return Case(name, rfc, send, status=status, **more)


CASES = bound("method", [
    own("trace", "9110 9.3.8", request(method=b"TRACE"), 405, reason="bad-request"),
    own("trace-max-forwards-0", "9110 7.6.2", request(b"Max-Forwards: 0", method=b"TRACE"), 405,
        reason="bad-request"),
    own("trace-max-forwards-5", "9110 7.6.2", request(b"Max-Forwards: 5", method=b"TRACE"), 405,
        reason="bad-request"),
    own("options-max-forwards-0", "9110 7.6.2", request(b"Max-Forwards: 0", method=b"OPTIONS"), 200),
    own("options-no-path-max-forwards-0", "9110 7.6.2",
        request(b"Max-Forwards: 0", method=b"OPTIONS", target=b"http://HOST"), 200),
    good("options-max-forwards-3", "9110 7.6.2", request(b"Max-Forwards: 3", method=b"OPTIONS"),
         [("OPTIONS", "/x", b"")], seen=(b"ax-Forwards: 2\r\n",)),
    good("options", "9110 9.3.7", request(method=b"OPTIONS"), [("OPTIONS", "/x", b"")]),
    good("options-no-path", "9112 3.2.4", request(method=b"OPTIONS", target=b"http://HOST"),
         [("OPTIONS", "*", b"")]),
    good("get-max-forwards-0", "9110 7.6.2", request(b"Max-Forwards: 0")),
    bad("options-max-forwards-letters", "9110 7.6.2", request(b"Max-Forwards: x", method=b"OPTIONS")),
    bad("options-max-forwards-minus", "9110 7.6.2", request(b"Max-Forwards: -1", method=b"OPTIONS")),
    bad("options-max-forwards-twice", "9110 7.6.2", request(b"Max-Forwards: 0", b"Max-Forwards: 9",
                                                            method=b"OPTIONS")),
    bad("options-max-forwards-empty", "9110 7.6.2", request(b"Max-Forwards:", method=b"OPTIONS")),
    bad("options-asterisk", "9112 3.2.4", request(method=b"OPTIONS", target=b"*")),
    bad("empty", "9110 9.1", b" http://HOST/x HTTP/1.1\r\nHost: HOST\r\n\r\n"),
    bad("long", "9110 9.1", request(method=b"A" * 16)),
    bad("very-long", "9110 9.1", request(method=b"A" * 4000)),
    bad("not-a-token", "9110 9.1", request(method=b"GE(T")),
    bad("8-bit", "9110 9.1", request(method=b"G\xcbT")),
    bad("connect-lower-case", "9110 9.1", b"connect HOST:443 HTTP/1.1\r\nHost: HOST:443\r\n\r\n"),
    bad("pri", "9113 3.4", request(method=b"PRI", target=b"*")),
    good("unknown", "9110 9.1", request(method=b"PURGE-15-BYTES."), [("PURGE-15-BYTES.", "/x", b"")]),
    good("lower-case", "9110 9.1", request(method=b"get"), [("get", "/x", b"")]),
    good("delete-with-body", "9110 9.3.5", request(b"Content-Length: 1", method=b"DELETE", body=b"a"),
         [("DELETE", "/x", b"a")]),
    good("head", "9110 9.3.2", request(method=b"HEAD"), [("HEAD", "/x", b"")], head=True,
         reply=Reply(replies=(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",)), closed=False),
    # a body where HEAD has none: it is not the answer to anything
    good("head-with-body", "9110 9.3.2", request(method=b"HEAD"), [("HEAD", "/x", b"")], head=True,
         reply=Reply(replies=(ok(b"smuggled"),)), unseen=(b"smuggled",)),
    # Expect
    bad("expect-unknown", "9110 10.1.1", post(b"Expect: a-miracle", b"Content-Length: 3", body=b"abc"),
        status=417),
    bad("expect-two", "9110 10.1.1", post(b"Expect: 100-continue, a-miracle", b"Content-Length: 3",
                                          body=b"abc"), status=417),
    bad("expect-parameter", "9110 10.1.1", post(b"Expect: 100-continue=x", b"Content-Length: 3",
                                                body=b"abc"), status=417),
    good("expect-100", "9110 10.1.1", post(b"Expect: 100-continue", b"Content-Length: 3", body=b"abc"),
         [("POST", "/x", b"abc")]),
    good("expect-upper-case", "9110 10.1.1", post(b"Expect: 100-Continue", b"Content-Length: 3",
                                                  body=b"abc"), [("POST", "/x", b"abc")]),
    # a final answer instead of 100: what was not sent is not waited for, nor read as a request
    Case("expect-refused-by-origin", "9110 10.1.1", post(b"Expect: 100-continue",
                                                         b"Content-Length: 1000"),
         status=413, closed=True, partial=True,
         reply=Reply(replies=(b"HTTP/1.1 413 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",),
                     on_head=True)),
    # Upgrade
    good("upgrade-h2c", "9113 3.1", request(b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c",
                                            b"HTTP2-Settings: AAMAAABkAARAAAAA"), never=(b"h2c",)),
    good("upgrade-tls", "2817 3", request(b"Connection: Upgrade", b"Upgrade: TLS/1.0"),
         never=(b"TLS/1.0",)),
    good("upgrade-not-in-connection", "9110 7.8", request(b"Upgrade: websocket"),
         never=(b"websocket",)),
    Case("switch-unasked", "9110 15.2.2", request(), status=502, reason="error",
         origin=[("GET", "/x", b"")], reply=Reply(replies=(SWITCH + b"smuggled",)),
         unseen=(b"smuggled",)),
    Case("switch-to-another", "9110 7.8", request(b"Connection: Upgrade", b"Upgrade: websocket"),
         status=502, reason="error", origin=[("GET", "/x", b"")],
         reply=Reply(replies=(SWITCH.replace(b"websocket", b"h2c") + b"smuggled",)),
         unseen=(b"smuggled",)),
    Case("switch-websocket", "9110 7.8", request(b"Connection: Upgrade", b"Upgrade: websocket"),
         status=101, origin=[("GET", "/x", b"")], seen=(b"Upgrade: websocket",),
         reply=Reply(replies=(SWITCH,))),
])
