# SPDX-License-Identifier: GPL-3.0-or-later
"""Attempts to get through, and what the records must say about each."""
import concurrent.futures
import dataclasses
import json
import subprocess

from . import topology as topo

TCP, UDP, ICMP, ICMPV6 = 6, 17, 1, 58


@dataclasses.dataclass
class Probe:
    """One attempt: tcp, udp, dns or ping to an address; via tells another source address."""
    machine: str
    what: str
    address: str
    port: int = 0
    via: str = ""

    def __str__(self):
        return f"{self.what} {self.port}" if self.port else self.what

    def reached(self, lab):
        if self.what == "tcp":
            return lab.on(self.machine, *self._nc("-z")).returncode == 0
        if self.what == "udp":
            done = lab.on(self.machine, *self._nc("-u"), text_in=f"probe {self.machine}")
            return "probe" in done.stdout
        if self.what == "dns":
            source = ["-b", self.via] if self.via else []
            done = lab.on(self.machine, "dig", *source, "+time=1", "+tries=1",
                          f"@{self.address}", "allowed.example.jp")
            return done.returncode == 0 and "ANSWER SECTION" in done.stdout
        source = ["-I", self.via] if self.via else []
        return lab.on(self.machine, "ping", "-n", "-c", "1", "-W", "1", *source,
                      self.address).returncode == 0

    def _nc(self, mode):
        source = ["-s", self.via] if self.via else []
        return ["nc", mode, "-w", "1", *source, self.address, str(self.port)]

    def record(self):
        """What a record of the refusal holds."""
        proto = {"tcp": TCP, "udp": UDP, "dns": UDP}.get(
            self.what, ICMPV6 if ":" in self.address else ICMP)
        want = {"kind": "flow-deny", "src": self.via or own_address(self.machine, self.address),
                "dst": self.address, "proto": proto}
        if self.what != "ping":
            want["dst_port"] = self.port or 53
        return want


def own_address(machine, other):
    return topo.ADDRESS[machine][1 if ":" in other else 0]


def to_internet(machine, version, via=""):
    """Every protocol that something on the internet would answer."""
    net = topo.WAN4 if version == 4 else topo.WAN6
    site, echo, dns = net + "11", net + "10", net + "53"
    return [Probe(machine, "tcp", site, 80, via), Probe(machine, "tcp", site, 443, via),
            Probe(machine, "tcp", echo, 22, via), Probe(machine, "dns", dns, 0, via),
            Probe(machine, "udp", echo, 443, via), Probe(machine, "udp", echo, 123, via),
            Probe(machine, "ping", echo, 0, via)]


def run_all(lab, probes):
    """The probes that got an answer."""
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        return [p for p, reached in zip(probes, pool.map(lambda p: p.reached(lab), probes))
                if reached]


HAMMER = r"""
import json, selectors, socket, sys, time
udp = []
for address in (sys.argv[1], sys.argv[2]):
    s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
    s.setblocking(False)
    udp.append((s, address))
tcp, got, sent, n = [], 0, 0, 0
sel = selectors.DefaultSelector()
sel.register(sys.stdin, selectors.EVENT_READ)
while not sel.select(0.05):
    n += 1
    for s, address in udp:
        try:
            s.sendto(b"hammer", (address, 9999))
            sent += 1
        except OSError:
            pass
        try:
            s.recv(100)
            got += 1
        except OSError:
            pass
    if n % 4 == 0:
        for target in sys.argv[3:]:
            address, _, port = target.rpartition("/")
            s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
            s.setblocking(False)
            s.connect_ex((address, int(port)))
            sent += 1
            tcp.append(s)
    for s in tcp:
        try:
            s.getpeername()
            got += 1
        except OSError:
            pass
    while len(tcp) > 60:
        tcp.pop(0).close()
    if n == 4:
        print("begun", flush=True)
print(json.dumps({"sent": sent, "got": got}))
"""


class Hammer:
    """
    Tries without a pause to get through from one machine, and has tried each way once when
    this is made; stop() tells how often it did.
    """

    def __init__(self, lab, machine):
        targets = [topo.WAN4 + "10/2222", topo.WAN6 + "10/2222", topo.PROXY4 + "/3128",
                   topo.PROXY6 + "/3128"]
        self.process = lab.start_on(machine, "/usr/bin/python3", "-c", HAMMER,
                                    topo.WAN4 + "10", topo.WAN6 + "10", *targets,
                                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "begun\n":
            raise RuntimeError(f"{machine}: what tries to get through does not run")

    def stop(self):
        out, _ = self.process.communicate("\n", timeout=10)
        counts = json.loads(out)
        return counts["sent"], counts["got"]


def matches(record, want):
    return all(record.get(key) in value if isinstance(value, tuple) else
               record.get(key) == value for key, value in want.items())
