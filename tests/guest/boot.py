# SPDX-License-Identifier: GPL-3.0-or-later
"""The installed product, booted again and again, with packets coming from power-on.

A machine behind eth0 sends what a flow permits, what none does, and the same from a card that
nobody admitted, all the time; behind eth1 it is counted what arrives.
"""
import collections
import json
import os
import pathlib
import shutil
import time

from scapy.layers.inet import ICMP, IP, UDP
from scapy.layers.inet6 import ICMPv6EchoRequest, IPv6
from scapy.layers.l2 import ARP, Ether

from . import machine

HERE = pathlib.Path(__file__).parent
ADMITTED, STRANGER = "02:00:00:10:00:10", "02:00:00:10:00:66"
POLICY = """# SPDX-License-Identifier: GPL-3.0-or-later
version: 1
site: { name: 仮想機 }
zones:
  core: { kind: personal, interfaces: [eth0], networks: [10.10.0.0/24, "fd10::/64"], admission: enforce }
  claims: { kind: closed, interfaces: [eth1], networks: [10.20.0.0/24, "fd20::/64"] }
  office: { kind: office, interfaces: [office0], networks: [10.30.0.0/24], admission: enforce }
  internet: { kind: internet, interfaces: [wan0] }
services:
  ping: [icmp/echo-request, icmpv6/echo-request]
flows:
  - { id: core-claims, from: core, to: claims, services: [ping], partner: p, basis: b, owner: o,
      review: 2099-03-31 }
proxy: { port: 3128, zones: [office], via: internet, resolvers: [45.113.7.53] }
management: { port: 8443, zones: [core] }
"""
FIRST_DAY = f"""
sekisho policy apply /host/policy.yaml --reason "a test"
sekisho user add admin --name 管理 --role admin >/dev/null
sekisho allow add allowed.example.jp --tls-any --reason "a test"
for card in "{ADMITTED} eth0" "02:00:00:30:00:10 office0"; do
    set -- $card
    sekisho device approve $1 --interface $2 --kind business --owner o --reason "a test"
done
"""
LOOK = """
cd /host
systemctl --failed --no-legend --plain >NAME.failed
journalctl -b -o short-monotonic --no-pager >NAME.journal
journalctl -b -o json --no-pager >NAME.json
systemctl is-active systemd-networkd >NAME.networkd
cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding >NAME.forward
nft list ruleset >NAME.nft
for name in gated proxyd mgmtd recordd sensord; do
    for pid in $(pidof sekisho-$name); do
        echo $name $(awk '/^(Seccomp|CapEff|NoNewPrivs|Uid):/ { print $1 $2 }' /proc/$pid/status)
    done
done >NAME.processes
cd - >/dev/null
"""
WAIT = "touch /host/NAME.up; set +x; while [ ! -e /host/NAME.go ]; do sleep 0.5; done; set -x\n"
DOOR = """/usr/bin/python3 -B -c '
import pathlib, sys, types
sys.path[:0] = ["image", "tests/lab"]
from firewall import door
here = types.SimpleNamespace(root=pathlib.Path("/"))
CALL
' >/host/NAME.door 2>&1
"""


def door(name, call):
    return DOOR.replace("NAME", name).replace("CALL", call)


def frames():
    """By name, as bytes."""
    made = {}
    for who, mac, four, six in (("admitted", ADMITTED, "10.10.0.10", "fd10::10"),
                                ("stranger", STRANGER, "10.10.0.66", "fd10::66")):
        head = Ether(src=mac, dst=machine.CARDS["eth0"])
        old, new = IP(src=four, dst="10.20.0.10"), IPv6(src=six, dst="fd20::10")
        made |= {f"{who} ping 4": head / old / ICMP(id=7) / f"{who} ping 4 ",
                 f"{who} ping 6": head / new / ICMPv6EchoRequest(id=7, data=f"{who} ping 6 "),
                 f"{who} udp 4": head / old / UDP(dport=7) / f"{who} udp 4 ",
                 f"{who} udp 6": head / new / UDP(dport=7) / f"{who} udp 6 "}
    head = Ether(src=STRANGER, dst=machine.CARDS["eth0"])
    made["to us 4"] = head / IP(src="10.10.0.66", dst="10.10.0.1") / ICMP(id=8) / "to us 4 "
    made["to us 6"] = (head / IPv6(src="fd10::66", dst="fd10::1") /
                       ICMPv6EchoRequest(id=8, data="to us 6 "))
    return {name: bytes(frame) for name, frame in made.items()}


def questions():
    """For nobody who is there; the sensor hears them."""
    return [bytes(Ether(src=mac, dst="ff:ff:ff:ff:ff:ff") /
                  ARP(hwsrc=mac, psrc=four, pdst="10.10.0.200"))
            for mac, four in ((ADMITTED, "10.10.0.10"), (STRANGER, "10.10.0.66"))]


PERMITTED = {"admitted ping 4", "admitted ping 6"}


class Traffic:
    def __init__(self, cards):
        self.cards, self.frames, self.others = cards, frames(), questions()
        self.arrived = collections.Counter()

    def step(self):
        for frame in [*self.frames.values(), *self.others]:
            self.cards["eth0"].send(frame)
        for name in self.cards:
            for got in self.cards[name].frames():
                for tag in self.frames:
                    # what comes back to where it was sent from is an answer
                    if tag.encode() + b" " in got and (name == "eth1" or tag.startswith("to us")):
                        self.arrived[tag] += 1
        time.sleep(0.05)


class Boots:
    """The boots of one disk; check(name, good, told) counts."""

    def __init__(self, disk, check):
        self.cards = {name: machine.Card() for name in machine.CARDS}
        copy = machine.HOME / "boot.raw"
        machine.run(["cp", "--sparse=always", disk, copy])
        self.guest = machine.Machine("boot", copy, self.cards)
        self.host, self.check = self.guest.host, check
        machine.write(self.host / "policy.yaml", POLICY)
        machine.write(self.host / "first-day", FIRST_DAY)

    def text(self, name):
        path = self.host / name
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def boot(self, name, stage, steps, seconds=900, **more):
        """
        steps: (word, condition(traffic) or None): when the guest says word, packets go on until
        the condition holds, then the guest goes on. Returns what had arrived at the first word.
        """
        print(f"   {name}", flush=True)
        traffic, before = Traffic(self.cards), None
        steps = list(steps)
        self.guest.start("set -x\n" + stage.replace("NAME", name), **more)
        since = None

        def meanwhile():
            nonlocal since, before
            traffic.step()
            if not steps or not (self.host / f"{steps[0][0]}.up").exists():
                return
            if since is None:
                since, traffic.at = time.monotonic(), traffic.arrived.copy()
                before = traffic.at if before is None else before
            late = time.monotonic() - since > 60
            if late or steps[0][1](traffic):
                word, _ = steps.pop(0)
                self.check(f"boot: {name}: {word}", not late, dict(traffic.arrived))
                (self.host / f"{word}.go").touch()
                since = None

        status = self.guest.wait(seconds, meanwhile)
        self.check(f"boot: {name}: the stage ended well", status == 0,
                   f"{status}: {self.guest.console}")
        return before if before is not None else traffic.arrived

    def check_services(self, name, without=()):
        failed = self.text(f"{name}.failed").strip()
        self.check(f"boot: {name}: no unit failed", (self.host / f"{name}.failed").exists() and
                   not failed, failed)
        told = [line.split() for line in self.text(f"{name}.processes").splitlines()]
        for daemon in {"gated", "proxyd", "mgmtd", "recordd", "sensord"} - set(without):
            mine = [words for words in told if words[0] == daemon]
            self.check(f"boot: {name}: {daemon} is caged", mine and all(
                {"Seccomp:2", "NoNewPrivs:1"} <= set(words) and "Uid:0" not in words
                for words in mine), mine)
        noise = [line for line in self.text(f"{name}.journal").splitlines()
                 if "sekisho" in line and any(word in line for word in (
                     "type=1326", "core-dump", "only permitted for", "not exist on this machine"))]
        self.check(f"boot: {name}: nothing was killed or refused", not noise, noise[:3])

    def check_proved(self, name):
        text = self.text(f"{name}.verify")
        self.check(f"boot: {name}: proved", '"proved"' in text, text[:300])

    def check_order(self, name):
        """The guard was there before any interface was up."""
        at, path = {}, self.host / f"{name}.json"
        for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
            entry = json.loads(line)
            text, stamp = entry.get("MESSAGE"), int(entry["__MONOTONIC_TIMESTAMP"])
            if not isinstance(text, str):
                continue
            for key, word in (("guard", "Finished sekisho-guard"), ("up", "eth0: Link UP"),
                              ("up", "eth1: Link UP"), ("up", "eth0: Gained carrier"),
                              ("rules", " in force")):
                if word in text:
                    at[key] = min(at.get(key, stamp), stamp)
        self.check(f"boot: {name}: the guard before the first link",
                   "guard" in at and "up" in at and at["guard"] < at["up"], at)
        print("      " + ", ".join(f"{key} {stamp / 1e6:.1f} s" for key, stamp in at.items()),
              flush=True)

    def nothing_else(self, name, traffic_at, allowed=frozenset()):
        self.check(f"boot: {name}: nothing else passed",
                   traffic_at is not None and set(traffic_at) <= set(allowed), dict(traffic_at or {}))


def wait(word):
    return WAIT.replace("NAME", word)


def boot_open(b):
    """Without us everything passes: the packets are good."""
    b.boot("open", "sysctl -q -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1\n" +
           wait("everything-passes"),
           [("everything-passes", lambda t: set(t.arrived) == set(frames()))],
           mask=machine.UNITS)


def boot_first(b):
    """The first day: closed, until a policy and a permit are there."""
    at = b.boot("first", wait("nothing-passes-yet") + "sh -ex /host/first-day || exit 1\n" +
                wait("what-is-permitted-passes") +
                "sekisho --json verify >/host/first.verify\n"
                "sekisho --json verify --probe >/host/first.probe\n" + LOOK,
                [("nothing-passes-yet", lambda t: True),
                 ("what-is-permitted-passes", lambda t: set(t.arrived) == PERMITTED)])
    b.nothing_else("first", at)
    b.check_services("first")
    b.check_proved("first")


def boot_again(b):
    """The last revision without mgmtd; then a lockdown, which stays for the next boot."""
    at = b.boot("again", wait("permitted-without-mgmtd") + LOOK +
                door("lockdown", 'print(door.lockdown(here, True), door.status(here))') +
                wait("locked"),
                [("permitted-without-mgmtd", lambda t: PERMITTED <= set(t.arrived)),
                 ("locked", is_silent)], mask=["sekisho-mgmtd"])
    b.nothing_else("again", at, PERMITTED)
    b.check_services("again", without=["mgmtd"])
    b.check_order("again")
    b.check("boot: again: forwarding is on", b.text("again.forward").split() == ["1", "1"])


def boot_locked(b):
    """Locked from power-on, until somebody says otherwise. A tunnel under restarts."""
    at = b.boot("locked", wait("still-locked") + LOOK +
                "sekisho lockdown off --reason 'a test'\n" + wait("open-again") +
                "sekisho --json verify >/host/locked.verify\n"
                "sekisho --json device list >/host/locked.devices\n"
                "/usr/bin/python3 -B /host/tunnel.py >/host/tunnel.log 2>&1 || exit 1\n",
                [("still-locked", lambda t: True),
                 ("open-again", lambda t: set(t.arrived) == PERMITTED)])
    b.nothing_else("locked", at)
    b.check_order("locked")
    b.check_services("locked")
    b.check_proved("locked")
    b.check("boot: locked: sensord saw both machines",
            all(mac in b.text("locked.devices") for mac in (ADMITTED, STRANGER)),
            b.text("locked.devices")[:300])
    b.check("boot: a tunnel outlives a restart", "the tunnel goes on" in b.text("tunnel.log"),
            b.text("tunnel.log")[-500:])


def boot_broken(b):
    """A guard that cannot be loaded: no network."""
    b.guest.put("/usr/share/sekisho/sekisho-guard.nft", "table inet nonsense { chain\n")
    at = b.boot("broken", LOOK + wait("no-network"), [("no-network", lambda t: True)])
    b.nothing_else("broken", at)
    b.check("boot: broken: no network", b.text("broken.networkd").strip() == "inactive",
            b.text("broken.networkd"))


BOOTS = {"open": boot_open, "first": boot_first, "again": boot_again, "locked": boot_locked,
         "broken": boot_broken}


def run(disk, check):
    """VM_BOOTS: some of them, in this order; each finds what the one before has left."""
    b = Boots(disk, check)
    shutil.copy(HERE / "tunnel.py", b.host / "tunnel.py")
    try:
        for name in os.environ.get("VM_BOOTS", " ".join(BOOTS)).split():
            BOOTS[name](b)
    finally:
        b.guest.stop()


def is_silent(traffic):
    """Nothing came for three seconds."""
    now, total = time.monotonic(), sum(traffic.arrived.values())
    if getattr(traffic, "total", None) != total:
        traffic.total, traffic.since = total, now
    return now - traffic.since > 3
