# SPDX-License-Identifier: GPL-3.0-or-later
"""Listed names that lead where nobody may go; the origin sits at all these addresses too."""
from .. import names, stand
from ..case import Case, Recv, Sleep, bound
from .common import request

GET = request()
FORBIDDEN = {  # class: addresses in it
    "private-10": "10.99.0.1", "private-172": "172.31.255.254", "private-192": "192.168.1.1",
    "loopback": "127.0.0.1", "loopback-high": "127.255.255.254", "unspecified": "0.0.0.0",
    "this-network": "0.1.2.3", "link-local": "169.254.1.1", "cloud-metadata": "169.254.169.254",
    "cgnat-first": "100.64.0.1", "cgnat-last": "100.127.255.254", "protocol": "192.0.0.8",
    "documentation-1": "192.0.2.1", "documentation-2": "198.51.100.1",
    "documentation-3": "203.0.113.1", "6to4-relay": "192.88.99.1", "benchmark": "198.19.255.254",
    "as112": "192.175.48.1", "amt": "192.52.193.1", "multicast": "224.0.0.1",
    "reserved": "240.0.0.1", "broadcast": "255.255.255.255", "own-office": stand.PROXY[0],
    "own-wan": stand.GATEWAY, "client": stand.CLIENT, "zone-with-public-network": stand.INSIDE,
    "v6-unspecified": "::", "v6-loopback": "::1", "v6-mapped-private": "::ffff:10.99.0.2",
    "v6-mapped-loopback": "::ffff:127.0.0.1", "v6-mapped-own": "::ffff:10.30.0.1",
    "v6-mapped-metadata": "::ffff:169.254.169.254", "v6-compatible": "::10.99.0.1",
    "v6-nat64-private": "64:ff9b::10.99.0.1", "v6-nat64-loopback": "64:ff9b::127.0.0.1",
    "v6-nat64-local-use": "64:ff9b:1::10.99.0.1", "v6-6to4": "2002:a63:1::1",
    "v6-6to4-of-public": "2002:2d71:70a::1", "v6-teredo": "2001:0:2d71:70a::1",
    "v6-benchmark": "2001:2::1", "v6-orchid": "2001:20::1", "v6-documentation": "2001:db8::1",
    "v6-documentation-new": "3fff::1", "v6-unique-local": "fd99::1", "v6-site-local": "fec0::1",
    "v6-link-local": "fe80::1", "v6-discard": "100::1", "v6-multicast": "ff02::1",
    "v6-outside-2000": "4000::1", "v6-own-office": "fd30::1", "v6-own-wan": "2a0e:5a4d:7::1",
    "v6-zone-with-public-network": "2a0e:5a4d:9::10", "v6-as112": "2620:4f:8000::1",
}
# listeners are there on these as well, unlike on multicast or unspecified ones
CONTROL = [a for k, a in FORBIDDEN.items() if k in (
    "private-10", "private-172", "private-192", "link-local", "cgnat-first", "protocol",
    "documentation-1", "benchmark", "reserved", "own-office", "own-wan", "client", "loopback",
    "zone-with-public-network", "v6-nat64-private", "v6-6to4", "v6-teredo", "v6-unique-local",
    "v6-documentation", "v6-outside-2000", "v6-own-wan", "v6-mapped-private", "v6-loopback")]


def refused(name, address, method=GET, **more):
    return Case(name, "6890 2.2", method, status=403, reason="address",
                name=names.at(address), forbidden=(address, address.rpartition(":")[2]), **more)


def failed(name, said, status=502, **more):
    return Case(name, "1035 4.1.1", GET, status=status, reason="name-failed", name=said, **more)


def mixed(name, *bad, **more):
    """Forbidden addresses beside a public one: that one is dialled, or nobody."""
    return Case(name, "6890 2.2", GET, origin=[("GET", "/x", b"")],
                name=lambda own: names.at(*bad, own), forbidden=bad, **more)


CONNECT = b"CONNECT HOST:443 HTTP/1.1\r\nHost: HOST:443\r\n\r\n"
LONG_CHAIN = tuple(f"n{i}.example.net" for i in range(5))

CASES = bound("address", [refused(k, a) for k, a in FORBIDDEN.items()] + [
    refused("connect-private", "10.99.0.3", CONNECT),
    refused("connect-loopback", "127.0.0.1", CONNECT),
    refused("connect-v6-mapped", "::ffff:10.99.0.4", CONNECT),
    Case("all-forbidden", "6890 2.2", GET, status=403, reason="address",
         name=names.at("10.99.0.5", "127.0.0.1", "fd99::5", "169.254.169.254"),
         forbidden=("10.99.0.5", "fd99::5", "169.254.169.254")),
    mixed("mixed-private-first", "10.99.0.6"),
    mixed("mixed-v6-private", "fd99::6", "::ffff:10.99.0.7"),
    mixed("mixed-many", "10.99.0.8", "127.0.0.1", "100.64.0.8", "fd99::8", "2002:a63:1::8"),
    mixed("mixed-own", stand.GATEWAY, "2a0e:5a4d:7::1"),
    Case("mixed-public-is-dead", "6890 2.2", GET, status={502, 504}, reason="connect-failed",
         name=names.at("10.99.0.9", stand.SILENT), forbidden=("10.99.0.9",)),
    # rebinding: every time the name is asked for, the address is looked at again
    Case("rebinding", "6890 2.2", (GET, Recv(), Sleep(1.5), GET), status=(200, {200, 403}),
         origin="any", seen=(b"GET /x ",), forbidden=("10.99.0.10",), twice=False, reason=None,
         name=lambda own: names.Name((own,), ttl=1, then=names.at("10.99.0.10", ttl=1))),
    Case("rebinding-ttl-0", "6890 2.2", (GET, Recv(), GET), status=(200, {200, 403}), origin="any",
         seen=(b"GET /x ",), forbidden=("127.0.0.2",), twice=False, reason=None,
         name=lambda own: names.Name((own,), ttl=0, then=names.at("127.0.0.2", ttl=0))),
    # chains: the name that was asked for decides, the addresses at the end are looked at
    Case("chain", "1034 3.6.2", GET, origin=[("GET", "/x", b"")],
         name=lambda own: names.Name((own,), chain=("a.example.net", "b.example.net"))),
    Case("chain-of-five", "1034 3.6.2", GET, origin=[("GET", "/x", b"")],
         name=lambda own: names.Name((own,), chain=LONG_CHAIN)),
    Case("chain-to-private", "6890 2.2", GET, status=403, reason="address",
         name=names.Name(("10.99.0.11",), chain=("a.example.net",)), forbidden=("10.99.0.11",)),
    Case("chain-to-denied-name", "1034 3.6.2", GET, origin=[("GET", "/x", b"")],
         name=lambda own: names.Name((own,), chain=(stand.DENIED,))),
    failed("chain-without-end", names.Name(chain=("a.example.net",))),
    failed("chain-to-itself", names.Name(chain=("a.example.net", "b.example.net", "a.example.net"))),
    failed("empty", names.Name()), failed("nxdomain", names.Name(code=names.NXDOMAIN)),
    failed("servfail", names.Name(code=names.SERVFAIL), {502, 504}),
    failed("refused", names.Name(code=names.REFUSED), {502, 504}),
    failed("silent", names.Name(silent=True), {502, 504}, twice=False),
    failed("slow", names.at("45.113.16.1", delay=8), {502, 504}, twice=False),
    failed("answer-cut", names.at("10.99.0.12", lie="cut"), {502, 504}, forbidden=("10.99.0.12",),
           twice=False),
    failed("answer-points-at-itself", names.at("10.99.0.13", lie="loop"), {502, 504}, twice=False),
    failed("answer-of-another-id", names.at("45.113.23.201", lie="id"), {502, 504},
           forbidden=("45.113.23.201",), twice=False),
    failed("answer-to-another-question", names.at("45.113.23.202", lie="question"),
           {502, 504}, forbidden=("45.113.23.202",), twice=False),
    Case("twenty-addresses", "1035 4.2.1", GET, origin=[("GET", "/x", b"")],
         name=lambda own: names.at(*[f"10.99.1.{i}" for i in range(19)], own),
         forbidden=tuple(f"10.99.1.{i}" for i in range(19))),
    # happy eyeballs: one family that does not answer does not hold the other up
    Case("v6-swallowed", "8305 5", GET, origin=[("GET", "/x", b"")], wait=4,
         name=lambda own: names.at(stand.BLACKHOLE6, own)),
    Case("v4-swallowed-first", "8305 5", GET, origin=[("GET", "/x", b"")], wait=4,
         name=lambda own: names.at(stand.BLACKHOLE4, own)),
    Case("v6-question-unanswered", "8305 3", GET, origin=[("GET", "/x", b"")], wait=4, twice=False,
         name=lambda own: names.Name((own,), delay=6, delay_family=6)),
    Case("nobody-listens", "9110 15.6.3", GET, status=502, reason="connect-failed",
         name=names.at(stand.SILENT)),
    Case("swallowed", "9110 15.6.5", GET, status=504, reason="connect-failed", twice=False,
         name=names.at(stand.BLACKHOLE4)),
])
