# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections of what is withdrawn end at once, of each protocol and family, and are counted."""
import subprocess

from firewall import door
from lab import topology as topo
from lab.lab import LATE, wait_for

CLAIMS4, CLAIMS6 = topo.ADDRESS[topo.CLAIMS]
OFFICE4, OFFICE6 = topo.ADDRESS[topo.OFFICE]


def opened(text):
    return door.open_office(text.replace("online-claims: [tcp/443,",
                                         "online-claims: [tcp/443, udp/7777,", 1))


def tracked(lab, source):
    listed = lab.on(topo.GW, "conntrack", "-L", "-f",
                    "ipv6" if ":" in source else "ipv4").stdout
    return sorted(line.split()[0] for line in listed.splitlines()
                  if f"src={source} dst={CLAIMS6 if ':' in source else CLAIMS4}" in line)


def test_withdrawn_flows_of_every_protocol_are_cut(make_lab):
    lab = make_lab()
    before, after = door.two_policies(lab, opened)
    assert door.load(lab, after).code == 0
    clients = []
    for address in (CLAIMS4, CLAIMS6):
        clients.append(lab.start_on(topo.OFFICE, "nc", address, "443", stdin=subprocess.PIPE))
        lab.udp(topo.OFFICE, address, 7777)
        assert lab.ping(topo.OFFICE, address, LATE)
    assert lab.tcp(topo.CORE, CLAIMS4, 443, LATE)
    names = {OFFICE4: ["icmp", "tcp", "udp"], OFFICE6: ["icmpv6", "tcp", "udp"]}
    for source, want in names.items():
        assert wait_for(lambda s=source, w=want: tracked(lab, s) == w, 20), tracked(lab, source)
    mine = len(tracked(lab, topo.ADDRESS[topo.CORE][0]))
    done = door.load(lab, before)
    assert done.code == 0 and done.cut == 6, done
    for source in names:
        assert tracked(lab, source) == []
    assert len(tracked(lab, topo.ADDRESS[topo.CORE][0])) == mine
    lab.release("mgmtd")
    for client in clients:
        client.kill()
        client.wait()
    assert wait_for(lambda: any("6 connections cut" in r for r in door.services(
        lab, f"revision {before} in force")), 10), door.services(lab, "revision")


def published(server):
    """A server in the claims network is offered to the internet at the gateway's address."""
    flow = ("  - { id: offered, from: internet, to: claims, destination: [offered],\n"
            "      services: [offered], publish: [" + topo.WAN4 + "1] }\n")
    return (door.POLICY.read_text(encoding="utf-8")
            .replace("\nservices:\n", f"\n  offered: [{server}]\nservices:\n"
                     "  offered: [udp/7777]\n", 1)
            .replace("\nproxy:\n", "\n" + flow + "\nproxy:\n", 1))


def test_what_is_led_to_another_server_now_is_cut(make_lab):
    lab = make_lab()
    source = topo.ADDRESS[topo.INTERNET][0]

    def apply(server):
        policy = lab.root / "published.yaml"
        policy.write_text(published(server), encoding="utf-8")
        lab.cli("policy", "apply", str(policy), "--reason", "a test")

    def led_to():
        listed = lab.on(topo.GW, "conntrack", "-L", "-p", "udp", "--src", source).stdout
        return [word for line in listed.splitlines() for word in line.split()
                if word.startswith("src=10.20.")]

    apply(CLAIMS4)
    lab.udp(topo.INTERNET, topo.WAN4 + "1", 7777)
    assert wait_for(lambda: led_to() == ["src=" + CLAIMS4], 20), led_to()
    apply("10.20.0.11")
    assert wait_for(lambda: led_to() == [], 20), led_to()
