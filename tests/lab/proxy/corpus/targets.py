# SPDX-License-Identifier: GPL-3.0-or-later
"""What the request asks for, and whom the Host field names (RFC 9112 3.2, RFC 3986 3.2)."""
from ..case import Case, bound
from .common import SMUGGLED, bad, denied, good, request


def target(name, text, rfc="9112 3.2.2", **more):
    return bad(name, rfc, request(target=text), **more)


def connect(name, authority, rfc="9110 9.3.6", host=b"HOST:443", **more):
    return bad("connect-" + name, rfc,
               b"CONNECT " + authority + b" HTTP/1.1\r\nHost: " + host + b"\r\n\r\n", **more)


def literal(name, text, **more):
    """An address in the target that no entry names."""
    return denied(name, "3986 3.2.2", request(b"Host: " + text, target=b"http://" + text + b"/x",
                                              host=False), "not-listed", **more)


FORMS = [
    target("origin-form", b"/x", "9112 3.2.1"),
    target("asterisk", b"*", "9112 3.2.4"),
    target("authority-form", b"HOST:80", "9112 3.2.3"),
    target("host-only", b"HOST"),
    target("scheme-relative", b"//HOST/x"),
    target("https", b"https://HOST/x"),
    target("ftp", b"ftp://HOST/x"),
    target("file", b"file:///etc/passwd"),
    target("javascript", b"javascript:alert(1)"),
    target("ws", b"ws://HOST/x"),
    target("gopher", b"gopher://HOST/x"),
    target("one-slash", b"http:/HOST/x"),
    target("three-slashes", b"http:///HOST/x"),
    target("no-host", b"http:///x"),
    target("empty-host-port", b"http://:80/x"),
    target("backslashes", b"http:\\\\HOST\\x"),
    target("fragment", b"http://HOST/x#smuggled", "9112 3.2"),
    target("fragment-empty", b"http://HOST/x#", "9112 3.2"),
    target("userinfo", b"http://user@HOST/x", "9110 4.2.4"),
    target("userinfo-password", b"http://user:smuggled@HOST/x", "9110 4.2.4"),
    target("userinfo-empty", b"http://@HOST/x", "9110 4.2.4"),
    target("userinfo-is-a-host", b"http://HOST@DENIED/x", "9110 4.2.4"),
    target("userinfo-port-like", b"http://HOST:80@DENIED/x", "9110 4.2.4"),
    target("backslash-at", b"http://HOST\\@DENIED/x", "9110 4.2.4"),
    target("percent-host", b"http://%63HOST/x", "9110 4.2.3"),
    target("percent-dot", b"http://HOST%2eexample.com/x", "9110 4.2.3"),
    target("percent-nul", b"http://HOST%00.example.com/x", "9110 4.2.3"),
    target("percent-slash", b"http://HOST%2f.DENIED/x", "9110 4.2.3"),
    target("percent-colon", b"http://HOST%3a80/x", "9110 4.2.3"),
    target("host-semicolon", b"http://HOST;x/x", "3986 3.2.2"),
    target("host-comma", b"http://HOST,DENIED/x", "3986 3.2.2"),
    target("host-bracket", b"http://[HOST]/x", "3986 3.2.2"),
    target("host-two-colons", b"http://HOST:80:80/x", "3986 3.2.3"),
    target("host-utf-8", "http://関所.example.jp/x".encode(), "3986 3.2.2"),
    target("host-backslash", b"http://HOST\\.DENIED/x", "3986 3.2.2"),
    target("host-nothing-but-dot", b"http://./x", "1035 2.3.1"),
]

PORTS = [
    target("port-0", b"http://HOST:0/x", "3986 3.2.3"),
    target("port-65536", b"http://HOST:65536/x", "3986 3.2.3"),
    target("port-65616-is-80", b"http://HOST:65616/x", "3986 3.2.3"),
    target("port-4294967376-is-80", b"http://HOST:4294967376/x", "3986 3.2.3"),
    target("port-empty", b"http://HOST:/x", "3986 3.2.3"),
    target("port-zeros", b"http://HOST:080/x", "3986 3.2.3"),
    target("port-sign", b"http://HOST:+80/x", "3986 3.2.3"),
    target("port-minus", b"http://HOST:-80/x", "3986 3.2.3"),
    target("port-hex", b"http://HOST:0x50/x", "3986 3.2.3"),
    target("port-name", b"http://HOST:http/x", "3986 3.2.3"),
    target("port-percent", b"http://HOST:%380/x", "3986 3.2.3"),
    denied("port-not-listed", "9110 4.2.1", request(b"Host: HOST:8081", host=False,
                                                    target=b"http://HOST:8081/x"), "port"),
    denied("http-on-443", "9110 4.2.1", request(b"Host: HOST:443", host=False,
                                                target=b"http://HOST:443/x"), "port"),
    good("port-80", "9110 4.2.3", request(target=b"http://HOST:80/x")),
    good("port-8080", "9110 4.2.1", request(b"Host: HOST:8080", target=b"http://HOST:8080/x",
                                            host=False), seen=(b":8080\r\n",)),
]

ADDRESSES = [
    literal("address", b"ADDR"),
    literal("address-loopback", b"127.0.0.1", status=403),
    literal("address-gateway", b"10.30.0.1", status=403),
    literal("address-v6", b"[2a0e:5a4d:7::10]"),
    literal("address-v6-loopback", b"[::1]"),
    literal("address-v6-mapped", b"[::ffff:45.113.7.10]"),
    target("address-v6-zone", b"http://[fe80::1%25wan0]/x", "6874 2"),
    target("address-v6-zone-bare", b"http://[fe80::1%wan0]/x", "6874 2"),
    target("address-v6-no-brackets", b"http://2a0e:5a4d:7::10/x", "3986 3.2.2"),
    target("address-v6-open-bracket", b"http://[2a0e:5a4d:7::10/x", "3986 3.2.2"),
    target("address-v6-behind-bracket", b"http://[2a0e:5a4d:7::10]x/x", "3986 3.2.2"),
    target("address-v6-empty", b"http://[]/x", "3986 3.2.2"),
    target("address-v4-brackets", b"http://[45.113.7.10]/x", "3986 3.2.2"),
    target("address-vfuture", b"http://[v1.fe80::a]/x", "3986 3.2.2"),
    target("address-decimal", b"http://762382093/x", "3986 3.2.2"),
    target("address-hex", b"http://0x2d71070a/x", "3986 3.2.2"),
    target("address-hex-parts", b"http://0x2d.0x71.0x7.0xa/x", "3986 3.2.2"),
    target("address-octal", b"http://055.0161.07.012/x", "3986 3.2.2"),
    target("address-leading-zero", b"http://045.113.7.10/x", "3986 3.2.2"),
    target("address-short", b"http://127.1/x", "3986 3.2.2"),
    target("address-zero", b"http://0/x", "3986 3.2.2"),
    target("address-five-parts", b"http://45.113.7.10.10/x", "3986 3.2.2"),
    target("address-above-255", b"http://45.113.7.266/x", "3986 3.2.2"),
    target("address-name-like", b"http://host.10/x", "3986 3.2.2"),
    target("address-trailing-dot", b"http://45.113.7.10./x", "3986 3.2.2"),
]

CONNECTS = [
    connect("no-port", b"HOST", host=b"HOST"),
    connect("port-0", b"HOST:0"), connect("port-65536", b"HOST:65536"),
    connect("port-empty", b"HOST:"), connect("port-zeros", b"HOST:0443"),
    connect("path", b"HOST:443/x"), connect("query", b"HOST:443?x"),
    connect("fragment", b"HOST:443#x"),
    connect("absolute-form", b"http://HOST:443/"), connect("https-form", b"https://HOST/"),
    connect("userinfo", b"user@HOST:443", "9110 4.2.4"),
    connect("userinfo-host", b"HOST:443@DENIED:443", "9110 4.2.4"),
    connect("percent", b"%63HOST:443", "9110 4.2.3"),
    connect("v6-no-brackets", b"2a0e:5a4d:7::10:443"),
    connect("v6-zone", b"[fe80::1%25wan0]:443", "6874 2"),
    connect("decimal-address", b"762382093:443", "3986 3.2.2"),
    connect("octal-address", b"055.0161.07.012:443", "3986 3.2.2"),
    connect("asterisk", b"*:443"), connect("wildcard", b"*.example.jp:443"),
    connect("other-host-field", b"HOST:443", "9112 3.2.2", host=b"DENIED:443"),
    connect("length", b"HOST:443", host=b"HOST:443\r\nContent-Length: 3"),
    connect("chunked", b"HOST:443", host=b"HOST:443\r\nTransfer-Encoding: chunked"),
    denied("connect-address", "9110 9.3.6", b"CONNECT ADDR:443 HTTP/1.1\r\nHost: ADDR:443\r\n\r\n",
           "not-listed"),
    denied("connect-address-v6", "9110 9.3.6",
           b"CONNECT [2a0e:5a4d:7::10]:443 HTTP/1.1\r\nHost: [2a0e:5a4d:7::10]:443\r\n\r\n",
           "not-listed"),
    denied("connect-port-25", "9110 9.3.6", b"CONNECT HOST:25 HTTP/1.1\r\nHost: HOST:25\r\n\r\n",
           "port"),
    denied("connect-port-80", "9110 9.3.6", b"CONNECT HOST:80 HTTP/1.1\r\nHost: HOST:80\r\n\r\n",
           "port"),
    denied("connect-not-listed", "9110 9.3.6",
           b"CONNECT DENIED:443 HTTP/1.1\r\nHost: DENIED:443\r\n\r\n", "not-listed"),
]

HOSTS = [
    bad("host-missing", "9112 3.2", request(host=False)),
    bad("host-twice", "9112 3.2", request(b"Host: HOST")),
    bad("host-twice-different", "9112 3.2", request(b"Host: DENIED")),
    bad("host-empty", "9112 3.2", request(b"Host:", host=False)),
    bad("host-other", "9112 3.2.2", request(b"Host: DENIED", host=False)),
    bad("host-other-listed-in-host", "9112 3.2.2", request(target=b"http://DENIED/smuggled")),
    bad("host-list", "9112 3.2", request(b"Host: HOST, DENIED", host=False)),
    bad("host-userinfo", "9110 7.2", request(b"Host: user@HOST", host=False)),
    bad("host-with-path", "9110 7.2", request(b"Host: HOST/x", host=False)),
    bad("host-with-scheme", "9110 7.2", request(b"Host: http://HOST", host=False)),
    bad("host-space-inside", "9110 7.2", request(b"Host: HOST DENIED", host=False)),
    bad("host-space-before-colon", "9112 5.1", request(b"Host : HOST", host=False)),
    bad("host-port-garbage", "9110 7.2", request(b"Host: HOST:80x", host=False)),
    bad("host-port-empty", "9110 7.2", request(b"Host: HOST:", host=False)),
    # the target decides, the field is written anew
    good("host-other-port", "9112 3.2.2", request(b"Host: HOST:8080", host=False),
         never=(b":8080",)),
    bad("host-sub-domain", "9112 3.2.2", request(b"Host: a.HOST", host=False)),
    bad("host-address", "9112 3.2.2", request(b"Host: ADDR", host=False)),
    good("host-upper-case", "9110 4.2.3", request(b"Host: UPHOST", host=False)),
    good("host-port-80", "9110 4.2.3", request(b"Host: HOST:80", host=False)),
    good("host-trailing-dot", "9110 4.2.3", request(b"Host: HOST.", host=False)),
    good("host-missing-1.0", "9112 3.2", request(version=b"HTTP/1.0", host=False)),
    bad("host-other-1.0", "9112 3.2.2", request(b"Host: DENIED", version=b"HTTP/1.0", host=False)),
    good("x-forwarded-host", "9110 7.2", request(b"X-Forwarded-Host: DENIED", b"X-Host: DENIED")),
]

CASES = bound("target", FORMS + PORTS + ADDRESSES + CONNECTS + HOSTS + [
    Case("entry-of-address", "9110 4.2", request(b"Host: 45.113.7.77", host=False,
                                                 target=b"http://45.113.7.77/x"), status=200),
    bad("absolute-with-smuggled-line", "9112 3", b"GET http://HOST/x HTTP/1.1 smuggled\r\n"
        b"Host: HOST\r\n\r\n" + SMUGGLED),
    good("query-only", "9112 3.2.1", request(target=b"http://HOST?a=b"), [("GET", "/?a=b", b"")]),
    good("no-path", "9112 3.2.1", request(target=b"http://HOST"), [("GET", "/", b"")]),
    good("scheme-upper-case", "9110 4.2.3", request(target=b"HTTP://HOST/x")),
    good("path-percent", "9110 4.2.3", request(target=b"http://HOST/%2e%2e/%00"),
         [("GET", "/%2e%2e/%00", b"")]),
    good("path-is-a-url", "9112 3.2.2", request(target=b"http://HOST/http://a.example/"),
         [("GET", "/http://a.example/", b"")]),
])
