# SPDX-License-Identifier: GPL-3.0-or-later
"""ICMP errors of live connections arrive, others do not; big and cut packets find their way."""
import json
import socket
import subprocess
import sys

from firewall import fwstand
from proxy import netns

POLICY = """# SPDX-License-Identifier: GPL-3.0-or-later
version: 1
site: { name: 検査台 }
zones:
  core: { kind: personal, interfaces: [core0], networks: [10.10.0.0/24, "fd10::/64"] }
  claims: { kind: closed, interfaces: [claims0], networks: [10.20.0.0/24, "fd20::/64"] }
services:
  web: [tcp/443, udp/4000-4001, icmp/echo-request, icmpv6/echo-request]
flows:
  - { id: web, from: core, to: claims, services: [web],
      partner: p, basis: b, owner: o, review: 2099-03-31 }
"""
OFFICE = """\
  office: { kind: office, interfaces: [office0], networks: [10.30.0.0/24, "fd30::/64"],
            admission: "off" }
"""
PERMITS = [fwstand.permit(1, "core0", "core")]
TO = ("10.20.0.10", "fd20::10")
BYTES = 200_000

SINK = """
import socket, sys
s = socket.create_server(("::", 443), family=socket.AF_INET6, dualstack_ipv6=True)
print("ready", flush=True)
while True:
    c, _ = s.accept()
    c.settimeout(4)
    total = 0
    try:
        while total < %d:
            total += len(c.recv(65536)) or 10**9
        c.sendall(b"all")
    except OSError:
        pass
    c.close()
""" % BYTES
PUSH = """
import socket, sys
s = socket.create_connection((sys.argv[1], 443), 3)
s.settimeout(4)
try:
    s.sendall(b"x" * %d)
    print(s.recv(10).decode())
except OSError as e:
    print(e)
""" % BYTES
REFUSED = """
import socket, sys
s = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(5)
s.connect((sys.argv[1], 4001))
s.send(b"?")
try:
    s.recv(10)
except OSError as e:
    print(type(e).__name__)
"""
STRAY = """
import logging, sys
logging.getLogger("scapy.runtime").setLevel(logging.ERROR)
from scapy.all import IP, IPv6, ICMP, ICMPv6PacketTooBig, TCP, UDP, send
v4, v6, *ports = sys.argv[1:]
for port in ports:
    send(IP(src=v4, dst="10.10.0.11") / ICMP(type=3, code=4, nexthopmtu=600) /
         IP(src="10.10.0.11", dst="10.20.0.10") / TCP(sport=int(port), dport=443), verbose=0)
    send(IPv6(src=v6, dst="fd10::11") / ICMPv6PacketTooBig(mtu=1280) /
         IPv6(src="fd10::11", dst="fd20::10") / TCP(sport=int(port), dport=443), verbose=0)
"""
HEAR = """
import json, select, socket, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
print("ready", flush=True)
heard, watched, seconds = [], [s, sys.stdin], None
while True:
    ready = select.select(watched, [], [], seconds)[0]
    if sys.stdin in ready:  # all is sent: what comes, comes now
        watched, seconds = [s], 1
    if not ready:
        break
    if s not in ready:
        continue
    data, at = s.recvfrom(200)
    if at[1] == 0x0800 and data[9] == 1 and data[20] == 3:
        heard.append(["v4", int.from_bytes(data[48:50], "big")])
    if at[1] == 0x86dd and data[6] == 58 and data[40] == 2:
        heard.append(["v6", int.from_bytes(data[88:90], "big")])
print(json.dumps(heard))
"""


def python(stand, interface, text, *argv):
    argv = [sys.executable, "-c", text, *argv]
    return netns.run(netns.command(stand.ns(interface), argv)).stdout.strip()


def forget(stand):
    """Path MTUs and metrics that the client has learned."""
    for family in ("-4", "-6"):
        netns.run(["ip", "-netns", stand.ns("core0"), family, "route", "flush", "cache"])
        netns.run(["ip", "-netns", stand.ns("core0"), "tcp_metrics", "flush"], check=False)


def related_rule(stand):
    for item in json.loads(stand.list("--json", "list", "chain", "inet", "sekisho",
                                      "output"))["nftables"]:
        rule = item.get("rule")
        if rule is not None and '"related"' in json.dumps(rule):
            return rule["handle"]
    raise AssertionError("no rule on related packets")


def test_path_mtu(stand):
    """A narrow link behind the gateway: the sender is told, in both families."""
    sink = stand.start(stand.ns("claims0"), [sys.executable, "-c", SINK], stdout=subprocess.PIPE)
    assert sink.stdout.readline() == b"ready\n"
    netns.run(["ip", "-netns", stand.gw, "link", "set", "claims0", "mtu", "1280"])
    for to in TO:
        assert python(stand, "core0", PUSH, to) == "all", f"{to}: not even without rules"
    stand.load(POLICY, PERMITS)
    forget(stand)
    for to in TO:
        assert python(stand, "core0", PUSH, to) == "all"
    # and it was the error that did it
    stand.nft(f"delete rule inet sekisho output handle {related_rule(stand)}")
    forget(stand)
    for to in TO:
        assert python(stand, "core0", PUSH, to) != "all", "the link was not narrow at all"


def test_errors_of_the_other_side(stand):
    """A closed UDP port says so through the gateway."""
    assert all(python(stand, "core0", REFUSED, to) == "ConnectionRefusedError" for to in TO)
    stand.load(POLICY, PERMITS)
    assert all(python(stand, "core0", REFUSED, to) == "ConnectionRefusedError" for to in TO)


def test_errors_about_nothing(stand):
    """
    An error passes for a connection there is, and not for one there is none of; nor from
    a zone that no flow joins with who would hear it.
    """
    stand.serve("claims0", [("tcp", 443)])

    def heard(*ports, of="claims0", by=TO):
        listener = stand.start(stand.ns("core0"), [sys.executable, "-c", HEAR],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert listener.stdout.readline() == b"ready\n"
        python(stand, of, STRAY, *by, *(str(port) for port in ports))
        listener.stdin.close()
        return {tuple(one) for one in json.loads(listener.stdout.read())}

    stray = {("v4", 1024), ("v6", 1024)}
    office = {"of": "office0", "by": ("10.30.0.10", "fd30::10")}
    assert heard(1024) == stray and heard(1024, **office) == stray
    stand.load(POLICY.replace("services:\n", OFFICE + "services:\n", 1), PERMITS)
    live = hold(stand)
    try:
        v4, v6 = (int(port) for port in live.stdout.readline().split())
        assert v4 != v6, "two ports of one number would tell nothing"
        assert heard(1024, v4, v6) == {("v4", v4), ("v6", v6)}
        assert heard(1024, v4, v6, **office) == set()
    finally:
        live.kill()
        live.wait()


HOLD = """
import socket, time
held = [socket.create_connection((to, 443), 3, (source, 0))
        for to, source in (("10.20.0.10", "10.10.0.11"), ("fd20::10", "fd10::11"))]
print(*(s.getsockname()[1] for s in held), flush=True)
time.sleep(60)
"""


def hold(stand):
    return stand.start(stand.ns("core0"), [sys.executable, "-c", HOLD], stdout=subprocess.PIPE)


def test_fragments(stand):
    assert all(stand.ping(stand.ns("core0"), to, "-s", "4000", "-W", "3") for to in TO)
    stand.load(POLICY, PERMITS)
    assert all(stand.ping(stand.ns("core0"), to, "-s", "4000", "-W", "3") for to in TO)
    # in pieces, what is not permitted is not either
    for to in TO:
        family = socket.AF_INET6 if ":" in to else socket.AF_INET
        asked = f"import socket; s = socket.socket({int(family)}, 2); s.settimeout(1); " \
                f"s.connect(({to!r}, 9)); s.send(bytes(4000))"
        before = denied(stand)
        python(stand, "core0", asked)
        assert denied(stand) > before


PIECES = """
import logging, sys
logging.getLogger("scapy.runtime").setLevel(logging.ERROR)
from scapy.all import IP, IPv6, IPv6ExtHdrFragment, UDP, Raw, raw, send
kind, dport = sys.argv[1], int(sys.argv[2])
for to, source in zip(sys.argv[3:5], sys.argv[5:7]):
    six = ":" in to
    head = (IPv6 if six else IP)(src=source, dst=to)
    def body(port):
        whole = head / UDP(sport=5000, dport=port) / Raw(b"%04d" % dport + b"y" * 44)
        return raw(whole)[40 if six else 20:]
    def piece(at, end, port=dport):
        part, more, number = body(port)[at:end], end < len(body(port)), 7000 + dport
        if six:
            return head / IPv6ExtHdrFragment(nh=17, offset=at // 8, m=more, id=number) / Raw(part)
        return IP(src=source, dst=to, id=number, proto=17, frag=at // 8,
                  flags="MF" if more else 0) / Raw(part)
    cuts = [piece(at, at + 8) for at in range(0, len(body(dport)), 8)]
    if kind == "backwards":
        cuts.reverse()
    if kind == "over":  # another destination port for what has come
        cuts = [piece(0, 16, 4000), piece(0, 24), piece(16, 56)]
    for c in cuts:
        send(c, verbose=0)
"""
COLLECT = """
import json, select, socket, sys
socks = []
for port in (4000, 9):
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    s.bind(("::", port))
    socks.append(s)
print("ready", flush=True)
heard, watched, seconds = [], socks + [sys.stdin], None
while True:
    ready = select.select(watched, [], [], seconds)[0]
    if sys.stdin in ready:  # all is sent: what comes, comes now
        watched, seconds = socks, 1
    elif not ready:
        break
    for s in ready:
        if s is not sys.stdin:
            data, peer = s.recvfrom(100)
            heard.append([s.getsockname()[1], "v4" if peer[0].startswith("::ffff:") else "v6",
                          data[:4].decode()])
print(json.dumps(heard))
"""


def test_pieces_of_a_head(stand):
    """The head in pieces of eight bytes, in any order, or written over: judged as a whole."""

    def heard(kind, port):
        listener = stand.start(stand.ns("claims0"), [sys.executable, "-c", COLLECT],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert listener.stdout.readline() == b"ready\n"
        python(stand, "core0", PIECES, kind, str(port), *TO, "10.10.0.11", "fd10::11")
        listener.stdin.close()
        return sorted(map(tuple, json.loads(listener.stdout.read())))

    both = lambda port: [(port, "v4", f"{port:04d}"), (port, "v6", f"{port:04d}")]
    for kind in ("in order", "backwards"):
        assert heard(kind, 9) == both(9)  # without rules
    stand.load(POLICY, PERMITS)
    for kind in ("in order", "backwards"):
        assert heard(kind, 4000) == both(4000), kind
        assert heard(kind, 9) == [], kind
    assert [one for one in heard("over", 9) if one[0] == 9] == []


def denied(stand):
    rules = json.loads(stand.list("--json", "list", "chain", "inet", "sekisho", "deny"))
    return sum(part["counter"]["packets"] for item in rules["nftables"] if "rule" in item
               for part in item["rule"]["expr"] if "counter" in part)


def test_neighbours(stand):
    """ARP and neighbour discovery go on when everything is asked anew."""
    stand.load(POLICY, PERMITS)
    for _ in range(2):
        for ns in (stand.gw, stand.ns("core0"), stand.ns("claims0")):
            netns.run(["ip", "-netns", ns, "neigh", "flush", "all"])
        assert all(stand.ping(stand.ns("core0"), to, "-W", "3") for to in TO)


DAD = """
import logging, sys
logging.getLogger("scapy.runtime").setLevel(logging.ERROR)
from scapy.all import Ether, IPv6, ICMPv6ND_NS, ICMPv6ND_NA, AsyncSniffer, sendp
heard = AsyncSniffer(iface="eth0", lfilter=lambda p: p.haslayer(ICMPv6ND_NA), timeout=10, count=1)
heard.start()
for _ in range(3):
    sendp(Ether(src=sys.argv[2], dst="33:33:ff:00:00:01") / IPv6(src="::", dst="ff02::1:ff00:1") /
          ICMPv6ND_NS(tgt=sys.argv[1]), iface="eth0", verbose=0, inter=0.3)
heard.join()
print(*(p[ICMPv6ND_NA].tgt for p in heard.results))
"""


def test_who_takes_our_address_hears_of_it(stand):
    """Duplicate address detection asks without an address of its own (RFC 4862)."""
    mac = fwstand.MACS["core0"]
    assert python(stand, "core0", DAD, "fd10::1", mac) == "fd10::1"
    stand.load(POLICY, PERMITS)
    assert python(stand, "core0", DAD, "fd10::1", mac) == "fd10::1"
