# SPDX-License-Identifier: GPL-3.0-or-later
"""Permits that begin, end and are withdrawn under a download, a session, UDP and a tunnel.

In both families at once. The time of the first and the last packet at either side is printed.
"""
import collections
import datetime
import json
import subprocess
import sys
import threading
import time

import pytest

from admission import test_bridged_daemons as switch
from firewall import door
from lab import sites as site, topology as topo
from lab.lab import LATE, wait_for

TCP, BULK, UDP = 9000, 9001, 9000
KINDS = ("download", "session", "udp", "tunnel")

SERVER = """
import os, socket, sys, threading, time
def heard(kind, peer):
    os.write(1, f"{kind} {4 if '.' in peer else 6} {time.time()}\\n".encode())
def session(c, peer):
    while data := c.recv(1):
        heard("session", peer)
        c.sendall(data)
def download(c, peer):
    while True:
        c.sendall(bytes(1000))
        time.sleep(0.005)
def serve(port, function):
    s = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
    while True:
        c, peer = s.accept()
        threading.Thread(target=quietly, args=(function, c, peer[0]), daemon=True).start()
def quietly(function, *words):
    try:
        function(*words)
    except OSError:
        pass
for port, function in ((int(sys.argv[1]), session), (int(sys.argv[2]), download)):
    threading.Thread(target=serve, args=(port, function), daemon=True).start()
u = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
u.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
u.bind(("::", int(sys.argv[3])))
def push():  # on and on, once somebody has asked
    while True:
        for peer in list(peers):
            try:
                u.sendto(b"x", peer)
            except OSError:
                pass
        time.sleep(0.01)
peers = set()
threading.Thread(target=push, daemon=True).start()
print("ready", flush=True)
while True:
    try:
        data, peer = u.recvfrom(100)
        peers.add(peer)
        heard("udp", peer[0])
    except OSError:
        pass
"""

# tries each connection until it is there, then never again: what came is told with its time
CLIENT = """
import json, os, socket, ssl, sys, threading, time
to, ports, proxies, proxy_port, host, ca = json.loads(sys.argv[1])
def heard(kind, family):
    os.write(1, f"{kind} {family} {time.time()}\\n".encode())
def connect(address, port):
    while True:
        try:
            return socket.create_connection((address, port), 0.3)
        except OSError:
            time.sleep(0.05)
def download(family, address):
    s = connect(address, ports[1])
    s.settimeout(None)
    while s.recv(100000):
        heard("download", family)
def session(family, address):
    s = connect(address, ports[0])
    s.settimeout(None)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while True:
        s.sendall(b"x")
        if not s.recv(1):
            break
        heard("session", family)
        time.sleep(0.02)
def udp(family, address):
    s = socket.socket(socket.AF_INET6 if family == 6 else socket.AF_INET, socket.SOCK_DGRAM)
    s.connect((address, ports[2]))
    s.setblocking(False)
    while True:
        time.sleep(0.01)
        try:
            s.send(b"x")
        except OSError:
            pass
        try:
            while s.recv(100):  # what waited any longer would look late
                heard("udp", family)
        except OSError:
            pass
def opened(proxy):
    s = connect(proxy, proxy_port)
    s.settimeout(3)
    s.sendall(f"CONNECT {host}:443 HTTP/1.1\\r\\nHost: {host}:443\\r\\n\\r\\n".encode())
    if b" 200 " not in s.recv(1000):
        raise OSError("refused")
    return ssl.create_default_context(cafile=ca).wrap_socket(s, server_hostname=host)
def tunnel(family, proxy):
    while True:
        try:
            s = opened(proxy)
            break
        except OSError:
            time.sleep(0.1)
    s.settimeout(None)
    while True:
        s.sendall(f"GET / HTTP/1.1\\r\\nHost: {host}\\r\\n\\r\\n".encode())
        if not s.recv(100000):
            break
        heard("tunnel", family)
        time.sleep(0.03)
def quietly(function, *words):
    try:
        function(*words)
    except OSError:
        pass
for family, (address, proxy) in ((4, (to[0], proxies[0])), (6, (to[1], proxies[1]))):
    for function in (download, session, udp):
        threading.Thread(target=quietly, args=(function, family, address)).start()
    threading.Thread(target=quietly, args=(tunnel, family, proxy)).start()
print("ready", flush=True)
"""


class Side:
    """A program and what it heard: the times by (kind, family)."""

    def __init__(self, lab, machine, *argv):
        self.times = collections.defaultdict(list)
        self.child = lab.start_on(machine, sys.executable, "-c", *argv, stdout=subprocess.PIPE,
                                  text=True)
        assert self.child.stdout.readline() == "ready\n"
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.child.stdout:
            kind, family, at = line.split()
            self.times[kind, int(family)].append(float(at))

    def stop(self):
        self.child.kill()
        self.child.wait()


class Stand:
    def __init__(self, lab, interface, server):
        self.lab, self.interface = lab, interface
        self.words = [topo.ADDRESS[server], (TCP, BULK, UDP), (topo.PROXY4, topo.PROXY6),
                      topo.PROXY_PORT, site.ALLOWED, str(lab.sites.ca)]
        self.server = Side(lab, server, SERVER, str(TCP), str(BULK), str(UDP))
        self.client = None

    def begin(self):
        self.server.times.clear()
        self.client = Side(self.lab, topo.ROGUE, CLIENT, json.dumps(self.words))

    def streams(self):
        return {("device", *key): times for key, times in self.client.times.copy().items()} | {
            ("server", *key): times for key, times in self.server.times.copy().items()}

    def all_there(self):
        # a download has no questions that the server could hear
        return len(self.streams()) == 2 * len(KINDS) + 4

    def all_silent(self):
        return time.time() - max(times[-1] for times in self.streams().values()) > 2

    def is_seen(self):
        return topo.MAC[topo.ROGUE] in self.lab.cli("device", "list").stdout

    def approve(self, *more):
        self.lab.cli("device", "approve", topo.MAC[topo.ROGUE], "--kind", "business", "--owner",
                     "o", "--reason", "a test", "--interface", self.interface, *more)

    def tell(self, what, since, which):
        late = {}
        for (side, kind, family), times in sorted(self.streams().items()):
            late[side, kind, family] = times[which] - since
            print(f"{self.interface}: {what}, {kind} over IPv{family} at the {side}: "
                  f"{(times[which] - since) * 1000:+.0f} ms")
        return late

    def close(self):
        for side in (self.client, self.server):
            if side is not None:
                side.stop()


def routed(make_lab, folder):
    lab = make_lab()
    text = door.open_office(door.POLICY.read_text(encoding="utf-8")).replace(
        "online-claims: [tcp/443,", f"online-claims: [tcp/443, tcp/{TCP}-{BULK}, udp/{UDP},", 1)
    switch.apply(lab, folder, text)
    return Stand(lab, "office0", topo.CLAIMS)


def bridged(make_lab, folder):
    """A neighbour at another port; the proxy's tunnels leave the bridge."""
    lab = make_lab(prepare=switch.be_the_switch, provision=False)
    switch.apply(lab, folder, switch.POLICY)
    lab.cli("allow", "add", site.ALLOWED, "--reason", "a test")
    switch.approve(lab, topo.OFFICE)
    return Stand(lab, switch.PORTS[topo.ROGUE], topo.OFFICE)


def at(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).isoformat()


def take_off(stand, how):
    """By one command of the administrator's: everything falls silent."""
    asked = time.time()
    stand.lab.cli("device", how, topo.MAC[topo.ROGUE], "--reason", "a test")
    gone = time.time()
    assert wait_for(stand.all_silent, 15)
    late = stand.tell(f"last packet after the end of 'device {how}'", gone, -1)
    assert max(late.values()) < LATE and min(late.values()) > asked - gone - LATE, late
    stand.client.stop()


@pytest.mark.parametrize("segment", [routed, bridged])
def test_begin_withdrawal_and_end(make_lab, tmp_path, segment):
    stand = segment(make_lab, tmp_path)
    try:
        # a permit that begins while they ask
        stand.begin()
        assert wait_for(stand.is_seen, 15)
        assert not stand.streams()
        begin = int(time.time()) + 8
        stand.approve("--from", at(begin))
        assert wait_for(stand.all_there, 30), stand.streams().keys()
        first = stand.tell("first packet after the permit's beginning", begin, 0)
        assert min(first.values()) > -0.2
        # withdrawn in the middle
        time.sleep(1)
        take_off(stand, "revoke")
        # the device is taken off, permit or not
        stand.begin()
        stand.approve()
        assert wait_for(stand.all_there, 15), stand.streams().keys()
        take_off(stand, "quarantine")
        stand.lab.cli("device", "revoke", topo.MAC[topo.ROGUE], "--reason", "a test")
        stand.lab.cli("device", "release", topo.MAC[topo.ROGUE], "--reason", "a test")
        # an end in the kernel, with those dead that could help
        stand.begin()
        until = int(time.time()) + 30
        stand.approve("--until", at(until))
        assert wait_for(stand.all_there, 20), stand.streams().keys()
        for name in ("mgmtd", "gated", "sensord"):
            stand.lab.kill(name, hold=True)
        dead = time.time()
        time.sleep(max(0, until - time.time()))
        assert wait_for(stand.all_silent, 15)
        late = stand.tell("last packet after the permit's end", until, -1)
        assert max(late.values()) < LATE, late
        assert min(late.values()) > dead - until - 0.5, "they ended before"
    finally:
        stand.close()
