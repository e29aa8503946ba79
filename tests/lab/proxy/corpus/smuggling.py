# SPDX-License-Identifier: GPL-3.0-or-later
"""Two readings of where a request ends: Transfer-Encoding and chunks (RFC 9112 6, 7)."""
from ..case import Shut, bound
from .common import SMUGGLED, bad, bad_body, good, post, request

TE, CHUNKED = b"Transfer-Encoding: chunked", b"0\r\n\r\n"


def coding(name, line, status=400, rfc="9112 6.1", body=CHUNKED + SMUGGLED):
    return bad(name, rfc, post(line, body=body), status=status)


def chunks(name, body, rfc="9112 7.1"):
    return bad_body(name, rfc, post(TE, body=body))


HEADS = [
    bad("cl-te", "9112 6.1", post(b"Content-Length: 5", TE, body=CHUNKED + SMUGGLED)),
    bad("te-cl", "9112 6.1", post(TE, b"Content-Length: 5", body=CHUNKED + SMUGGLED)),
    bad("cl0-te", "9112 6.1", post(b"Content-Length: 0", TE, body=CHUNKED + SMUGGLED)),
    bad("te-cl-connection", "9112 6.1", post(b"Connection: Content-Length", b"Content-Length: 5",
                                             TE, body=CHUNKED)),
    bad("te-get-cl", "9112 6.1", request(TE, b"Content-Length: 5", body=CHUNKED + SMUGGLED)),
    coding("te-twice-lines", TE + b"\r\n" + TE),
    coding("te-chunked-chunked", b"Transfer-Encoding: chunked, chunked", {400, 501}),
    coding("te-identity", b"Transfer-Encoding: identity", {400, 501}),
    coding("te-chunked-identity", b"Transfer-Encoding: chunked, identity", {400, 501}),
    coding("te-identity-chunked", b"Transfer-Encoding: identity, chunked", {400, 501}),
    coding("te-gzip-chunked", b"Transfer-Encoding: gzip, chunked", 501),
    coding("te-chunked-gzip", b"Transfer-Encoding: chunked, gzip", {400, 501}),
    coding("te-xchunked", b"Transfer-Encoding: xchunked", 501),
    coding("te-chunked-x", b"Transfer-Encoding: chunkedx", 501),
    coding("te-quoted", b'Transfer-Encoding: "chunked"', {400, 501}),
    coding("te-apostrophe", b"Transfer-Encoding: 'chunked'", {400, 501}),
    coding("te-parameter", b"Transfer-Encoding: chunked;q=1", {400, 501}),
    coding("te-empty", b"Transfer-Encoding:", {400, 501}),
    coding("te-comma", b"Transfer-Encoding: ,chunked", {400, 501}),
    coding("te-comma-behind", b"Transfer-Encoding: chunked,", {400, 501}),
    coding("te-vertical-tab", b"Transfer-Encoding: \x0bchunked"),
    coding("te-form-feed", b"Transfer-Encoding: chunked\x0c"),
    coding("te-nul", b"Transfer-Encoding: chunked\x00"),
    coding("te-nbsp", b"Transfer-Encoding: \xa0chunked", {400, 501}),
    coding("te-space-before-colon", b"Transfer-Encoding : chunked", rfc="9112 5.1"),
    coding("te-tab-before-colon", b"Transfer-Encoding\t: chunked", rfc="9112 5.1"),
    coding("te-folded", b"Transfer-Encoding:\r\n chunked", {400, 501}, "9112 5.2"),
    coding("te-folded-behind", b"X-A: b\r\n Transfer-Encoding: chunked", rfc="9112 5.2"),
    coding("te-bare-lf-in-front", b"X-A: b\nTransfer-Encoding: chunked", rfc="9112 2.2"),
    coding("te-bare-cr-in-front", b"X-A: b\rTransfer-Encoding: chunked", rfc="9112 2.2"),
    coding("te-second-line-gzip", TE + b"\r\nTransfer-Encoding: gzip", {400, 501}),
    bad("te-in-1.0", "9112 6.1", post(TE, version=b"HTTP/1.0", body=CHUNKED + SMUGGLED)),
    good("te-mixed-case", "9112 7", post(b"tRANSFER-eNCODING: ChUnKeD", body=b"3\r\nabc\r\n0\r\n\r\n"),
         [("POST", "/x", b"abc")]),
    good("te-tab-around", "9110 5.5", post(b"Transfer-Encoding:\tchunked\t",
                                           body=b"3\r\nabc\r\n0\r\n\r\n"), [("POST", "/x", b"abc")]),
    good("te-underscore-is-no-coding", "9112 6", post(b"Transfer_Encoding: chunked",
                                                      b"Content-Length: 5", body=CHUNKED),
         [("POST", "/x", CHUNKED)]),
    good("get-with-chunked-body", "9110 9.3.1", request(TE, body=b"1\r\na\r\n0\r\n\r\n"),
         [("GET", "/x", b"a")]),
]

CHUNKS = [
    chunks("size-plus", b"+3\r\nabc\r\n" + CHUNKED + SMUGGLED),
    chunks("size-minus", b"-3\r\nabc\r\n" + CHUNKED + SMUGGLED),
    chunks("size-0x", b"0x3\r\nabc\r\n" + CHUNKED + SMUGGLED),
    chunks("size-h", b"3h\r\nabc\r\n" + CHUNKED + SMUGGLED),
    chunks("size-empty", b"\r\nabc\r\n" + CHUNKED + SMUGGLED),
    chunks("size-only-extension", b";a=b\r\nabc\r\n" + CHUNKED + SMUGGLED),
    chunks("size-space-in-front", b" 3\r\nabc\r\n" + CHUNKED + SMUGGLED),
    chunks("size-space-behind", b"3 \r\nabc\r\n" + CHUNKED + SMUGGLED),
    chunks("size-tab-behind", b"3\t\r\nabc\r\n" + CHUNKED + SMUGGLED),
    chunks("size-space-extension", b"3 ;a=b\r\nabc\r\n" + CHUNKED + SMUGGLED),
    chunks("size-underscore", b"1_0\r\nabc\r\n" + CHUNKED + SMUGGLED),
    chunks("size-comma", b"3,3\r\nabc\r\n" + CHUNKED + SMUGGLED),
    chunks("size-full-width", "３\r\nabc\r\n".encode() + CHUNKED + SMUGGLED),
    chunks("size-overflow-64", b"10000000000000003\r\nabc\r\n" + CHUNKED + SMUGGLED),
    chunks("size-16-f", b"ffffffffffffffff\r\nabc\r\n" + CHUNKED + SMUGGLED),
    chunks("size-many-zeros", b"0" * 64 + b"3\r\nabc\r\n" + CHUNKED + SMUGGLED),
    chunks("size-bare-lf", b"3\nabc\r\n" + CHUNKED + SMUGGLED),
    chunks("size-bare-cr", b"3\rabc\r\n" + CHUNKED + SMUGGLED),
    chunks("data-bare-lf", b"3\r\nabc\n" + CHUNKED + SMUGGLED),
    chunks("data-no-crlf", b"3\r\nabc" + CHUNKED + SMUGGLED),
    chunks("data-too-long", b"3\r\nabcd\r\n" + CHUNKED + SMUGGLED),
    chunks("data-too-short", b"5\r\nabc\r\n" + b"0\r\n\r\n" + SMUGGLED),
    chunks("end-bare-lf", b"3\r\nabc\r\n0\r\n\n" + SMUGGLED),
    chunks("end-lf-lf", b"3\r\nabc\r\n0\n\n" + SMUGGLED),
    chunks("extension-bare-lf", b"3;a=b\nX\r\nabc\r\n" + CHUNKED + SMUGGLED),
    chunks("extension-bare-cr", b"3;a\rb\r\nabc\r\n" + CHUNKED + SMUGGLED),
    chunks("extension-nul", b"3;a\0\r\nabc\r\n" + CHUNKED + SMUGGLED),
    chunks("extension-huge", b"3;" + b"a" * 70000 + b"\r\nabc\r\n" + CHUNKED + SMUGGLED),
    chunks("trailer-huge", b"3\r\nabc\r\n0\r\nX-A: " + b"a" * 70000 + b"\r\n\r\n" + SMUGGLED),
    chunks("trailer-folded", b"3\r\nabc\r\n0\r\nX-A: b\r\n c\r\n\r\n" + SMUGGLED, "9112 7.1.2"),
    chunks("trailer-no-colon", b"3\r\nabc\r\n0\r\nnocolon\r\n\r\n" + SMUGGLED, "9112 7.1.2"),
    chunks("trailer-space-before-colon", b"3\r\nabc\r\n0\r\nX-A : smuggled\r\n\r\n", "9112 7.1.2"),
    chunks("trailer-empty-name", b"3\r\nabc\r\n0\r\n: smuggled\r\n\r\n", "9112 7.1.2"),
    chunks("trailer-nul", b"3\r\nabc\r\n0\r\nX-A: \0\r\n\r\n" + SMUGGLED, "9112 7.1.2"),
    chunks("trailer-bare-lf", b"3\r\nabc\r\n0\r\nX-A: b\n\r\n" + SMUGGLED, "9112 7.1.2"),
    bad_body("cut-in-a-chunk", "9112 8", (post(TE, body=b"5\r\nabc"), Shut())),
    # 2^32 + 3 is a legal size: what follows is data that is still to come, and never a request
    bad_body("size-above-32-bits", "9112 7.1",
             (post(TE, body=b"100000003\r\nabc\r\n" + CHUNKED), Shut())),
    good("extension", "9112 7.1.1", post(TE, body=b'3;a=b;c="d"\r\nabc\r\n0;e\r\n\r\n'),
         [("POST", "/x", b"abc")]),
    good("upper-case-size", "9112 7.1", post(TE, body=b"A\r\n0123456789\r\n0\r\n\r\n"),
         [("POST", "/x", b"0123456789")]),
    good("leading-zero-size", "9112 7.1", post(TE, body=b"003\r\nabc\r\n000\r\n\r\n"),
         [("POST", "/x", b"abc")]),
    good("trailer-digest", "9112 7.1.2", post(TE, body=b"3\r\nabc\r\n0\r\nX-Digest: y\r\n\r\n"),
         [("POST", "/x", b"abc")]),
    # a trailer can say nothing about framing, routing or who asks
    chunks("trailer-length", b"3\r\nabc\r\n0\r\nContent-Length: 100\r\n\r\n", "9110 6.5.1"),
    chunks("trailer-coding", b"3\r\nabc\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n", "9110 6.5.1"),
    chunks("trailer-host", b"3\r\nabc\r\n0\r\nHost: DENIED\r\n\r\n", "9110 6.5.1"),
]

CASES = bound("smuggling", HEADS + CHUNKS)
