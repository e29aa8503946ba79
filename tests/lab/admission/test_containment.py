# SPDX-License-Identifier: GPL-3.0-or-later
"""Containment on a flat LAN: three machines behind a switch that knows nothing of us."""
import json
import subprocess
import sys
import threading
import time

import pytest

from lab.lab import LATE, wait_for
from lab import topology as topo

OFFICE, PEER, ROGUE = topo.OFFICE, topo.CONTRACTOR, topo.ROGUE
PORT = 7000

# echoes every byte; one process for both families
SERVE = """
import socket, sys, threading
def serve(c):
    while data := c.recv(4096):
        c.sendall(data)
s = socket.create_server(("::", int(sys.argv[1])), family=socket.AF_INET6, dualstack_ipv6=True)
print("ready", flush=True)
while True:
    threading.Thread(target=serve, args=[s.accept()[0]], daemon=True).start()
"""
# one connection for as long as it lasts: the time of each echo
TALK = """
import socket, sys, time
s = socket.create_connection((sys.argv[1], int(sys.argv[2])), 5)
s.settimeout(60)
print("ready", flush=True)
while True:
    s.sendall(b"x")
    if not s.recv(1):
        break
    print(time.monotonic(), flush=True)
    time.sleep(0.02)
"""


class Talk:
    """A connection that is spoken on until it is stopped."""

    def __init__(self, lab, machine, to):
        self.child = lab.start_on(machine, sys.executable, "-c", TALK, to, str(PORT),
                                  stdout=subprocess.PIPE, text=True)
        assert self.child.stdout.readline() == "ready\n"
        self.times = [time.monotonic()]  # of all echoes
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.child.stdout:
            self.times.append(float(line))

    def is_silent(self, seconds=3):
        return time.monotonic() - self.times[-1] > seconds

    def stop(self):
        self.child.kill()
        self.child.wait()
        return self.times


def addresses(machine):
    return topo.ADDRESS[machine]


def link_local(lab, machine, interface="eth0"):
    """With the zone of a machine's own interface behind it."""
    done = lab.on(machine, "ip", "-j", "-6", "addr", "show", "dev", interface)
    return next(a["local"] for link in json.loads(done.stdout) for a in link.get("addr_info", [])
                if a.get("scope") == "link") + "%eth0"


def everywhere(lab, machine):
    return [*addresses(machine), link_local(lab, machine)]


def announce(lab):
    """Every machine has spoken to the gateway with each of its addresses.

    Returns when the rogue one forgot where its neighbours are.
    """
    own = link_local(lab, topo.GW, "office0")
    for machine in (OFFICE, PEER, ROGUE):
        lab.on(machine, "ip", "neigh", "flush", "all")
        flushed = time.monotonic()
        for target in (topo.PROXY4, topo.PROXY6, own):
            lab.ping(machine, target)
    return flushed


def contain(lab, tmp_path, on):
    text = lab.cli("policy", "show").stdout.replace("    containment: on\n", "")
    if on:
        text = text.replace("interfaces: [office0]\n",
                            "interfaces: [office0]\n    containment: on\n")
    file = tmp_path / "policy.yaml"
    file.write_text(text, encoding="utf-8")
    starts = lab.state()["sensord"]["starts"]
    lab.cli("policy", "apply", str(file), "--reason", "平らなLAN / a flat LAN")
    assert wait_for(lambda: lab.state()["sensord"]["starts"] > starts, 15)
    lab.wait_ready("sensord")


@pytest.fixture(name="lan")
def lan_fixture(make_lab):
    lab = make_lab()
    lab.cli("device", "approve", topo.MAC[PEER], "--kind", "business", "--owner", "庶務係",
            "--reason", "業務用端末", "--interface", "office0")
    server = lab.start_on(OFFICE, sys.executable, "-c", SERVE, str(PORT),
                          stdout=subprocess.PIPE, text=True)
    assert server.stdout.readline() == "ready\n"
    yield lab
    server.kill()
    server.communicate()


def reached(lab, machine, targets):
    return [t for t in targets if lab.ping(machine, t, LATE)]


def kept(lab, machine, targets):
    """Those that still answer 2 seconds after they were looked up anew.

    Linux keeps the first answer it gets for a second: until then the true one counts.
    """
    lab.on(machine, "ip", "neigh", "flush", "all")
    pings = [(t, lab.start_on(machine, "ping", "-n", "-c", "7", "-i", "0.5", "-W", "1", t,
                              stdout=subprocess.PIPE, text=True)) for t in targets]
    outs = [(t, p.communicate()[0]) for t, p in pings]
    return [t for t, out in outs if any(f"icmp_seq={n} " in out for n in (5, 6, 7))]


def is_parted(lab, machine, targets):
    """Nothing of targets answers machine any more; asked again while lookups are under way."""
    return wait_for(lambda: kept(lab, machine, targets) == [], 30)


def test_containment(lan, tmp_path):
    targets = everywhere(lan, OFFICE)
    announce(lan)
    assert reached(lan, ROGUE, targets) == targets  # what it is without containment
    assert reached(lan, PEER, targets) == targets

    bad = [Talk(lan, ROGUE, a) for a in addresses(OFFICE)]
    good = [Talk(lan, PEER, a) for a in addresses(OFFICE)]
    contain(lan, tmp_path, True)
    looked_up = announce(lan)
    for talk in bad:
        assert wait_for(talk.is_silent, 30)
        last = talk.stop()[-1]
        print(f"last packet {max(0.0, last - looked_up):.1f} s after looking up anew")
    ended = time.monotonic()
    assert is_parted(lan, ROGUE, targets)
    assert is_parted(lan, OFFICE, everywhere(lan, ROGUE))
    assert kept(lan, PEER, targets) == targets
    for talk in good:
        times = talk.stop()
        gap = max(b - a for a, b in zip(times, times[1:]))
        print(f"the admitted pair: longest silence {gap * 1000:.0f} ms")
        # a neighbour led astray stays so for half a minute
        assert gap < 15 and times[-1] > ended
    assert lan.tcp(PEER, addresses(OFFICE)[0], PORT, LATE)
    # the sensor holds no capability for it
    pid = lan.state()["sensord"]["pid"]
    status = open(f"/proc/{pid}/status", encoding="utf-8").read()
    assert "CapEff:\t0000000000000000" in status and "CapPrm:\t0000000000000000" in status
    # switches still know where everybody is
    fdb = lan.on(topo.SWITCH, "bridge", "fdb", "show").stdout
    for machine in (OFFICE, PEER, ROGUE):
        assert f"{topo.MAC[machine]} dev {machine.split('-')[0]} " in fdb

    # a permit heals it
    lan.cli("device", "approve", topo.MAC[ROGUE], "--kind", "business", "--owner", "庶務係",
            "--reason", "業務用端末", "--interface", "office0")
    began = time.monotonic()
    for target in addresses(OFFICE):
        assert wait_for(lambda t=target: lan.ping(ROGUE, t), 20)
    print(f"both families again {time.monotonic() - began:.1f} s after the permit")
    assert wait_for(lambda: lan.tcp(OFFICE, addresses(PEER)[0], PORT) or
                    lan.ping(OFFICE, addresses(ROGUE)[0]), 20)

    # and its withdrawal ends it again
    lan.cli("device", "revoke", topo.MAC[ROGUE], "--reason", "返却")
    announce(lan)
    assert is_parted(lan, ROGUE, addresses(OFFICE))

    # so does its end, of which nobody tells the sensor
    lan.cli("device", "approve", topo.MAC[ROGUE], "--kind", "business", "--owner", "庶務係",
            "--reason", "業務用端末", "--interface", "office0", "--for", "60s")
    until = time.monotonic() + 60
    for target in addresses(OFFICE):
        assert wait_for(lambda t=target: lan.ping(ROGUE, t), 20)
    assert time.monotonic() < until
    time.sleep(until - time.monotonic())
    announce(lan)
    assert is_parted(lan, ROGUE, addresses(OFFICE))
    print(f"parted again at most {time.monotonic() - until:.1f} s after the permit's end")


def test_quarantine(lan, tmp_path):
    """The device has its permit still, and is kept from its neighbours."""
    contain(lan, tmp_path, True)
    announce(lan)
    assert kept(lan, PEER, addresses(OFFICE)) == list(addresses(OFFICE))
    lan.cli("device", "quarantine", topo.MAC[PEER], "--reason", "調査")
    announce(lan)
    assert is_parted(lan, PEER, addresses(OFFICE))


def test_owner_is_not_harmed(lan, tmp_path):
    """A device without a permit that takes an admitted one's address."""
    contain(lan, tmp_path, True)
    announce(lan)
    four = addresses(PEER)[0]
    assert lan.ping(OFFICE, four, LATE)
    script = ("from scapy.all import *\n"
              f"for i in range(20):\n sendp(Ether(dst='ff:ff:ff:ff:ff:ff')/ARP(op=1,"
              f"hwsrc='{topo.MAC[ROGUE]}',psrc='{four}',pdst='10.30.0.1'),iface='eth0',"
              "verbose=0)\n time.sleep(0.2)\n")
    attack = lan.start_on(ROGUE, sys.executable, "-c", script)
    assert attack.wait(60) == 0
    time.sleep(5)  # what the attack itself did is over
    heard = ("from scapy.all import *\n"
             "for p in sniff(iface='eth0', timeout=5, filter='arp'):\n"
             " print(p[ARP].psrc, p[ARP].hwsrc, flush=True)\n")
    done = lan.on(OFFICE, sys.executable, "-c", heard)
    assert done.returncode == 0, done
    own = json.loads(lan.on(topo.GW, "ip", "-j", "link", "show", "office0").stdout)
    card = next(link["address"] for link in own if "address" in link)
    # of the rogue device's own address it is heard, of the taken one not
    assert f"{addresses(ROGUE)[0]} {card}" in done.stdout, done
    assert f"{four} {card}" not in done.stdout
    assert wait_for(lambda: lan.ping(OFFICE, four), 10)
