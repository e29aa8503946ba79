# SPDX-License-Identifier: GPL-3.0-or-later
"""A gateway that is the switch: a bridge with a machine at each port, and rules as loaded.

No daemon runs: what the rules do, the kernel does alone. Frames are sent and caught on the
machines' own cards, below everything that could hide them.
"""
import json
import pathlib
import re
import select
import socket
import subprocess
import sys
import tempfile
import threading
import time

from firewall.fwstand import tool
from lab.lab import LATE, SLOW
from proxy import netns

BRIDGE = "br0"
PORTS = ("p1", "p2", "p3", "p4")
MACS = {p: f"02:00:00:00:1e:{i}0" for i, p in enumerate(PORTS, 1)}
ADDRESS4 = {p: f"10.30.0.{i}0" for i, p in enumerate(PORTS, 1)}
ADDRESS6 = {p: f"fd30::{i}0" for i, p in enumerate(PORTS, 1)}
GATEWAY4, GATEWAY6 = "10.30.0.1", "fd30::1"
SERVER4, SERVER6 = "10.20.0.10", "fd20::10"  # behind the gateway
BROADCAST = b"\xff" * 6
TYPE = 0x88b5  # for experiments: nobody but us sends it

POLICY = """# SPDX-License-Identifier: GPL-3.0-or-later
version: 1
site: { name: 検査台 }
zones:
  office:
    kind: office
    interfaces: [br0]
    ports: [p1, p2, p3]
    admission: ADMISSION
    networks: [10.30.0.0/24, "fd30::/64"]
  claims: { kind: closed, interfaces: [claims0], networks: [10.20.0.0/24, "fd20::/64"] }
services:
  all: [icmp/echo-request, icmpv6/echo-request]
flows:
  - { id: office-claims, from: office, to: claims, services: [all] }
"""

SINK = """
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("", 5001)); s.listen(1)
print("ready", flush=True)
c, _ = s.accept()
while c.recv(65536):
    print(time.time(), flush=True)
"""

SOURCE = """
import socket, sys, time
s = socket.create_connection((sys.argv[1], 5001), 3)
while True:
    s.send(b"x" * 1000)
    time.sleep(0.01)
"""


def mac_bytes(text):
    return bytes.fromhex(text.replace(":", ""))


def frame(source, destination=BROADCAST, body=b"sekisho", kind=TYPE):
    return destination + source + kind.to_bytes(2, "big") + body.ljust(46, b"\0")


def objects(permits):
    made = []
    for number, permit in enumerate(permits, 1):
        port, mac, seconds, names = (list(permit) + [0, []][len(permit) - 2:])[:4]
        made.append({"id": f"p{number:016d}", "number": number,
                     "device": f"d{number:016d}", "mac": mac, "interface": port,
                     "zone": "office", "user": "", "group": "", "destinations": names})
        if seconds:
            made[-1]["until"] = int(time.time()) + seconds
    return made


class Ear:
    """Everything that a machine's card hears, until it is closed."""

    def __init__(self, ns):
        self.frames = []
        self.stop = False
        ready = threading.Event()
        self.thread = threading.Thread(target=self._run, args=(ns, ready))
        self.thread.start()
        assert ready.wait(20)

    def _run(self, ns, ready):
        netns.enter(ns)
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as sock:
            sock.bind(("eth0", 3))
            ready.set()
            while not self.stop:
                if not select.select([sock], [], [], 0.05)[0]:
                    continue
                try:
                    data, where = sock.recvfrom(2048)
                except OSError:  # the card was down for a moment
                    continue
                if where[2] != socket.PACKET_OUTGOING:
                    self.frames.append(data)

    def close(self):
        self.stop = True
        self.thread.join()
        return self.frames


class Stand:
    def __init__(self, prefix):
        self.prefix, self.gw = prefix, prefix + "-gw"
        self.children = []
        netns.run(["ip", "netns", "add", self.gw])
        self._quiet(self.gw)
        netns.batch(self.gw, ["link set lo up", f"link add {BRIDGE} type bridge",
                              f"link set {BRIDGE} up"])
        for port in PORTS:
            self._machine(port, MACS[port], [f"{ADDRESS4[port]}/24", f"{ADDRESS6[port]}/64"],
                          (GATEWAY4, GATEWAY6))
        self._machine("claims0", "02:00:00:00:14:10", [f"{SERVER4}/24", f"{SERVER6}/64"],
                      ("10.20.0.1", "fd20::1"))
        netns.batch(self.gw, [f"link set {p} master {BRIDGE}" for p in PORTS] +
                    [f"addr add {GATEWAY4}/24 dev {BRIDGE}",
                     f"addr add {GATEWAY6}/64 dev {BRIDGE} nodad",
                     "addr add 10.20.0.1/24 dev claims0",
                     "addr add fd20::1/64 dev claims0 nodad"])
        netns.sysctl(self.gw, {"net.ipv4.ip_forward": 1, "net.ipv6.conf.all.forwarding": 1,
                               **{f"net.bridge.bridge-nf-call-{t}": 0
                                  for t in ("iptables", "ip6tables", "arptables")}})

    def ns(self, port):
        return f"{self.prefix}-{port}"

    @staticmethod
    def _quiet(ns):
        netns.sysctl(ns, {"net.ipv6.conf.all.disable_ipv6": 0,
                          "net.ipv6.conf.default.accept_dad": 0,
                          "net.ipv6.conf.all.accept_dad": 0})

    def _machine(self, port, mac, addresses, routers):
        ns = self.ns(port)
        netns.run(["ip", "netns", "add", ns])
        self._quiet(ns)
        netns.run(["ip", "-netns", self.gw, "link", "add", port, "type", "veth", "peer", "name",
                   "eth0", "address", mac, "netns", ns])
        netns.batch(self.gw, [f"link set {port} up"])
        netns.batch(ns, ["link set lo up"] +
                    [f"addr add {a} dev eth0" + (" nodad" if ":" in a else "")
                     for a in addresses] + ["link set eth0 up"] +
                    [f"route add default via {r}" for r in routers])

    def load(self, *permits, policy=POLICY, admission="enforce"):
        """permits: (port, MAC[, seconds[, destinations]])."""
        made = objects(permits)
        self._fw_load("--files", policy.replace("ADMISSION", admission), made)
        # a daemon that records would keep these alive
        self.nft("add element inet sekisho recording { 2, 10 }")
        return made

    def change(self, before, *permits):
        """From the permits that load() or change() gave to others, element by element."""
        made = objects(permits)
        self._fw_load("--change", POLICY.replace("ADMISSION", "enforce"), before, made)
        return made

    def _fw_load(self, option, policy, *permits):
        with tempfile.TemporaryDirectory(prefix="sekisho-br-", dir="/tmp") as folder:
            paths = [pathlib.Path(folder, "policy.yaml")]
            paths[0].write_text(policy, encoding="utf-8")
            for made in permits:
                paths.append(pathlib.Path(folder, f"objects{len(paths)}.json"))
                paths[-1].write_text(json.dumps({"ports": [], "permits": made}),
                                     encoding="utf-8")
            netns.run(netns.command(self.gw, [tool("fw_load"), option, *paths]))

    def nft(self, text):
        return netns.run(netns.command(self.gw, ["nft", "-f", "-"]), text_in=text + "\n").stdout

    def list(self, *what):
        return netns.run(netns.command(self.gw, ["nft", *what]), check=False).stdout

    def fdb(self):
        """MAC -> port, as far as the bridge has learnt or been told."""
        text = netns.run(netns.command(self.gw, ["bridge", "fdb", "show", "br", BRIDGE])).stdout
        return {line.split()[0]: line.split()[2] for line in text.splitlines()
                if "permanent" not in line}

    def locked(self):
        """The ports that the kernel holds locked."""
        done = netns.run(netns.command(self.gw, ["bridge", "-d", "-j", "link", "show"]))
        return {link["ifname"] for link in json.loads(done.stdout) if link.get("locked")}

    def forget(self):
        """Machines and bridge forget each other."""
        for port in PORTS:
            netns.run(["ip", "-netns", self.ns(port), "neigh", "flush", "all"])
        netns.run(["ip", "-netns", self.gw, "neigh", "flush", "all"])
        netns.run(["ip", "-netns", self.gw, "link", "set", BRIDGE, "type", "bridge",
                   "fdb_flush"], check=False)

    def send(self, port, *frames):
        def put():
            with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sock:
                sock.bind(("eth0", 0))
                for data in frames:
                    sock.send(data)

        netns.inside(self.ns(port), put)

    def heard(self, port, *frames, by=PORTS, seconds=0.3):
        """Which machines hear frames of our own type that port sends."""
        ears = {p: Ear(self.ns(p)) for p in by if p != port}
        self.send(port, *frames)
        time.sleep(seconds * SLOW)
        mark = TYPE.to_bytes(2, "big")
        return {p for p, ear in ears.items() if any(f[12:14] == mark for f in ear.close())}

    def ping(self, port, address, count=1, seconds=1):
        return netns.run(netns.command(self.ns(port), [
            "ping", "-n", "-c", count, "-i", "0.05", "-W", seconds, address]),
            check=False).returncode == 0

    def answers(self, port, address):
        """For what has to answer, on a busy machine as well."""
        return self.ping(port, address, seconds=LATE)

    def pings(self, port, address):
        """A ping that goes on; see times()."""
        return self.start(port, ["ping", "-n", "-D", "-i", "0.02", address])

    def stream(self, source, target):
        """TCP from machine to machine; the sink tells when something arrives."""
        sink = self.start(target, [sys.executable, "-c", SINK])
        assert sink.stdout.readline() == "ready\n"
        self.start(source, [sys.executable, "-c", SOURCE, ADDRESS4[target]])
        return sink

    def start(self, port, argv):
        child = subprocess.Popen(  # pylint: disable=consider-using-with
            netns.command(self.ns(port), argv), stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True)
        self.children.append(child)
        return child

    def close(self):
        for child in self.children:
            child.kill()
            child.wait()
        for name in [self.gw, self.ns("claims0")] + [self.ns(p) for p in PORTS]:
            netns.run(["ip", "netns", "del", name], check=False)


def end(child):
    """Stop it and give the times at which something arrived."""
    child.terminate()
    out = child.communicate(timeout=20 * SLOW)[0]
    return [float(t) for t in re.findall(r"^\[?(\d+\.\d+)\]?(?:$| \d+ bytes)", out, re.M)]
