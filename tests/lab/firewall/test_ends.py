# SPDX-License-Identifier: GPL-3.0-or-later
"""A flow's end, in both directions and with no daemon: the kernel keeps the time."""
import json
import subprocess
import sys
import time

import pytest

from firewall import fwstand
from lab.lab import LATE, SLOW

POLICY = """# SPDX-License-Identifier: GPL-3.0-or-later
version: 1
site: { name: 検査台 }
zones:
  core: { kind: personal, interfaces: [core0], networks: [10.10.0.0/24, "fd10::/64"] }
  claims: { kind: closed, interfaces: [claims0], networks: [10.20.0.0/24, "fd20::/64"] }
services:
  stream: [tcp/9000, udp/9000]
  other: [tcp/9001]
  ping: [icmp/echo-request, icmpv6/echo-request]
flows:
  - id: ends
    from: core
    to: claims
    services: [stream, ping]
    partner: p
    basis: b
    owner: o
    review: 2099-03-31
    valid_until: 2099-03-31
  - { id: stays, from: core, to: claims, services: [other], partner: p, basis: b, owner: o,
      review: 2099-03-31 }
"""
PERMITS = [fwstand.permit(1, "core0", "core")]
TO = ("10.20.0.10", "fd20::10")
END_S = int(10 * SLOW)

# one question, then answers without end: what still arrives tells when it stopped
TALK = """
import socket, sys, threading, time
def tcp(port):
    s = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
    while True:
        c, _ = s.accept()
        threading.Thread(target=talk, args=(lambda b, c=c: c.sendall(b),), daemon=True).start()
def udp(port):
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
    s.bind(("::", port))
    while True:
        _, more, _, peer = s.recvmsg(10, 256)  # the answers come from the address that was asked
        send = lambda b, m=more, p=peer: s.sendmsg([b], m, 0, p)
        threading.Thread(target=talk, args=(send,), daemon=True).start()
def talk(send):
    try:
        while True:
            send(b"x")
            time.sleep(0.05)
    except OSError:
        pass
for serve, port in ((tcp, 9000), (udp, 9000), (tcp, 9001)):
    threading.Thread(target=serve, args=(port,)).start()
print("ready", flush=True)
"""
LISTEN = """
import json, socket, sys, threading, time
asked, seconds, late = json.loads(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
last = {}
def listen(proto, address, port):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    s = socket.socket(family, socket.SOCK_STREAM if proto == "tcp" else socket.SOCK_DGRAM)
    s.settimeout(late)
    s.connect((address, port))
    s.settimeout(1)
    if proto == "udp":
        s.send(b"?")
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if s.recv(100):
                last[f"{proto} {address} {port}"] = time.time()
        except OSError:
            pass
threads = [threading.Thread(target=listen, args=one) for one in asked]
for t in threads: t.start()
for t in threads: t.join()
print(json.dumps(last))
"""


def test_end(stand):
    talker = stand.start(stand.ns("claims0"), [sys.executable, "-c", TALK], stdout=subprocess.PIPE)
    assert talker.stdout.readline() == b"ready\n"
    assert all(stand.ping(stand.ns("core0"), a, "-W", "3") for a in TO)
    stand.load(POLICY, PERMITS, END_S)
    end = time.time() + END_S
    ending = [(proto, a, 9000) for a in TO for proto in ("tcp", "udp")]
    staying = [("tcp", a, 9001) for a in TO]
    assert all(stand.ping(stand.ns("core0"), a, "-W", "3") for a in TO)
    seconds = END_S + LATE + 2
    listener = stand.start(stand.ns("core0"), [sys.executable, "-c", LISTEN,
                                               json.dumps(ending + staying), seconds, LATE],
                           stdout=subprocess.PIPE)
    last = json.loads(listener.stdout.read())
    for way in ending:  # the second in which the load began is not known better than that
        assert end - LATE < last[" ".join(map(str, way))] < end + LATE, way
    for way in staying:
        assert last[" ".join(map(str, way))] > end + LATE, way
    assert not any(stand.ping(stand.ns("core0"), a) for a in TO)
    assert stand.reached(stand.ns("core0"), ending + staying, seconds=3) == set(staying)


@pytest.mark.parametrize("key", ["schedule: night", "valid_until: 2020-01-01",
                                 "valid_from: 2098-01-01"])
def test_not_open(stand, key):
    stand.serve("claims0", [("tcp", 9000), ("tcp", 9001)])
    clock = time.gmtime(time.time() + 9 * 3600 + 12 * 3600)  # half a day away from now
    hours = "{ hours: [\"mon-sun %02d:00-%02d:59\"] }" % (clock.tm_hour, clock.tm_hour)
    closed = POLICY.replace("valid_until: 2099-03-31", key).replace(
        "services:\n", "schedules:\n  night: " + hours + "\nservices:\n", 1)
    ways = [("tcp", a, port) for a in TO for port in (9000, 9001)]
    stand.load(POLICY, PERMITS)
    assert stand.reached(stand.ns("core0"), ways, seconds=3) == set(ways)
    stand.load(closed, PERMITS)
    assert stand.reached(stand.ns("core0"), ways, seconds=3) == {w for w in ways if w[2] == 9001}
