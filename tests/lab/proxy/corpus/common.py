# SPDX-License-Identifier: GPL-3.0-or-later
"""Short forms for the tables."""
from ..case import Case

# a whole request to a name that no list has: what smuggling wants to get through
SMUGGLED = b"GET http://DENIED/smuggled HTTP/1.1\r\nHost: DENIED\r\n\r\n"
WORD = b"smuggled"


def request(*lines, method=b"GET", target=b"http://HOST/x", version=b"HTTP/1.1", host=True, body=b""):
    """Request line, Host, further field lines, body."""
    fields = ([b"Host: HOST"] if host else []) + list(lines)
    return b" ".join((method, target, version)) + b"\r\n" + \
        b"".join(f + b"\r\n" for f in fields) + b"\r\n" + body


def post(*lines, body=b"", **more):
    return request(*lines, method=b"POST", body=body, **more)


def bad(name, rfc, send, status=400, reason="bad-request", **more):
    """Refused, closed, and nothing of it at the origin."""
    return Case(name, rfc, send, status=status, reason=reason, closed=True, never=(WORD,),
                **more)


def bad_body(name, rfc, send, **more):
    """Found to be wrong when part of it is on its way: never a whole request at the origin."""
    return Case(name, rfc, send, status={400, None}, reason="bad-request", closed=True,
                partial=True, never=(WORD,), **more)


def denied(name, rfc, send, reason, status=403, **more):
    """Well-formed, and not allowed."""
    return Case(name, rfc, send, status=status, reason=reason, **more)


def good(name, rfc, send, arrived=(("GET", "/x", b""),), **more):
    """Served; what arrived at the origin is exactly this."""
    return Case(name, rfc, send, origin=list(arrived), **more)
