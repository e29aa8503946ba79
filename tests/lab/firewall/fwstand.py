# SPDX-License-Identifier: GPL-3.0-or-later
"""A gateway with a machine behind each interface, and rules the way the apply role loads them.

No daemon runs: what the rules do, they do alone. Machines speak through small programs that
tell as JSON what came of it.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from lab.lab import SLOW
from proxy import netns

REPO = pathlib.Path(__file__).resolve().parents[3]
UID_PROXY, UID_MANAGEMENT, UID_CLOCK, UID_OTHER = 900, 901, 902, 903  # tests/unit/fw/golden.h

# interface of the gateway: its own addresses, and those of the machine behind it
LINKS = {
    "core0": (("10.10.0.1/24", "fd10::1/64"), ("10.10.0.11/24", "10.10.0.12/24", "fd10::11/64",
                                               "fd10::12/64")),
    "claims0": (("10.20.0.1/24", "fd20::1/64"), ("10.20.0.10/24", "10.20.0.40/24", "fd20::10/64",
                                                 "fd20::40/64")),
    "office0": (("10.30.0.1/24", "fd30::1/64"), ("10.30.0.10/24", "fd30::10/64")),
    "mgmt0": (("10.90.0.1/28", "fd90::1/64"), ("10.90.0.5/28", "10.90.0.6/28", "fd90::5/64",
                                               "fd90::7/64")),
    "wan0": (("45.113.7.1/24", "2a0e:5a4d:7::1/64"), ("45.113.7.10/24", "45.113.7.53/24",
                                                      "2a0e:5a4d:7::10/64",
                                                      "2a0e:5a4d:7::53/64")),
}
MACS = {name: f"02:00:00:00:f{i}:10" for i, name in enumerate(LINKS)}

SERVE = """
import json, selectors, socket, sys
ports = json.loads(sys.argv[1])
watch = selectors.DefaultSelector()
for proto, port in ports:
    kind = socket.SOCK_STREAM if proto == "tcp" else socket.SOCK_DGRAM
    s = socket.socket(socket.AF_INET6, kind)
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if proto == "udp":
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
    s.bind(("::", port))
    if proto == "tcp":
        s.listen(200)
    watch.register(s, selectors.EVENT_READ, proto)
print("ready", flush=True)
held = []
while True:
    for key, _ in watch.select():
        if key.data == "tcp":
            c, peer = key.fileobj.accept()
            c.sendall(peer[0].encode())
            held.append(c)
        else:
            data, more, _, peer = key.fileobj.recvmsg(64, 256)
            # from the address that was asked
            key.fileobj.sendmsg([peer[0].encode()], more, 0, peer)
"""

ASK = """
import concurrent.futures, json, os, socket, sys
uid, seconds, asked = int(sys.argv[1]), float(sys.argv[2]), json.loads(sys.argv[3])
if uid:
    os.setgroups([]); os.setresgid(uid, uid, uid); os.setresuid(uid, uid, uid)
def ask(one):
    proto, address, port, source = one
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    kind = socket.SOCK_STREAM if proto == "tcp" else socket.SOCK_DGRAM
    with socket.socket(family, kind) as s:
        s.settimeout(seconds)
        try:
            if source:
                s.bind((source, 0))
            s.connect((address, port))
            if proto == "udp":
                s.send(b"?")
            return s.recv(100).decode()
        except OSError:
            return ""
with concurrent.futures.ThreadPoolExecutor(64) as pool:
    print(json.dumps(list(pool.map(ask, asked))))
"""


def tool(name):
    path = pathlib.Path(os.environ.get("SEKISHO_BIN", REPO / "build/asan/bin")) / name
    assert path.exists(), f"{path}: build first, or set SEKISHO_BIN"
    return path


class Stand:
    def __init__(self, prefix):
        self.prefix = prefix
        self.gw = prefix + "-gw"
        self.children = []
        netns.run(["ip", "netns", "add", self.gw])
        netns.run(["ip", "-netns", self.gw, "link", "set", "lo", "up"])
        netns.sysctl(self.gw, {"net.ipv6.conf.all.disable_ipv6": 0,
                               "net.ipv6.conf.default.accept_dad": 0,
                               "net.ipv6.conf.all.accept_dad": 0})
        for name, (ours, theirs) in LINKS.items():
            self._link(name, ours, theirs)
        netns.sysctl(self.gw, {"net.ipv4.ip_forward": 1, "net.ipv6.conf.all.forwarding": 1})

    def ns(self, interface):
        return f"{self.prefix}-{interface}"

    def _link(self, name, ours, theirs):
        ns = self.ns(name)
        netns.run(["ip", "netns", "add", ns])
        netns.sysctl(ns, {"net.ipv6.conf.all.disable_ipv6": 0,
                          "net.ipv6.conf.default.accept_dad": 0,
                          "net.ipv6.conf.all.accept_dad": 0})
        netns.run(["ip", "-netns", self.gw, "link", "add", name, "type", "veth", "peer", "name",
                   "eth0", "address", MACS[name], "netns", ns])
        lines = [f"address add {a} dev {name}" + (" nodad" if ":" in a else "") for a in ours]
        netns.batch(self.gw, lines + [f"link set {name} up"])
        lines = [f"address add {a} dev eth0" + (" nodad" if ":" in a else "") for a in theirs]
        lines += ["link set lo up", "link set eth0 up"]
        lines += [f"route add default via {a.split('/')[0]}" for a in ours]
        netns.batch(ns, lines)

    def load(self, policy, permits=(), seconds=None, quarantine=None):
        """
        The rules of a policy's text; flows that can end do so after so many seconds. With a
        list of cards in quarantine the permits are those of format 3.
        """
        objects = {"ports": [], "permits": list(permits)}
        if quarantine is not None:
            objects["quarantine"] = [{"mac": mac} for mac in quarantine]
        with tempfile.TemporaryDirectory(prefix="sekisho-fw-", dir="/tmp") as folder:
            paths = [pathlib.Path(folder, name) for name in ("policy.yaml", "objects.json")]
            paths[0].write_text(policy, encoding="utf-8")
            paths[1].write_text(json.dumps(objects), encoding="utf-8")
            argv = [tool("fw_load"), "--files", *paths] + ([] if seconds is None else [seconds])
            netns.run(netns.command(self.gw, argv))
        # a daemon that records would keep these alive
        self.nft("add element inet sekisho recording { 2, 10 }")

    def nft(self, text):
        return netns.run(netns.command(self.gw, ["nft", "-f", "-"]), text_in=text + "\n").stdout

    def list(self, *what):
        return netns.run(netns.command(self.gw, ["nft", *what])).stdout

    def unload(self):
        self.nft("flush ruleset")

    def start(self, ns, argv, **more):
        child = subprocess.Popen(netns.command(ns, argv), **more)  # pylint: disable=consider-using-with
        self.children.append(child)
        return child

    def serve(self, interface, ports):
        child = self.start(self.ns(interface), [sys.executable, "-c", SERVE, json.dumps(ports)],
                           stdout=subprocess.PIPE)
        assert child.stdout.readline() == b"ready\n"

    def ask(self, ns, asked, uid=0, seconds=0.7):
        """For each (protocol, address, port[, source]): as whom the server saw it, or ""."""
        asked = [(*one, "")[:4] for one in asked]
        argv = [sys.executable, "-c", ASK, uid, seconds * SLOW, json.dumps(asked)]
        return json.loads(netns.run(netns.command(ns, argv)).stdout)

    def reached(self, ns, asked, uid=0, seconds=0.7):
        """Those of asked that were answered."""
        answers = self.ask(ns, asked, uid, seconds)
        return {one for one, answer in zip(asked, answers) if answer}

    def ping(self, ns, address, *more):
        argv = ["ping", "-n", "-c", "1", "-W", "1", *more, address]
        return netns.run(netns.command(ns, argv), check=False).returncode == 0

    def close(self):
        for child in self.children:
            child.kill()
            child.wait()
            if child.stdout is not None:
                child.stdout.close()
        for ns in [self.gw] + [self.ns(name) for name in LINKS]:
            netns.run(["ip", "netns", "del", ns], check=False)


def permit(number, interface, zone):
    return {"id": f"p{number:016d}", "number": number, "device": f"d{number:016d}",
            "mac": MACS[interface], "interface": interface, "zone": zone, "user": "",
            "group": "", "destinations": []}
