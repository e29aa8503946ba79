# SPDX-License-Identifier: GPL-3.0-or-later
"""What comes through a tunnel first: a ClientHello with the tunnel's name, or nothing passes."""
from .. import hello as h
from ..case import Case, Shut, Sleep, bound
from ..origin import TUNNEL_OK, Reply
from ..stand import DENIED
from .common import SMUGGLED

CONNECT = b"CONNECT HOST:443 HTTP/1.1\r\nHost: HOST:443\r\n\r\n"
ANY = "tlsany.example.jp"


def name(host):
    return host.encode()


def opens(case, rfc, hello, **more):
    return Case(case, rfc, more.pop("send", CONNECT), hello=hello, opens=True, **more)


def cut(case, rfc, hello, record, **more):
    return Case(case, rfc, more.pop("send", CONNECT), hello=hello, opens=False, record=record,
                **more)


def raw(case, data, rfc="8446 5.1", record="not-tls", **more):
    return cut(case, rfc, data, record, **more)


# TLS, but so malformed that it has no name: either reason says so
MALFORMED = {"sni", "not-tls"}

GOOD = [
    opens("plain", "6066 3", lambda n: h.hello(name(n))),
    opens("openssl", "8446 4.1.2", h.openssl),
    opens("upper-case", "6066 3", lambda n: h.hello(name(n.upper()))),
    opens("grease", "8701 3", lambda n: h.hello(name(n), before=h.grease(), more=h.grease(0xfafa),
                                                ciphers=b"\x2a\x2a\x13\x01\x13\x02")),
    # browsers send an empty shell of ECH in every hello: with the tunnel's name outside it passes
    opens("ech-grease", "9849 6.2", lambda n: h.hello(name(n), more=h.ECH_OUTER)),
    opens("name-last", "8446 4.2", lambda n: h.records(h.handshake(h.COMMON + h.server_name(name(n))))),
    opens("records-of-one-byte", "8446 5.1", lambda n: h.hello(name(n), size=1)),
    opens("records-of-five-bytes", "8446 5.1", lambda n: h.hello(name(n), size=5)),
    opens("records-cut-in-the-name", "8446 5.1", lambda n: h.hello(name(n), size=50)),
    opens("post-quantum-size", "8446 5.1", lambda n: h.padded(name(n), 1800)),
    opens("four-kib", "8446 5.1", lambda n: h.padded(name(n), 4096)),
    opens("fifteen-kib", "8446 5.1", lambda n: h.padded(name(n), 15000)),
    opens("tls-1.2-only", "5246 7.4.1.2", lambda n: h.records(h.handshake(h.server_name(name(n))))),
    opens("empty-session", "8446 4.1.2", lambda n: h.hello(name(n), session=b"")),
    opens("paused-in-the-middle", "8446 5.1", lambda n: (h.hello(name(n))[:60], Sleep(0.3),
                                                        h.hello(name(n))[60:])),
    opens("early-data-behind", "8446 4.2.10", lambda n: h.hello(name(n)) +
          h.records(b"\x99" * 500, kind=23, version=0x0303)),
    opens("host-field-without-port", "9112 3.2.2", lambda n: h.hello(name(n)),
          send=b"CONNECT HOST:443 HTTP/1.1\r\nHost: HOST\r\n\r\n"),
    opens("connect-upper-case", "9110 4.2.3", lambda n: h.hello(name(n)),
          send=b"CONNECT UPHOST:443 HTTP/1.1\r\nHost: UPHOST:443\r\n\r\n"),
    opens("connect-trailing-dot", "9110 4.2.3", lambda n: h.hello(name(n)),
          send=b"CONNECT HOST.:443 HTTP/1.1\r\nHost: HOST.:443\r\n\r\n"),
    opens("connect-1.0", "9110 9.3.6", lambda n: h.hello(name(n)),
          send=b"CONNECT HOST:443 HTTP/1.0\r\n\r\n"),
    opens("port-8080", "9110 9.3.6", lambda n: h.hello(name(n)),
          send=b"CONNECT HOST:8080 HTTP/1.1\r\nHost: HOST:8080\r\n\r\n"),
]

NAMES = [
    cut("no-name", "6066 3", h.hello(), "sni"),
    cut("no-extensions", "8446 4.1.2", h.records(h.handshake(None)), "sni"),
    cut("other-name", "6066 3", h.hello(DENIED.encode()), "sni"),
    cut("other-listed-name", "6066 3", h.hello(b"other.corpus.example.jp"), "sni"),
    cut("name-below", "6066 3", lambda n: h.hello(b"a." + name(n)), "sni"),
    cut("name-above", "6066 3", h.hello(b"corpus.example.jp"), "sni"),
    cut("name-and-nul", "6066 3", lambda n: h.hello(name(n) + b"\0.example.com"), MALFORMED),
    cut("name-and-space", "6066 3", lambda n: h.hello(name(n) + b" "), MALFORMED),
    cut("name-with-port", "6066 3", lambda n: h.hello(name(n) + b":443"), MALFORMED),
    cut("empty-name", "6066 3", h.hello(b""), MALFORMED),
    cut("dot", "6066 3", h.hello(b"."), MALFORMED),
    cut("address", "6066 3", h.hello(b"45.113.16.1"), MALFORMED),
    cut("address-v6", "6066 3", h.hello(b"2a0e:5a4d:7::10"), MALFORMED),
    cut("utf-8-name", "6066 3", h.hello("関所.example.jp".encode()), MALFORMED),
    cut("wildcard-name", "6066 3", h.hello(b"*.corpus.example.jp"), MALFORMED),
    cut("long-name", "6066 3", h.hello(b"a." * 150 + b"example.jp"), MALFORMED),
    cut("two-names", "6066 3", lambda n: h.hello(name(n), DENIED.encode()), MALFORMED),
    cut("two-names-own-last", "6066 3", lambda n: h.hello(DENIED.encode(), name(n)), MALFORMED),
    cut("same-name-twice", "6066 3", lambda n: h.hello(name(n), name(n)), MALFORMED),
    cut("two-name-extensions", "8446 4.2", lambda n: h.hello(
        name(n), more=h.server_name(DENIED.encode())), MALFORMED),
    cut("two-name-extensions-own-last", "8446 4.2", lambda n: h.hello(
        name(n), before=h.server_name(DENIED.encode())), MALFORMED),
    cut("unknown-name-type", "6066 3", lambda n: h.records(h.handshake(
        h.server_name(name(n), kind=1) + h.COMMON)), MALFORMED),
    cut("name-list-length-wrong", "6066 3", lambda n: h.records(h.handshake(h.extension(
        0, b"\0\x05\0" + h.u16(name(n))) + h.COMMON)), MALFORMED),
    cut("name-length-beyond", "6066 3", lambda n: h.records(h.handshake(h.extension(
        0, h.u16(b"\0\xff\xff" + name(n))) + h.COMMON)), MALFORMED),
    cut("empty-name-extension", "6066 3", h.records(h.handshake(h.extension(0, b"") + h.COMMON)),
        MALFORMED),
    cut("ech-outer-other", "9849 6.1", h.hello(b"cloudflare-ech.com", more=h.ECH_OUTER), "sni"),
    cut("ech-without-name", "9849 6.1", h.hello(more=h.ECH_OUTER), "sni"),
    # RFC 6066 3: without a final dot, also where the tunnel was asked for with one
    cut("trailing-dot", "6066 3", lambda n: h.hello(name(n) + b"."), MALFORMED),
]

OTHER = [
    raw("ssh-banner", b"SSH-2.0-OpenSSH_9.2p1\r\n", "4253 4.2"),
    raw("http", b"GET /smuggled HTTP/1.1\r\nHost: HOST\r\n\r\n", "9112 2.1"),
    raw("http-proxy-request", SMUGGLED, "9112 2.1"),
    raw("nested-connect", b"CONNECT DENIED:443 HTTP/1.1\r\nHost: DENIED:443\r\n\r\n", "9110 9.3.6"),
    raw("smtp", b"EHLO HOST\r\n", "5321 4.1.1.1"),
    raw("socks5", b"\x05\x01\x00" + b"\0" * 8, "1928 3"),
    raw("openvpn", b"\x00\x0e\x38" + b"\x11" * 14, "8446 5.1"),
    raw("zeros", b"\0" * 600), raw("ff", b"\xff" * 600), raw("newlines", b"\r\n" * 300),
    raw("one-wrong-byte", b"\x17"), raw("sslv2-hello", b"\x80\x2e\x01\x03\x01\x00\x15\x00\x00\x00\x10" +
                                        b"\0" * 37, "5246 E.2"),
    raw("record-of-application-data", h.records(b"smuggled" * 8, kind=23, version=0x0303)),
    raw("record-of-alert", h.records(b"\x02\x28", kind=21)),
    raw("record-of-change-cipher", h.records(b"\x01", kind=20)),
    raw("record-version-2", lambda n: h.records(
        h.handshake(h.server_name(name(n)) + h.COMMON), version=0x0201)),
    raw("record-empty", lambda n: b"\x16\x03\x01\0\0" + h.hello(name(n)), record=MALFORMED),
    raw("record-above-16-kib", b"\x16\x03\x01\xff\xff" + b"\x01" * 2000, record=MALFORMED),
    raw("server-hello", h.records(h.handshake(h.COMMON, kind=2)), record=MALFORMED),
    raw("hello-request", h.records(b"\0\0\0\0"), record=MALFORMED),
    raw("alert-between-records", lambda n: h.hello(name(n), size=40)[:45] + h.records(b"\x01\0", kind=21) +
        h.hello(name(n), size=40)[45:], record=MALFORMED),
    cut("extension-length-beyond", "8446 4.2", lambda n: h.records(
        h.handshake(h.server_name(name(n)) + b"\0\x0a\xff\xff\0")), MALFORMED),
    cut("cipher-length-odd", "8446 4.1.2", lambda n: h.hello(name(n), ciphers=b"\x13\x01\x13"),
        MALFORMED),
    cut("session-of-33-bytes", "8446 4.1.2", lambda n: h.hello(name(n), session=b"\x44" * 33),
        MALFORMED),
    cut("rubbish-behind-the-extensions", "8446 4.1.2", lambda n: h.records(
        (lambda m: m[:1] + (len(m)).to_bytes(3, "big") + m[4:] + b"\0\0\0\0")(
            h.handshake(h.server_name(name(n)) + h.COMMON))), MALFORMED),
    cut("oversized", "8446 5.1", lambda n: h.hello(name(n), more=h.extension(21, b"\0" * 20000)),
        MALFORMED),
    cut("says-it-is-16-mib", "8446 4", b"\x16\x03\x01\x40\0\x01\xff\xff\xff" + b"\x03\x03" * 9000,
        MALFORMED),
    cut("hello-cut", "8446 5.1", lambda n: (h.hello(name(n))[:80], Shut()), "not-tls",
        wait=3),
    cut("hello-cut-in-the-record-head", "8446 5.1", (b"\x16\x03", Shut()), "not-tls", wait=3),
    cut("nothing-at-all", "8446 5.1", (Shut(),), "closed", wait=3),
    cut("never-comes", "9112 9.5", (), None, twice=False),
    cut("never-ends", "9112 9.5", lambda n: h.hello(name(n))[:100], None, twice=False),
]

# RFC 8446 4.1.4: asked for a second hello, the client names the same server again
SAYS_RETRY = Reply(replies=(h.RETRY, TUNNEL_OK))
ONLY_RETRY = Reply(replies=(h.RETRY,))
CHANGE_CIPHER = h.records(b"\x01", kind=20, version=0x0303)


def again(case, second, *, pause=True, reply=SAYS_RETRY, **more):
    """The first hello, then (when asked, or at once) what second gives."""
    def both(host):
        first = h.hello(name(host))
        return (first, Sleep(0.3), second(host)) if pause else first + second(host)
    return Case(case, "8446 4.1.4", CONNECT, hello=both, reply=reply, says=h.RETRY, **more)


def first_only(host):
    return h.hello(name(host))


def with_change_cipher(host):
    return h.hello(name(host)) + CHANGE_CIPHER


RETRIES = [
    again("retry", lambda n: h.hello(name(n)), opens=True),
    again("retry-compatibility", lambda n: CHANGE_CIPHER + h.hello(name(n)), opens=True),
    again("retry-fragmented", lambda n: h.hello(name(n), size=7), opens=True),
    again("retry-early-data", lambda n: h.records(b"\x99" * 9000, kind=23, version=0x0303) * 2 +
          h.hello(name(n)), opens=True),
    again("retry-at-once", lambda n: h.hello(name(n)), pause=False, opens=True),
    again("retry-other-name", lambda n: h.hello(DENIED.encode()), record="sni",
          reaches=first_only, never=(DENIED.encode(),)),
    again("retry-other-name-at-once", lambda n: h.hello(DENIED.encode()), pause=False,
          record="sni", reaches=first_only, never=(DENIED.encode(),)),
    again("retry-other-name-fragmented", lambda n: h.hello(DENIED.encode(), size=1),
          record="sni", reaches=first_only, never=(DENIED.encode(),)),
    again("retry-other-name-behind-change-cipher", lambda n: CHANGE_CIPHER + h.hello(
        DENIED.encode()), record="sni", reply=ONLY_RETRY, reaches=with_change_cipher,
          never=(DENIED.encode(),)),
    again("retry-other-name-behind-alert", lambda n: h.records(b"\x01\x5a", kind=21) + h.hello(
        DENIED.encode()), record="sni", never=(DENIED.encode(),), reply=ONLY_RETRY,
          reaches=lambda n: h.hello(name(n)) + h.records(b"\x01\x5a", kind=21)),
    again("retry-no-name", lambda n: h.hello(), record="sni", reaches=first_only),
    again("retry-not-tls", lambda n: b"GET / HTTP/1.1\r\n\r\n", record="not-tls",
          reaches=first_only),
    again("retry-other-message", lambda n: h.records(h.handshake(h.COMMON, kind=11)),
          record="not-tls", reaches=first_only),
    again("retry-too-much-between", lambda n: h.records(b"\x99" * 16000, kind=23) * 5,
          record="not-tls", reply=ONLY_RETRY, reaches=None, twice=False),
    Case("two-hellos-in-one-record", "8446 5.1", CONNECT, hello=lambda n: h.records(
        h.handshake(h.server_name(name(n)) + h.COMMON) +
        h.handshake(h.server_name(DENIED.encode()) + h.COMMON)), record="not-tls"),
    # an answer that only begins like the one that asks again
    Case("server-hello-ends-the-look", "8446 4.1.3", CONNECT, opens=True,
         hello=lambda n: h.hello(name(n)) + h.hello(DENIED.encode()),
         reply=Reply(replies=(h.SERVER_HELLO + TUNNEL_OK,)), says=h.SERVER_HELLO),
]

PLAIN = [  # not a tunnel at all, or one that needs no TLS
    Case("any-ssh", "4253 4.2", CONNECT, hello=b"SSH-2.0-OpenSSH_9.2p1\r\n", opens=True, zone=ANY),
    Case("any-other-name", "6066 3", CONNECT, hello=h.hello(DENIED.encode()), opens=True, zone=ANY),
    Case("any-no-name", "6066 3", CONNECT, hello=h.hello(), opens=True, zone=ANY),
    # bytes in front of the proxy's answer wait for the judgement like all others
    Case("hello-with-connect-other-name", "9110 9.3.6", CONNECT + h.hello(DENIED.encode()),
         hello=(), opens=False, record="sni"),
    Case("ssh-with-connect", "9110 9.3.6", CONNECT + b"SSH-2.0-OpenSSH_9.2p1\r\n", hello=(),
         opens=False, record="not-tls"),
]

CASES = bound("tls", GOOD + NAMES + OTHER + RETRIES + PLAIN)
