# SPDX-License-Identifier: GPL-3.0-or-later
"""Names: spellings of one name, and names that look like another (RFC 9110 4.2.3, 1035, 5890)."""
from ..case import bound
from .common import bad, denied, good, request


def spelled(name, text, rfc="9110 4.2.3"):
    """Another spelling of the case's own name."""
    return good(name, rfc, request(b"Host: " + text, target=b"http://" + text + b"/x", host=False))


def other(name, text, reason="not-listed", rfc="9110 4.2.3"):
    """Another name, whatever it looks like."""
    return denied(name, rfc, request(b"Host: " + text, target=b"http://" + text + b"/x", host=False),
                  reason)


def wrong(name, text, rfc="1035 2.3.1"):
    return bad(name, rfc, request(b"Host: " + text, target=b"http://" + text + b"/x", host=False))


CASES = bound("name", [
    spelled("upper-case", b"UPHOST"), spelled("trailing-dot", b"HOST."),
    spelled("upper-case-trailing-dot", b"UPHOST."),
    spelled("trailing-dot-port", b"HOST.:80"),
    wrong("two-trailing-dots", b"HOST.."), wrong("leading-dot", b".HOST"),
    wrong("double-dot", b"a..HOST"),
    wrong("hyphen-first", b"-a.HOST"), wrong("hyphen-last", b"a-.HOST"),
    wrong("label-64", b"a" * 64 + b".HOST"), wrong("name-254", b"a." * 117 + b"HOST"),
    wrong("name-1000", b"a." * 500 + b"HOST"),
    wrong("asterisk", b"*.HOST"), wrong("plus", b"a+b.HOST"), wrong("tilde", b"~.HOST"),
    wrong("utf-8", "é.HOST".encode()), wrong("full-width-dot", "HOST．example.com".encode()),
    wrong("ideographic-dot", "a。HOST".encode()), wrong("soft-hyphen", "a\xad.HOST".encode()),
    wrong("kelvin-sign", "\u212a.HOST".encode()), wrong("latin-1", b"\xe9.HOST"),
    wrong("exclamation", b"a!.HOST"), wrong("dollar", b"$.HOST"), wrong("quote", b"a'.HOST"),
    other("suffix-of-a-listed-name", b"xcorpus.example.jp"),
    other("listed-name-as-a-label", b"HOST.example.com"),
    other("listed-name-and-more", b"HOSTx"),
    other("wildcard-base", b"corpus.example.jp"), other("parent", b"example.jp"),
    other("top-level", b"jp"), other("localhost", b"localhost"),
    other("localhost-below", b"a.localhost"), other("punycode-lookalike", b"xn--crpus-8ma.example.jp"),
    other("listed-with-hyphen", b"c1-corpus.example.jp"), other("single-label", b"gateway"),
    other("exact-entry-has-no-below", b"a.exact.example.jp"),
    other("arpa", b"1.0.0.127.in-addr.arpa"),
])
