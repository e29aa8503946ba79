# SPDX-License-Identifier: GPL-3.0-or-later
"""Entries with a path, methods or a scheme, and requests that try to mean another one."""
from .. import hello as h
from ..case import Case, bound
from .common import denied, good, request

PATH, READ, PLAIN, SECRET = (f"{z}.example.jp" for z in ("path", "read", "plain", "secret"))
CONNECT = b"CONNECT HOST:%d HTTP/1.1\r\nHost: HOST:%d\r\n\r\n"


def asked(path, **more):
    return request(target=b"http://HOST" + path, **more)


def inside(name, path, arrived=None):
    return good("path-" + name, "3986 3.3", asked(path),
                [("GET", (arrived or path).decode(), b"")], zone=PATH)


def outside(name, path, status=403):
    return denied("path-" + name, "3986 6.2.2", asked(path), "method", status, zone=PATH)


CASES = bound("entry", [
    inside("itself", b"/ok"), inside("below", b"/ok/a/b"), inside("query", b"/ok?a=/../b"),
    inside("final-slash", b"/ok/"), inside("percent-space", b"/ok/a%20b"),
    outside("other", b"/x"), outside("root", b"/"), outside("none", b""),
    outside("longer-segment", b"/okay"), outside("upper-case", b"/OK"),
    outside("dots", b"/ok/../x"), outside("dots-last", b"/ok/.."), outside("dots-in", b"/x/../ok"),
    outside("dot", b"/ok/./x"), outside("dots-percent", b"/ok/%2e%2e/x"),
    outside("dots-percent-upper", b"/ok/%2E%2E/x"), outside("dots-half-percent", b"/ok/.%2e/x"),
    outside("dots-parameter", b"/ok/..;/x"), outside("dots-parameter-value", b"/ok/..;a=b/x"),
    outside("slash-percent", b"/ok%2f..%2fx"), outside("backslash", b"/ok\\..\\x"),
    outside("backslash-percent", b"/ok%5c..%5cx"), outside("two-slashes", b"//ok"),
    outside("two-slashes-in", b"/ok//x"), outside("letter-percent", b"/%6fk"),
    outside("only-query", b"?/ok"),
    denied("path-connect", "9110 9.3.6", CONNECT % (443, 443), "method", zone=PATH),
    good("method-get", "9110 9", asked(b"/x"), zone=READ),
    denied("method-post", "9110 9", asked(b"/x", method=b"POST"), "method", zone=READ),
    denied("method-lower-case", "9110 9.1", asked(b"/x", method=b"get"), "method", zone=READ),
    denied("method-longer", "9110 9.1", asked(b"/x", method=b"GETX"), "method", zone=READ),
    denied("method-options", "9110 9.3.7", asked(b"/x", method=b"OPTIONS"), "method", zone=READ),
    denied("method-connect", "9110 9.3.6", CONNECT % (443, 443), "method", zone=READ),
    good("scheme-http", "9110 4.2.1", asked(b"/x"), zone=PLAIN),
    denied("scheme-http-connect", "9110 4.2.2", CONNECT % (443, 443), "port", zone=PLAIN),
    denied("scheme-http-connect-80", "9110 4.2.2", CONNECT % (80, 80), "port", zone=PLAIN),
    denied("scheme-https-get", "9110 4.2.1", asked(b"/x"), "port", zone=SECRET),
    denied("scheme-https-get-443", "9110 4.2.1",
           request(b"Host: HOST:443", target=b"http://HOST:443/x", host=False), "port", zone=SECRET),
    Case("scheme-https", "9110 4.2.2", CONNECT % (443, 443), zone=SECRET, opens=True,
         hello=lambda n: h.hello(n.encode())),
])
