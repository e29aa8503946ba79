# SPDX-License-Identifier: GPL-3.0-or-later
"""Mistakes made in the kernel's own rules: the packet that the proof names is really sent.

Before the mistake the gateway treats it the other way; afterwards as the proof says.
"""
import ipaddress
import json
import pathlib
import re
import select
import socket
import subprocess
import time

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP  # pylint: disable=no-name-in-module
from scapy.layers.inet6 import ICMPv6EchoRequest, IPv6
from scapy.layers.l2 import Ether

from firewall import fwstand
from proxy import netns

GOLDEN = pathlib.Path(__file__).resolve().parents[2] / "golden/fw/clinic.yaml"
PERMITS = [fwstand.permit(1, "core0", "core"), fwstand.permit(2, "office0", "office")]
CHAINS = ("forward", "forward-core", "forward-claims", "forward-office", "forward-internet",
          "flow-core-claims", "open-core-claims", "from-core", "from-claims", "from-office",
          "from-internet", "deny", "spoofed", "stranger", "way-back")
EDITS = (  # of a rule's text
    (r"\bdport 443\b", "dport 442"), (r"\bdport 443\b", "dport 443-444"),
    (r"10\.20\.0\.10\b", "10.20.0.0/24"), (r"fd20::10\b", "fd20::/64"),
    (r"10\.10\.0\.0/24", "10.0.0.0/8"), (r"10\.20\.0\.10\b", "10.20.0.11"),
    (r"goto (deny|spoofed|stranger)\b", "accept"), (r"\bdrop\b", "accept"),
    (r"\baccept\b", "drop"), (r"\breturn\b", "drop"), (r'oifname "claims0" ', ""),
    (r'oifname "claims0"', 'oifname "wan0"'), (r"jump from-\w+", "return"),
    (r"meta mark & 0xff000000 == 0x01000000 ", ""), (r"goto open-core-claims", "goto deny"),
    (r"goto forward-\w+", "accept"), (r"icmp type echo-request", "meta l4proto icmp"),
)


class Bench:
    """The stand with a wire open in each namespace."""

    def __init__(self, stand):
        self.stand = stand
        self.wire, self.gate_mac = {}, {}
        for name in fwstand.LINKS:
            self.wire[name] = netns.inside(stand.ns(name), self.open_wire)
            links = json.loads(netns.run(["ip", "-netns", stand.gw, "-j", "link", "show", name]).stdout)
            self.gate_mac[name] = links[0]["address"]
        netns.sysctl(stand.gw, {"net.ipv4.conf.all.rp_filter": 0,
                                "net.ipv4.conf.all.accept_local": 1})
        self.files = None

    @staticmethod
    def open_wire():
        s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        s.bind(("eth0", 0))
        return s

    def close(self):
        for s in self.wire.values():
            s.close()

    def nft(self, text):
        done = subprocess.run(netns.command(self.stand.gw, ["nft", "-f", "-"]), input=text,
                              capture_output=True, text=True, check=False)
        return done.returncode == 0

    def prove(self, files):
        done = subprocess.run(netns.command(self.stand.gw, [fwstand.tool("fw_prove_kernel"), "--files",
                                                            *files]),
                              capture_output=True, text=True, check=False)
        return json.loads(done.stdout)

    def lead(self, packet, away):
        """Routes and neighbours, so that the packet goes where the proof says that it can.

        away: the way back leads elsewhere.
        """
        back = packet["oif" if away else "iif"]
        six = ":" in packet["dst"]
        family = "-6" if six else "-4"
        for address, name in ((packet["dst"], packet["oif"]), (packet["src"], back)):
            netns.run(["ip", "-netns", self.stand.gw, family, "route", "replace",
                       f"{address}/{128 if six else 32}", "dev", name])
            netns.run(["ip", "-netns", self.stand.gw, "neigh", "replace", address, "lladdr",
                       fwstand.MACS[name], "dev", name])

    def unlead(self, packet):
        for address in (packet["dst"], packet["src"]):
            six = ":" in address
            netns.run(["ip", "-netns", self.stand.gw, "-6" if six else "-4", "route", "del",
                       f"{address}/{128 if six else 32}"], check=False)

    def passes(self, packet):
        """Sent twice as it is, from the right side: does it come out where it should?"""
        six = ":" in packet["dst"]
        body = {"tcp": lambda: TCP(sport=packet["sport"], dport=packet["dport"], flags="S"),
                "udp": lambda: UDP(sport=packet["sport"], dport=packet["dport"]) / b"?",
                "icmp": lambda: ICMP(type=packet["icmp_type"] or 0),
                "icmpv6": ICMPv6EchoRequest}[packet["proto"]]()
        head = IPv6(src=packet["src"], dst=packet["dst"]) if six else IP(src=packet["src"],
                                                                        dst=packet["dst"])
        frame = bytes(Ether(src=packet["mac"], dst=self.gate_mac[packet["iif"]]) / head / body)
        out = self.wire[packet["oif"]]
        while select.select([out], [], [], 0)[0]:
            out.recv(65536)
        netns.run(["ip", "netns", "exec", self.stand.gw, "conntrack", "-F"], check=False)
        self.wire[packet["iif"]].send(frame)
        wanted = ipaddress.ip_address(packet["src"]).packed + ipaddress.ip_address(
            packet["dst"]).packed
        end = time.monotonic() + 0.25
        while time.monotonic() < end:
            if select.select([out], [], [], 0.05)[0]:
                got = out.recv(65536)
                if wanted in got[:60] and got[6:12] != bytes.fromhex(
                        packet["mac"].replace(":", "")):
                    return True
        return False


def sendable(difference, wires):
    p = difference["packet"]
    known = {"tcp", "udp", "icmp", "icmpv6"}
    return (p["state"] == "new" and p["iif"] in wires and p["oif"] in wires and p["mac"]
            and p["iif"] != p["oif"] and p["proto"] in known and p["src"] != p["dst"]
            and (p["proto"] != "icmpv6" or p["icmp_type"] == 128)
            and (p["proto"] != "icmp" or (":" not in p["dst"] and p["icmp_type"] in (8, 13, 15, 17)))
            and not any(ipaddress.ip_address(a).is_multicast or ipaddress.ip_address(a).is_loopback
                        or ipaddress.ip_address(a).is_unspecified
                        or ipaddress.ip_address(a).is_link_local for a in (p["src"], p["dst"])))


def rules(stand, chain):
    """(handle, text) of a chain's rules."""
    text = stand.list("-a", "list", "chain", "inet", "sekisho", chain)
    found = []
    for line in text.splitlines():
        rule = re.match(r"\t\t(.*) # handle (\d+)$", line)
        if rule and not rule[1].startswith("type "):
            found.append((int(rule[2]), re.sub(r"counter packets \d+ bytes \d+", "counter",
                                               rule[1])))
    return found


def mutations(stand):
    yield "policy", "chain inet sekisho forward { policy accept; }"
    for chain in CHAINS:
        before = None
        for handle, text in rules(stand, chain):
            where = f"inet sekisho {chain} handle {handle}"
            if text.startswith("meta mark set 0x00000000"):
                continue  # nobody here sends packets that are marked already
            yield f"{chain}: without '{text}'", f"delete rule {where}"
            for pattern, other in EDITS:
                if re.search(pattern, text):
                    yield (f"{chain}: '{other}' in '{text}'",
                           f"replace rule {where} {re.sub(pattern, other, text, count=1)}")
            if before is not None:
                yield (f"{chain}: '{text}' before '{before[1]}'",
                       f"insert rule inet sekisho {chain} handle {before[0]} {text}\n"
                       f"delete rule {where}")
            before = (handle, text)


@pytest.fixture(name="files")
def files_fixture(tmp_path):
    policy, objects = tmp_path / "policy.yaml", tmp_path / "objects.json"
    policy.write_text(GOLDEN.read_text(encoding="utf-8"), encoding="utf-8")
    objects.write_text(json.dumps({"ports": [443], "permits": PERMITS}), encoding="utf-8")
    return policy, objects


def confirm(bench, saved, difference, off):
    """Send the example after the edit and before. Returns what is wrong, or ""."""
    packet, more = difference["packet"], difference["kind"] == "more"
    bench.lead(packet, more and difference["rule"]["chain"] == "way-back")
    try:
        assert bench.nft(off)
        after = bench.passes(packet)
        assert bench.nft(saved + off)
        before = bench.passes(packet)
    finally:
        bench.unlead(packet)
    if (before, after) == (not more, more):
        return ""
    return f"before {before}, after {after}, but the proof says {difference}"


def test_what_the_proof_says_is_what_happens(stand, files):
    bench = Bench(stand)
    stand.load(files[0].read_text(encoding="utf-8"), PERMITS)
    proof = bench.prove(files)
    assert proof["result"] == "proved", proof
    saved = "flush ruleset\n" + stand.list("list", "ruleset")
    assert bench.nft(saved)
    sent, broken, same, wrong = 0, 0, 0, []
    count = 0
    while True:  # handles are others after each load
        edits = list(mutations(stand))
        if count >= len(edits):
            break
        name, edit = edits[count]
        count += 1
        if not bench.nft(edit):
            continue
        proof = bench.prove(files)
        same += proof["result"] == "proved"
        broken += proof["result"] == "broken"
        usable = [d for d in proof["differences"] if sendable(d, bench.wire)]
        if usable:
            sent += 1
            # some mistakes matter only while nobody records
            off = any("recorded" in r for r in proof["reasons"])
            what = confirm(bench, saved, usable[0],
                           "flush set inet sekisho recording\n" if off else "")
            if what:
                wrong.append(f"{name}: {what}")
        assert bench.nft(saved)
    bench.close()
    print(f"{count} edits: {broken} broken, {same} proved, {sent} examples sent")
    assert not wrong, "\n".join(wrong)
    assert sent >= 40 and broken >= sent and same > 0
