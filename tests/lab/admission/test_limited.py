# SPDX-License-Identifier: GPL-3.0-or-later
"""Permits that are limited to flows of the policy and to allowlists."""
import contextlib
import json
import subprocess
import sys
import time

from firewall import door
from lab import sites as site
from lab import topology as topo
from lab.lab import proxy_url, wait_for

CLAIMS = topo.ADDRESS[topo.CLAIMS]
FLOWS = """
  - { id: login, from: core, to: claims, services: [login], partner: p, basis: b, owner: o,
      review: 2099-03-31 }
  - { id: echo, from: core, to: claims, services: [echo], partner: p, basis: b, owner: o,
      review: 2099-03-31 }
"""
SERVER = """
import socket, sys, threading
def talk(conn):
    while data := conn.recv(100):
        conn.sendall(data)
def take(s):
    while True:
        threading.Thread(target=talk, args=(s.accept()[0],), daemon=True).start()
def answer(s):
    while True:
        s.sendto(*s.recvfrom(100))
for address in sys.argv[1:]:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    t, u = socket.socket(family), socket.socket(family, socket.SOCK_DGRAM)
    t.bind((address, 22))
    t.listen(16)
    u.bind((address, 9999))
    for function, s in ((take, t), (answer, u)):
        threading.Thread(target=function, args=(s,)).start()
print("ready", flush=True)
"""


@contextlib.contextmanager
def serving(lab):
    server = lab.start_on(topo.CLAIMS, sys.executable, "-c", SERVER, *CLAIMS,
                          stdout=subprocess.PIPE, text=True)
    assert server.stdout.readline() == "ready\n"
    yield
    server.kill()
    server.communicate()


def policy(lab, flows=FLOWS):
    text = door.POLICY.read_text(encoding="utf-8")
    text = text.replace("\nservices:\n", "\nservices:\n  login: [tcp/22]\n  echo: [udp/9999]\n")
    text = text.replace("\nproxy:\n", flows + "\nproxy:\n", 1)
    path = lab.root / "limited.yaml"
    path.write_text(text, encoding="utf-8")
    lab.cli("policy", "apply", str(path), "--reason", "a test")


def approve(lab, machine, *limits, check=True):
    return lab.cli("device", "approve", topo.MAC[machine], "--kind", "business", "--owner", "o",
                   "--reason", "a test", *limits, check=check)


def reach(lab):
    """What of the three flows the core's PC reaches, in both families."""
    return {(what, version) for version, address in zip((4, 6), CLAIMS)
            for what, reached in (("claims", lab.ping(topo.CORE, address)),
                                  ("login", lab.tcp(topo.CORE, address, 22)),
                                  ("echo", lab.udp(topo.CORE, address)))
            if reached}


def both(*flows):
    return {(flow, version) for flow in flows for version in (4, 6)}


def only(lab, *flows):
    """Those and no others; a second is short for a machine that is busy."""
    hoped = both(*flows)
    reached = reach(lab)
    for _ in range(2):
        if not reached >= hoped:
            reached |= reach(lab)
    return reached == hoped


def proved(lab):
    done = lab.cli("--json", "verify", check=False)
    assert done.returncode == 0, done.stdout
    return True


def marks(lab):
    return door.nft(lab, "list", "table", "inet", "sekisho").count("0x03")


def check_flows(lab):
    assert only(lab, "claims", "login", "echo")
    approve(lab, topo.CORE, "--flow", "login")
    assert only(lab, "login")
    assert proved(lab)
    # nobody was limited to it yet: rules come, and what ran by another flow ends
    held = [lab.start_on(topo.CORE, "nc", address, "22", stdin=subprocess.PIPE,
                         stdout=subprocess.PIPE) for address in CLAIMS]
    for one in held:
        one.stdin.write(b"hello\n")
        one.stdin.flush()
        assert one.stdout.readline() == b"hello\n"
    approve(lab, topo.CORE, "--flow", "echo")
    for one in held:
        one.stdin.write(b"again\n")
        one.stdin.flush()
    assert only(lab, "echo")
    assert proved(lab)
    for one in held:
        one.kill()
        assert b"again" not in one.communicate()[0]
    approve(lab, topo.CORE, "--flow", "echo", "--flow", "login", "--for", "1h")
    assert only(lab, "echo", "login")
    # there are rules for each by now: the short way
    begun = lab.log("gated").count("loaded as a whole")
    approve(lab, topo.CORE, "--flow", "echo")
    assert only(lab, "echo")
    approve(lab, topo.CORE, "--flow", "echo", "--flow", "login", "--for", "1h")
    assert only(lab, "echo", "login")
    assert lab.log("gated").count("loaded as a whole") == begun
    assert proved(lab)
    # a flow that goes takes nothing else's place; and its end is no end of the limit
    policy(lab, FLOWS[FLOWS.index("  - { id: echo"):])
    assert only(lab, "echo")
    policy(lab, "")
    assert reach(lab) == set()
    assert proved(lab)
    refused = approve(lab, topo.CORE, "--flow", "login", check=False)
    assert refused.returncode != 0 and "login" in refused.stderr
    policy(lab)
    assert only(lab, "echo", "login")
    # somebody else's rules and elements do not last
    door.nft(lab, "flush", "set", "inet", "sekisho", "limited-2")
    assert wait_for(lambda: only(lab, "echo", "login"), 10)
    lab.restart("gated")
    assert only(lab, "echo", "login")
    approve(lab, topo.CORE)
    assert only(lab, "claims", "login", "echo")
    assert proved(lab)


def test_flows(make_lab):
    lab = make_lab()
    policy(lab)
    with serving(lab):
        check_flows(lab)


def web(lab, host, version=4):
    return lab.curl(topo.OFFICE, f"https://{host}/", proxy=proxy_url(version))[0]


def test_lists(make_lab):
    lab = make_lab()
    lab.cli("list", "add", "保守", "--reason", "a test")
    lab.cli("allow", "add", site.BLOCKED, "--list", "保守", "--reason", "a test")
    assert [web(lab, host) for host in (site.ALLOWED, site.BLOCKED)] == [200, 200]
    approve(lab, topo.OFFICE, "--list", "保守")
    for version in (4, 6):
        assert [web(lab, host, version) for host in (site.ALLOWED, site.BLOCKED)] == [403, 200]
    shown = json.loads(lab.cli("--json", "device", "show", topo.MAC[topo.OFFICE]).stdout)
    assert shown["permit"]["lists"] == ["保守"] and shown["permit"]["flows"] == []
    # a download by the list that is withdrawn ends in the middle
    got = lab.root / "got"
    loading = lab.start_on(topo.OFFICE, "curl", "-sS", "--cacert", str(lab.sites.ca), "-N", "-x",
                           proxy_url(), "-o", str(got), f"https://{site.BLOCKED}/{site.BIG_FILE}")
    assert wait_for(lambda: got.exists() and got.stat().st_size > 100000, 10)
    approve(lab, topo.OFFICE, "--list", "ldefault")
    size = got.stat().st_size
    time.sleep(1)
    assert got.stat().st_size - size < 20000
    loading.kill()
    loading.wait()
    assert [web(lab, host) for host in (site.ALLOWED, site.BLOCKED)] == [200, 403]
    refused = approve(lab, topo.OFFICE, "--list", "no such list", check=False)
    assert refused.returncode != 0 and "no such list" in refused.stderr
    refused = approve(lab, topo.OFFICE, "--list", "保守", "--dest", "a.example", check=False)
    assert refused.returncode != 0
    # a list that goes leaves nothing, and never everything
    approve(lab, topo.OFFICE, "--list", "保守")
    entries = json.loads(lab.cli("--json", "allow", "list").stdout)
    entries = entries if isinstance(entries, list) else entries["entries"]
    (one,) = [e for e in entries if e["host"] == site.BLOCKED]
    lab.cli("allow", "remove", one["id"], "--reason", "a test")
    lab.cli("list", "remove", "保守", "--reason", "a test")
    assert [web(lab, host) for host in (site.ALLOWED, site.BLOCKED)] == [403, 403]
    approve(lab, topo.OFFICE)
    assert [web(lab, host) for host in (site.ALLOWED, site.BLOCKED)] == [200, 403]
