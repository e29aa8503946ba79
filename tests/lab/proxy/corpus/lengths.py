# SPDX-License-Identifier: GPL-3.0-or-later
"""Content-Length in every spelling (RFC 9110 8.6, RFC 9112 6.3), and the ceilings."""
from ..case import Shut, bound
from .common import SMUGGLED, bad, bad_body, good, post, request


def length(name, value, body=b"abc", rfc="9110 8.6"):
    return bad(name, rfc, post(b"Content-Length: " + value, body=body + SMUGGLED))


CASES = bound("length", [
    bad("twice-same", "9112 6.3", post(b"Content-Length: 3", b"Content-Length: 3", body=b"abc")),
    bad("twice-different", "9112 6.3", post(b"Content-Length: 3", b"Content-Length: 0",
                                            body=b"abc" + SMUGGLED)),
    bad("twice-different-case", "9112 6.3", post(b"Content-Length: 0", b"CONTENT-LENGTH: 3",
                                                 body=b"abc" + SMUGGLED)),
    length("list-same", b"3, 3"), length("list-different", b"3, 0"), length("list-empty", b"3,"),
    length("plus", b"+3"), length("minus", b"-3"), length("minus-zero", b"-0"),
    length("hex", b"0x3"), length("float", b"3.0"), length("exponent", b"3e0"),
    length("empty", b""), length("space-inside", b"3 3"), length("quoted", b'"3"'),
    length("underscore", b"0_3"), length("letters", b"abc"), length("semicolon", b"3;"),
    length("full-width", "３".encode()), length("superscript", b"\xb3"),
    length("nul", b"3\0"), length("vertical-tab", b"\x0b3"),
    length("above-2-64", b"18446744073709551619"), length("above-2-63", b"9223372036854775808"),
    length("forty-digits", b"3" * 40),
    length("folded", b"3\r\n 0", rfc="9112 5.2"),
    bad("space-before-colon", "9112 5.1", post(b"Content-Length : 3", body=b"abc" + SMUGGLED)),
    bad("hidden-by-bare-lf", "9112 2.2", post(b"X-A: b\nContent-Length: 3", body=b"abc")),
    bad_body("body-cut", "9112 8", (post(b"Content-Length: 10", body=b"abc"), Shut())),
    good("plain", "9110 8.6", post(b"Content-Length: 3", body=b"abc"), [("POST", "/x", b"abc")]),
    good("tab-around", "9110 5.5", post(b"Content-Length:\t3\t", body=b"abc"),
         [("POST", "/x", b"abc")]),
    good("zero", "9110 8.6", post(b"Content-Length: 0"), [("POST", "/x", b"")]),
    good("none", "9112 6.3", post(), [("POST", "/x", b"")]),
    good("get-with-body", "9110 9.3.1", request(b"Content-Length: 3", body=b"abc"),
         [("GET", "/x", b"abc")]),
    good("named-by-connection", "9110 7.6.1", post(b"Connection: content-length",
                                                   b"Content-Length: 3", body=b"abc"),
         [("POST", "/x", b"abc")]),
    good("large-body", "9112 6", post(b"Content-Length: 300000", body=b"z" * 300000),
         [("POST", "/x", b"z" * 300000)]),
    # the ceilings: 16 KiB of head, 100 fields
    bad("head-17-kib", "6585 5", request(b"X-A: " + b"a" * 17000), status=431),
    bad("head-never-ends", "6585 5", b"GET http://HOST/x HTTP/1.1\r\nHost: HOST\r\nX-A: " +
        b"a" * 40000, status=431),
    bad("head-many-small-fields", "6585 5", request(*[b"X: y"] * 3000), status=431),
    bad("fields-101", "6585 5", request(*[b"X-%d: y" % i for i in range(100)]), status=431),
    bad("target-17-kib", "9112 3", request(target=b"http://HOST/" + b"a" * 17000),
        status={414, 431}),
    bad("request-line-never-ends", "9112 3", b"GET http://HOST/" + b"a" * 40000,
        status={414, 431}),
    good("fields-100", "6585 5", request(*[b"X-%d: y" % i for i in range(99)])),
    good("head-almost-16-kib", "6585 5", request(b"X-A: " + b"a" * 16000)),
])
