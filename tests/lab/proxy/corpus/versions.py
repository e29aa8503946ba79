# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP versions, and what is no HTTP at all (RFC 9112 2.3, 9110 15.6.6)."""
from ..case import Case, bound
from .common import bad, good, request


def version(name, text, status, rfc="9112 2.3"):
    return bad(name, rfc, request(version=text), status=status)


CASES = bound("version", [
    bad("0.9", "9112 2.3", b"GET http://HOST/x\r\n\r\n"),
    bad("0.9-with-fields", "9112 2.3", b"GET http://HOST/x\r\nHost: HOST\r\n\r\n"),
    bad("http2-preface", "9113 3.4", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0",
        status=505),
    version("2.0", b"HTTP/2.0", 505), version("3.0", b"HTTP/3.0", 505),
    version("1.2", b"HTTP/1.2", 505), version("1.9", b"HTTP/1.9", 505),
    version("0.8", b"HTTP/0.8", 505),
    version("1.10", b"HTTP/1.10", 400), version("1", b"HTTP/1", 400), version("1.", b"HTTP/1.", 400),
    version("01.1", b"HTTP/01.1", 400), version("1.1-space", b"HTTP/ 1.1", 400),
    version("lower-case", b"http/1.1", 400), version("comma", b"HTTP/1,1", 400),
    version("https", b"HTTPS/1.1", 400), version("icy", b"ICY/1.1", 400),
    version("rtsp", b"RTSP/1.0", 400), version("minus", b"HTTP/-1.1", 400),
    version("letters", b"HTTP/a.b", 400), version("empty", b"", 400),
    bad("tls-on-the-plain-port", "9112 2.2", b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03\r\n\r\n"),
    bad("socks5", "1928 3", b"\x05\x01\x00\r\n\r\n"),
    bad("ssh", "4253 4.2", b"SSH-2.0-OpenSSH_9.2\r\n\r\n"),
    bad("smtp", "5321 4.1.1.1", b"EHLO HOST\r\nMAIL FROM:<a@HOST>\r\n\r\n"),
    good("1.0", "9112 2.3", request(version=b"HTTP/1.0"), closed=True),
    good("1.0-keep-alive", "9112 C.2.2", request(b"Connection: keep-alive", version=b"HTTP/1.0")),
    Case("1.0-post-without-length", "9112 6.3", request(method=b"POST", version=b"HTTP/1.0"),
         origin=[("POST", "/x", b"")], closed=True),
])
