# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients that take their time; each deadline is one documented number (docs/proxy.md)."""
from ..case import Case, Shut, Sleep, bound
from .common import bad, request

HEAD = b"GET http://HOST/x HTTP/1.1\r\nHost: HOST\r\n"


def drip(count, seconds):
    """A head that grows by one field a while, and never ends."""
    return (HEAD,) + tuple(part for i in range(count) for part in (Sleep(seconds),
                                                                   b"X-%d: y\r\n" % i))


CASES = bound("timing", [
    bad("half-a-head", "9110 15.5.9", HEAD, status=408, twice=False),
    bad("one-byte", "9110 15.5.9", b"G", status=408, twice=False),
    bad("slow-head", "9110 15.5.9", drip(11, 1), status=408, twice=False),
    bad("only-a-cr", "9110 15.5.9", b"\r", status=408, twice=False),
    Case("nothing", "9112 9.5", b"", status=None, closed=True, twice=False),
    Case("half-closed-behind-a-request", "9112 9.6", (request(), Shut()), origin=[("GET", "/x", b"")]),
    bad("half-closed-in-the-head", "9112 9.6", (HEAD, Shut())),
    Case("pause-in-the-head", "9112 9.5", (HEAD, Sleep(2), b"\r\n"), origin=[("GET", "/x", b"")],
         twice=False),
    Case("pause-in-the-body", "9112 9.5", (b"POST http://HOST/x HTTP/1.1\r\nHost: HOST\r\n"
                                           b"Content-Length: 6\r\n\r\nabc", Sleep(2), b"def"),
         origin=[("POST", "/x", b"abcdef")], twice=False),
])
