# SPDX-License-Identifier: GPL-3.0-or-later
"""Single permits in and out beside ten thousand others, and a device taken off at once."""
import json
import re
import subprocess
import sys
import threading
import time

import pytest

from firewall import door
from admission import small
from lab import topology as topo
from lab.lab import LATE, wait_for

MANY = 10000
ROUNDS = 30
TALK_S = 4 + 2 * LATE  # long after the end that is to stop it
CLAIMS4, CLAIMS6 = topo.ADDRESS[topo.CLAIMS]


def many(text):
    for i in range(1, MANY + 1):
        mac = f"06:00:00:00:{i >> 8:02x}:{i & 255:02x}"
        text["permits"].append(small.permit(100000 + i, "office", (mac, "office0")))


def elements(lab, name):
    return re.findall(r'"(\w+)" \. ([0-9a-f:]{17})', door.nft(lab, "list", "map", "inet",
                                                                "sekisho", name))


def timed(function):
    begun = time.monotonic()
    function()
    return (time.monotonic() - begun) * 1000


def percentile(values, part):
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def proved(lab):
    revision, ok, text = door.status(lab)
    return revision if ok and "proved" not in text else 0


def test_one_permit_beside_ten_thousand(make_lab):
    lab = make_lab()
    writer = small.Writer(lab)
    writer.whole(many)
    whole = timed(writer.load)
    assert len(elements(lab, "permits")) >= MANY
    mac = topo.MAC[topo.ROGUE]
    one = small.permit(7, "office", (mac, "office0"))
    come, gone = [], []
    assert not lab.tcp(topo.ROGUE, topo.PROXY4, topo.PROXY_PORT)
    for i in range(ROUNDS):
        number = writer.small(added=[one])
        come.append(timed(lambda n=number: door.load(lab, n)))
        assert door.load(lab, number, daemon="proxyd").code == 0
        if i == 0:
            assert lab.tcp(topo.ROGUE, topo.PROXY4, topo.PROXY_PORT, LATE)
            assert ("office0", mac) in elements(lab, "permits")
        number = writer.small(removed=[one["id"]])
        gone.append(timed(lambda n=number: door.load(lab, n)))
        assert door.load(lab, number, daemon="proxyd").code == 0
        if i == 0:
            assert not lab.tcp(topo.ROGUE, topo.PROXY4, topo.PROXY_PORT)
            assert ("office0", mac) not in elements(lab, "permits")
    print(f"a whole load of {MANY} permits, both daemons: {whole:.0f} ms")
    for what, values in (("in", come), ("out", gone)):
        print(f"one permit {what}, file to answer: p50 {percentile(values, 0.5):.2f} ms, "
              f"p99 {percentile(values, 0.99):.2f} ms")
    # it was the short way, each time
    assert "loaded as a whole" not in lab.log("gated")
    # what is held has followed: somebody else's change is undone to what is in force now
    number = writer.small(added=[one])
    assert door.load(lab, number).code == 0
    door.nft(lab, "flush", "map", "inet", "sekisho", "permits")
    assert wait_for(lambda: ("office0", mac) in elements(lab, "permits"), 20)
    # and so has what a start finds: the chain of files
    lab.restart("gated")
    assert wait_for(lambda: door.status(lab)[0] == number, 20)
    assert ("office0", mac) in elements(lab, "permits")
    lab.restart("proxyd")
    assert wait_for(lambda: door.status(lab, "proxyd")[0] == number, 20)
    lab.release("mgmtd")


def test_a_permit_begins_and_ends_in_its_second(make_lab):
    lab = make_lab()
    writer = small.Writer(lab)
    writer.whole(lambda text: None)
    writer.load()
    begin = int(time.time()) + 15
    one = small.permit(7, "office", (topo.MAC[topo.ROGUE], "office0"),
                       **{"from": begin, "until": begin + 12})
    writer.small(added=[one])
    writer.load()
    assert not lab.tcp(topo.ROGUE, topo.PROXY4, topo.PROXY_PORT)
    mine = ("office0", topo.MAC[topo.ROGUE])
    assert wait_for(lambda: mine in elements(lab, "permits"), 30)
    late = time.time() - begin
    print(f"the permit began {late:.2f} s after its second")
    assert 0 <= late < LATE
    assert lab.tcp(topo.ROGUE, topo.PROXY4, topo.PROXY_PORT, LATE)
    assert wait_for(lambda: mine not in elements(lab, "permits"), 20)
    assert begin + 12 <= time.time() < begin + 12 + LATE
    assert not lab.tcp(topo.ROGUE, topo.PROXY4, topo.PROXY_PORT)
    lab.release("mgmtd")


def opened(text):
    return door.open_office(text.replace("online-claims: [tcp/443,",
                                         "online-claims: [tcp/443, udp/9000, tcp/9000,", 1))


# speaks every 2 ms both ways, and tells when each side heard something last; between it
# rests: what answers at once would keep every processor busy, and the daemons waiting
SERVER = """
import json, socket, sys, time
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
s.bind(("::", 9000))
s.setblocking(False)
peers = {}
end = time.monotonic() + float(sys.argv[1])
print("ready", flush=True)
while time.monotonic() < end:
    try:
        while True:
            data, peer = s.recvfrom(100)
            peers[peer] = time.monotonic()
    except BlockingIOError:
        pass
    for peer in peers:
        try:
            s.sendto(b"answer", peer)
        except OSError:
            pass
    time.sleep(0.002)
print(json.dumps({p[0]: at for p, at in peers.items()}))
"""
CLIENT = """
import json, socket, sys, threading, time
last = {}
end = time.monotonic() + float(sys.argv[1])
def talk(address):
    s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
    s.connect((address, 9000))
    s.setblocking(False)
    while time.monotonic() < end:
        try:
            s.send(b"question")
        except OSError:
            pass
        time.sleep(0.002)
        try:
            while s.recv(100):
                last[address] = time.monotonic()
        except OSError:
            pass
threads = [threading.Thread(target=talk, args=(a,)) for a in sys.argv[2:]]
for t in threads: t.start()
print("ready", flush=True)
for t in threads: t.join()
print(json.dumps(last))
"""


def test_quarantine_takes_a_device_off_at_once(make_lab):
    lab = make_lab()
    policy = lab.root / "open.yaml"
    policy.write_text(opened(door.POLICY.read_text(encoding="utf-8")), encoding="utf-8")
    lab.cli("policy", "apply", str(policy), "--reason", "a test")
    writer = small.Writer(lab)
    writer.whole(many)
    writer.load()
    server = lab.start_on(topo.CLAIMS, sys.executable, "-c", SERVER, str(TALK_S + 1),
                          stdout=subprocess.PIPE, text=True)
    assert server.stdout.readline() == "ready\n"
    client = lab.start_on(topo.OFFICE, sys.executable, "-c", CLIENT, str(TALK_S), CLAIMS4, CLAIMS6,
                          stdout=subprocess.PIPE, text=True)
    assert client.stdout.readline() == "ready\n"
    tunnel = lab.start_on(topo.OFFICE, "sh", "-c",
                          f"(printf 'CONNECT www.example.com:443 HTTP/1.1\\r\\n"
                          f"Host: www.example.com:443\\r\\n\\r\\n'; sleep {TALK_S}) | nc "
                          f"{topo.PROXY4} {topo.PROXY_PORT}", stdout=subprocess.PIPE)
    time.sleep(2)
    number = writer.small(isolated=[topo.MAC[topo.OFFICE]])
    begun = time.monotonic()
    asked = [threading.Thread(target=door.load, args=(lab, number, 0, daemon))
             for daemon in ("gated", "proxyd")]
    for thread in asked:
        thread.start()
    for thread in asked:
        thread.join()
    answered = time.monotonic()
    heard = json.loads(server.communicate()[0]) | json.loads(client.communicate()[0])
    tunnel.kill()
    tunnel.communicate()
    assert {CLAIMS4, CLAIMS6} <= set(heard) and len(heard) == 4, heard
    print(f"quarantine answered after {(answered - begun) * 1000:.1f} ms")
    for where, at in sorted(heard.items()):
        print(f"last packet from or to {where}: {(at - begun) * 1000:.1f} ms")
        assert at > begun - LATE
    assert max(heard.values()) - begun < LATE  # goal 100 ms: tests/bench/admission judges it
    assert not lab.tcp(topo.OFFICE, topo.PROXY4, topo.PROXY_PORT)
    assert lab.tcp(topo.CORE, CLAIMS4, 443, LATE)
    # release: the same permit is in force again
    writer.small(released=[topo.MAC[topo.OFFICE]])
    writer.load()
    assert lab.tcp(topo.OFFICE, topo.PROXY4, topo.PROXY_PORT, LATE)
    lab.release("mgmtd")
    assert wait_for(lambda: any(r.get("reason_name") == "quarantined" for r in
                                lab.records("--kind", "flow-deny")), 10)
    # its connections, and only its, ended a moment after the answer
    assert wait_for(lambda: any(re.search(r" [1-9]\d* connections of withdrawn", r) for r in
                                door.services(lab, "connections of withdrawn")), 10)


def both_ways(admission):
    """Flows between the office and the claims servers, both ways, and who may speak there."""
    def change(text):
        text = opened(text).replace("\nproxy:\n", "  - { id: claims-office, from: claims, to: "
                                    "office, services: [online-claims] }\n\nproxy:\n", 1)
        office = text.index("  office:\n")
        return text[:office] + text[office:].replace("admission: enforce",
                                                     f"admission: {admission}", 1)
    return change


@pytest.mark.parametrize("admission", ["off", "detect", "enforce"])
def test_nothing_goes_to_a_device_in_quarantine(make_lab, admission):
    """Whoever began: answers to it, and what others send to it. In every kind of zone."""
    lab = make_lab()
    policy = lab.root / "both.yaml"
    policy.write_text(both_ways(admission)(door.POLICY.read_text(encoding="utf-8")),
                      encoding="utf-8")
    lab.cli("policy", "apply", str(policy), "--reason", "a test")
    writer = small.Writer(lab)
    writer.whole(lambda text: None)
    writer.load()
    office = topo.ADDRESS[topo.OFFICE]
    servers = {machine: lab.start_on(machine, sys.executable, "-c", SERVER, str(TALK_S + 1),
                                     stdout=subprocess.PIPE, text=True)
               for machine in (topo.CLAIMS, topo.OFFICE)}
    for server in servers.values():
        assert server.stdout.readline() == "ready\n"
    clients = {machine: lab.start_on(machine, sys.executable, "-c", CLIENT, str(TALK_S), *to,
                                     stdout=subprocess.PIPE, text=True)
               for machine, to in ((topo.OFFICE, (CLAIMS4, CLAIMS6)), (topo.CLAIMS, office))}
    for client in clients.values():
        assert client.stdout.readline() == "ready\n"
    time.sleep(2)
    assert "netdev" not in door.nft(lab, "list", "tables")
    number = writer.small(isolated=[topo.MAC[topo.OFFICE]])
    begun = time.monotonic()
    assert door.load(lab, number).code == 0
    heard = {}
    for machine in (topo.OFFICE, topo.CLAIMS):
        heard[machine, "asked"] = json.loads(servers[machine].communicate()[0])
        heard[machine, "answered"] = json.loads(clients[machine].communicate()[0])
    print(f"{admission}: " + ", ".join(
        f"{machine} {what} {(max(last.values()) - begun) * 1000:.0f} ms"
        for (machine, what), last in heard.items()))
    for last in heard.values():
        assert len(last) == 2, heard  # both families spoke
        assert begun - LATE < max(last.values()) < begun + LATE, heard
    # and nobody can begin anything
    assert not any(lab.ping(topo.CLAIMS, a) for a in office)
    # an interface that comes back is no way around it; neither is somebody else's hand
    door.nft(lab, "delete", "table", "netdev", "sekisho")
    assert wait_for(lambda: "netdev sekisho" in door.nft(lab, "list", "tables"), 20)
    number = writer.small(released=[topo.MAC[topo.OFFICE]])
    assert door.load(lab, number).code == 0
    assert "netdev" not in door.nft(lab, "list", "tables")
    assert all(lab.ping(topo.CLAIMS, a, LATE) for a in office)
    lab.release("mgmtd")


def test_a_trial_takes_the_long_way(make_lab):
    lab = make_lab()
    writer = small.Writer(lab)
    writer.whole(lambda text: None)
    assert door.load(lab, writer.number, 30).code == 0
    number = writer.small(added=[small.permit(7, "office", (topo.MAC[topo.ROGUE], "office0"))])
    assert door.load(lab, number).code == 0
    assert ("office0", topo.MAC[topo.ROGUE]) in elements(lab, "permits")
    assert door.rollback(lab, number - 1).code != 0
    lab.release("mgmtd")
