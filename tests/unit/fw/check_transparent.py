#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""check_transparent.py FW_LOAD: the golden case "transparent" in a real kernel.

A gateway and a client or server behind each of its interfaces, in namespaces without
names that end with this program. The proxy is a listener that tells what it sees.
"""
import ctypes
import json
import os
import socket
import struct
import subprocess
import sys
import threading

PROXY_PORT = 8080
SO_ORIGINAL_DST = 80  # IP6T_SO_ORIGINAL_DST too
SITE4, SITE6 = "203.0.113.7", "2001:db8:7::7"
FULL, CONTRACTOR, ROGUE = "02:00:00:00:1e:10", "02:00:00:00:1e:11", "02:00:00:00:1e:66"
SECONDS = 0.7  # for what must not arrive

ZONES = {  # interface: (gateway, machine) in both families
    "core0": (("10.10.0.1/24", "fd10::1/64"), ("10.10.0.9/24", "fd10::9/64")),
    "office0": (("10.30.0.1/24", "fd30::1/64"), ("10.30.0.9/24", "fd30::9/64")),
    "mgmt0": (("10.40.0.1/24",), ("10.40.0.9/24",)),
    "claims0": (("10.20.0.1/24", "fd20::1/64"), ("10.20.0.10/24", "fd20::10/64")),
    "wan0": (("203.0.113.1/24", "2001:db8:7::1/64"), (SITE4 + "/24", SITE6 + "/64")),
}
ANSWER = """
import socket, sys, threading
def serve(port):
    s = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
    print(port, flush=True)
    while True:
        c, _ = s.accept()
        c.sendall(b'"origin"')
        c.close()
for port in (80, 443, 8443):
    threading.Thread(target=serve, args=(port,)).start()
"""
ASK = """
import socket, sys
try:
    s = socket.create_connection((sys.argv[1], int(sys.argv[2])), float(sys.argv[3]))
    print(s.recv(4096).decode())
except OSError:
    print('"nothing"')
"""
failed = []


def run(*argv, **more):
    return subprocess.run(argv, check=True, capture_output=True, text=True, **more).stdout


def set_sysctl(**values):
    for key, value in values.items():
        path = "/proc/sys/net/" + key.replace("__", "/")
        if os.path.exists(path):
            with open(path, "w", encoding="ascii") as f:
                f.write(value)


class Machine:
    """A namespace that lives as long as the process that waits in it."""

    def __init__(self, dev):
        self.dev = dev
        self.children = [subprocess.Popen(["unshare", "--net", "cat"], stdin=subprocess.PIPE,
                                          stdout=subprocess.PIPE)]
        self.children[0].stdin.write(b"x")  # it answers when it is inside
        self.children[0].stdin.flush()
        self.children[0].stdout.read(1)
        self.enter = ["nsenter", "-t", str(self.children[0].pid), "--net", "--"]
        run("ip", "link", "add", dev, "type", "veth", "peer", "name", "eth0",
            "netns", str(self.children[0].pid))
        run(*self.enter, "sh", "-c", "echo 0 >/proc/sys/net/ipv6/conf/all/disable_ipv6")
        run(*self.enter, "ip", "link", "set", "eth0", "up")
        run("ip", "link", "set", dev, "up")
        for gateway, mine in zip(*ZONES[dev]):
            run("ip", "addr", "add", gateway, "dev", dev, *nodad(gateway))
            run(*self.enter, "ip", "addr", "add", mine, "dev", "eth0", *nodad(mine))
            run(*self.enter, "ip", "route", "add", "default", "via", gateway.split("/")[0])

    def be(self, mac):
        run(*self.enter, "ip", "link", "set", "eth0", "address", mac)
        run("ip", "neigh", "flush", "dev", self.dev)

    def ask(self, address, port, seconds=SECONDS):
        text = run(*self.enter, sys.executable, "-c", ASK, address, str(port), str(seconds))
        return json.loads(text or '"closed"')

    def serve(self):
        child = subprocess.Popen([*self.enter, sys.executable, "-c", ANSWER],
                                 stdout=subprocess.PIPE)
        self.children.append(child)
        for _ in range(3):
            child.stdout.readline()

    def end(self):
        for child in reversed(self.children):
            child.kill()
            child.wait()


def nodad(address):
    return ["nodad"] if ":" in address else []


def original(conn):
    """The address that the client named, as proxyd asks for it."""
    if conn.getpeername()[0].startswith("::ffff:"):
        raw = conn.getsockopt(socket.SOL_IP, SO_ORIGINAL_DST, 16)
        return f"{socket.inet_ntop(socket.AF_INET, raw[4:8])} {struct.unpack('!H', raw[2:4])[0]}"
    raw = conn.getsockopt(socket.IPPROTO_IPV6, SO_ORIGINAL_DST, 28)
    return f"{socket.inet_ntop(socket.AF_INET6, raw[8:24])} {struct.unpack('!H', raw[2:4])[0]}"


def proxy(listener):
    while True:
        conn, _ = listener.accept()
        seen = {"to": original(conn),
                "mark": hex(conn.getsockopt(socket.SOL_SOCKET, socket.SO_MARK))}
        conn.sendall(json.dumps(seen).encode())
        conn.close()


def expect(what, got, want):
    if got != want:
        failed.append(what)
        print(f"{what}: got {got}, expected {want}")


def arrives(client, mark, address, port):
    expect(f"{client.dev} {mark} to {address} {port}", client.ask(address, port, 5),
           {"to": f"{address} {port}", "mark": mark})


def check_transparent(office, guest):
    for mac, mark in ((FULL, "0x1000001"), (CONTRACTOR, "0x2000002")):
        office.be(mac)
        for address in (SITE4, SITE6, "198.51.100.99", "2001:db8:99::99"):
            for port in (80, 443):
                arrives(office, mark, address, port)
        for address in ("10.30.0.1", "fd30::1"):  # asked openly: the same as ever
            arrives(office, mark, address, PROXY_PORT)
    arrives(guest, "0xf000000", SITE4, 443)


def check_dropped(office, others):
    office.be(FULL)
    for port in (8443, 22):
        expect(f"port {port}", office.ask(SITE4, port), "nothing")
    for address in ("10.30.0.1", "fd30::1", "203.0.113.1", "10.10.0.9", "fd10::9"):
        expect(f"the gateway's or another zone's {address}", office.ask(address, 443), "nothing")
    office.be(CONTRACTOR)  # a restricted permit reaches the proxy and nothing else
    expect("the contractor in the flow", office.ask("10.20.0.10", 443), "nothing")
    office.be(ROGUE)
    for address in (SITE4, SITE6):
        for port in (80, 443):
            expect(f"no permit {address} {port}", office.ask(address, port), "nothing")
    expect("no permit, openly", office.ask("10.30.0.1", PROXY_PORT), "nothing")
    for other in others:
        for address in (SITE4, SITE6):
            expect(f"{other.dev} {address}", other.ask(address, 443), "nothing")


def check_flow(office):
    office.be(FULL)
    run("nft", "add", "element", "inet", "sekisho", "recording", "{ ipv4, ipv6 }")
    for address in ("10.20.0.10", "fd20::10"):
        expect(f"the flow to {address}", office.ask(address, 443, 5), "origin")


def check_forged(office):
    """A source that is not the zone's is dropped after the redirection."""
    office.be(FULL)
    run(*office.enter, "ip", "addr", "add", "10.40.0.77/32", "dev", "eth0")
    run(*office.enter, "ip", "route", "replace", "default", "via", "10.30.0.1", "src",
        "10.40.0.77")
    expect("a forged source", office.ask(SITE4, 443), "nothing")
    run(*office.enter, "ip", "route", "replace", "default", "via", "10.30.0.1")


def check_revoked(office):
    office.be(FULL)
    run("nft", "delete", "element", "inet", "sekisho", "permits",
        f"{{ office0 . {FULL} }}")
    expect("a permit that was taken away", office.ask(SITE4, 443), "nothing")


def check_all(fw_load, listener, machines):
    office, guest = machines["office0"], machines["mgmt0"]
    for address in (SITE4, SITE6):
        expect(f"without rules {address}", office.ask(address, 443, 5), "origin")
    run(fw_load, "transparent")
    threading.Thread(target=proxy, args=(listener,), daemon=True).start()
    check_transparent(office, guest)
    check_dropped(office, (machines["core0"], machines["claims0"]))
    check_flow(office)
    check_forged(office)
    check_revoked(office)


def main():
    if os.geteuid() != 0:
        print("needs root")
        return 77
    if ctypes.CDLL(None, use_errno=True).unshare(0x40000000) != 0:  # CLONE_NEWNET
        print("cannot make a network namespace")
        return 77
    set_sysctl(ipv6__conf__all__disable_ipv6="0", ipv4__ip_forward="1",
               ipv6__conf__all__forwarding="1", ipv4__tcp_fwmark_accept="1",
               ipv4__conf__all__rp_filter="0", ipv4__conf__default__rp_filter="0")
    run("ip", "link", "set", "lo", "up")
    machines = {}
    try:
        for dev in ZONES:
            machines[dev] = Machine(dev)
        for dev in ("wan0", "claims0", "core0"):
            machines[dev].serve()
        listener = socket.create_server(("::", PROXY_PORT), family=socket.AF_INET6,
                                        dualstack_ipv6=True)
        check_all(sys.argv[1], listener, machines)
    finally:
        for machine in machines.values():
            machine.end()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
