# SPDX-License-Identifier: GPL-3.0-or-later
"""A zone of kind vpn: terminals without cards, known by their addresses, on a real tun device."""
import contextlib
import json
import select
import subprocess
import sys
import time

from admission import test_limited
from firewall import door, test_probes
from lab import topology as topo
from lab.lab import LATE, wait_for

OURS, PEER, OTHER = ("10.40.0.1", "fd40::1"), ("10.40.0.5", "fd40::5"), ("10.40.0.6", "fd40::6")
DEV = "tun9"
CLAIMS = topo.ADDRESS[topo.CLAIMS]
ZONE = f"""
  remote:
    kind: vpn
    interfaces: [{DEV}]
    networks: [10.40.0.0/24, "fd40::/64"]
"""
FLOWS = """
  - { id: remote-claims, from: remote, to: claims, services: [online-claims, echo] }
"""
# carries packets from one namespace's tun device to the other's
CARRIER = """
import fcntl, os, select, struct, sys
def tun():
    fd = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(fd, 0x400454ca, struct.pack("16sH", sys.argv[1].encode(), 0x1001))
    return fd
first = tun()
import ctypes
with open(sys.argv[2]) as ns:
    assert ctypes.CDLL(None).setns(ns.fileno(), 0) == 0
second = tun()
print("ready", flush=True)
while True:
    for fd in select.select([first, second], [], [])[0]:
        try:
            os.write(second if fd == first else first, os.read(fd, 65536))
        except OSError:
            pass
"""


@contextlib.contextmanager
def tunnel(lab, machine):
    carrier = lab.start_on(topo.GW, sys.executable, "-c", CARRIER, DEV,
                           f"/run/netns/{lab.net.ns(machine)}", stdout=subprocess.PIPE, text=True)
    assert carrier.stdout.readline() == "ready\n"
    for where, addresses in ((topo.GW, (OURS,)), (machine, (PEER, OTHER))):
        for four, six in addresses:
            lab.on(where, "ip", "address", "add", f"{four}/24", "dev", DEV)
            lab.on(where, "ip", "address", "add", f"{six}/64", "dev", DEV, "nodad")
        lab.on(where, "ip", "link", "set", DEV, "up")
    for net in ("10.20.0.0/24", "fd20::/64"):
        lab.on(machine, "ip", "route", "replace", net, "dev", DEV)
    yield
    carrier.kill()
    carrier.communicate()


def policy(lab):
    text = door.POLICY.read_text(encoding="utf-8")
    text = text.replace("\n  internet:\n", ZONE + "  internet:\n", 1)
    text = text.replace("\nservices:\n", "\nservices:\n  echo: [udp/9999]\n")
    text = text.replace("\nproxy:\n", FLOWS + "\nproxy:\n", 1)
    path = lab.root / "vpn.yaml"
    path.write_text(text, encoding="utf-8")
    lab.cli("policy", "apply", str(path), "--reason", "a test")


def reach(lab, addresses, seconds=1):
    """The families in which pings from that address are answered."""
    return [version for version, source, to in zip((4, 6), addresses, CLAIMS)
            if lab.on(topo.ROGUE, "ping", "-n", "-c", "1", "-W", str(seconds), "-I",
                      source, to).returncode == 0]


def approve(lab, address, *more, kind="maintenance", check=True):
    today = time.strftime("%Y-%m-%d")
    remote = ("--terminal", "updates, a screen lock", "--checked", today, "--for", "1d") \
        if kind == "maintenance" else ()
    return lab.cli("device", "approve", address, "--kind", kind, "--owner", "o", "--reason",
                   "a test", "--company", "c", *remote, *more, check=check)


def said(stream):
    """Its next line."""
    assert select.select([stream.stdout], [], [], 20)[0], "it says nothing"
    return stream.stdout.readline()


def check(lab):
    assert reach(lab, PEER) == reach(lab, OTHER) == []
    for address in PEER:
        approve(lab, address, "--interface", DEV)
    assert reach(lab, PEER, LATE) == [4, 6] and reach(lab, OTHER) == []
    assert test_limited.proved(lab)
    probes = test_probes.ask(lab)
    assert not probes["wrong"], probes
    assert not [p for p in probes["not_tested"] if p["flow"] == "remote-claims"], probes
    shown = json.loads(lab.cli("--json", "device", "show", PEER[0]).stdout)
    assert shown["permit"]["address"] == PEER[0] and shown["mac"].startswith("02:04:0a:28:")
    # a card is nothing there, an address nothing elsewhere, and one is not another
    for bad in (approve(lab, topo.MAC[topo.OFFICE], "--interface", DEV, check=False),
                approve(lab, PEER[0], "--address", OTHER[0], check=False),
                approve(lab, "10.30.0.77", "--interface", "office0", check=False),
                approve(lab, topo.MAC[topo.OFFICE], check=False)):
        assert bad.returncode != 0, bad.stdout
    # a stream ends with its permit, in both directions; the other family goes on
    with test_limited.serving(lab):
        streams = [lab.start_on(topo.ROGUE, "nc", "-u", "-s", source, to, "9999",
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE)
                   for source, to in zip(PEER, CLAIMS)]
        for one in streams:
            one.stdin.write(b"hello\n")
            one.stdin.flush()
            assert said(one) == b"hello\n"
        lab.cli("device", "revoke", PEER[0], "--reason", "a test")
        for one in streams:
            one.stdin.write(b"again\n")
            one.stdin.flush()
        assert said(streams[1]) == b"again\n"
        time.sleep(0.5)
        for one in streams:
            one.kill()
        assert streams[0].communicate()[0] == b""
    assert reach(lab, PEER, LATE) == [6]
    lab.cli("device", "quarantine", PEER[1], "--reason", "a test")
    assert reach(lab, PEER) == []
    assert test_limited.proved(lab)
    approve(lab, PEER[0])
    assert reach(lab, PEER, LATE) == [4]
    lab.restart("gated")
    assert wait_for(lambda: reach(lab, PEER, LATE) == [4], 10)
    assert lab.tcp(topo.CORE, CLAIMS[0], 443, LATE)  # and cards are cards


def test_vpn(make_lab):
    lab = make_lab()
    with tunnel(lab, topo.ROGUE):
        policy(lab)
        check(lab)
