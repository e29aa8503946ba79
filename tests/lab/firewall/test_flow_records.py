# SPDX-License-Identifier: GPL-3.0-or-later
"""What passes is on record at its beginning and its end, and every refused packet counts."""
import json
import os
import pathlib
import signal
import sys
import time

import pytest

from lab import topology as topo
from lab.lab import LATE, POLICY, wait_for

CLAIMS4, CLAIMS6 = topo.ADDRESS[topo.CLAIMS]
CORE4, CORE6 = topo.ADDRESS[topo.CORE]
PATHS = ((CORE4, CLAIMS4), (CORE6, CLAIMS6))

# count frames on the wire as fast as it goes: of one device, or each with a MAC of its own
SEND = """
import socket, struct, sys
count, forged, to, mac, src, dst = int(sys.argv[1]), sys.argv[2] == "forged", *sys.argv[3:7]
raw = lambda text: bytes(int(b, 16) for b in text.split(":"))
def frame6(n):
    me = b"\\2\\x66" + struct.pack("!I", n) if forged else raw(mac)
    ends = socket.inet_pton(socket.AF_INET6, src) + socket.inet_pton(socket.AF_INET6, dst)
    sport, dport = 1024 + n % 50000, 7000 + n % 3
    total = sum(struct.unpack("!16H", ends)) + 9 + 17 + sport + dport + 9 + (ord("x") << 8)
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    udp = struct.pack("!HHHH", sport, dport, 9, ~total & 0xffff or 0xffff)
    return raw(to) + me + b"\\x86\\xdd" + struct.pack("!IHBB", 6 << 28, 9, 17, 64) + ends + udp + b"x"
def frame(n):
    me = b"\\2\\x66" + struct.pack("!I", n) if forged else raw(mac)
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 29, 0, 0, 64, 17, 0)
    ip += socket.inet_aton(src) + socket.inet_aton(dst)
    total = sum(struct.unpack("!10H", ip))
    total = (total & 0xffff) + (total >> 16)
    total = (total & 0xffff) + (total >> 16)
    ip = ip[:10] + struct.pack("!H", ~total & 0xffff) + ip[12:]
    udp = struct.pack("!HHHH", 1024 + n % 50000, 7000 + n % 3, 9, 0)
    return raw(to) + me + b"\\x08\\0" + ip + udp + b"x"
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("eth0", 0))
frames = [(frame6 if ":" in src else frame)(n) for n in range(min(count, 20000))]
sent = 0
while sent < count:
    try:
        s.send(frames[sent % len(frames)])
        sent += 1
    except BlockingIOError:
        pass
    except OSError:
        pass
print(sent)
"""


def gateway_mac(lab, interface):
    found = json.loads(lab.on(topo.GW, "ip", "-j", "link", "show", "dev", interface).stdout)
    return found[0]["address"]


def send(lab, count, kind="own", ends=(CORE4, CLAIMS4)):
    done = lab.on(topo.CORE, "/usr/bin/python3", "-c", SEND, str(count), kind,
                  gateway_mac(lab, "core0"), topo.MAC[topo.CORE], *ends, seconds=60)
    assert done.stdout.strip() == str(count), done


def total(records):
    return sum(r.get("count") or 1 for r in records)


def denied(lab, **fields):
    return [r for r in lab.records("--kind", "flow-deny")
            if all(r.get(k) == v for k, v in fields.items())]


def ends(lab):
    """Connections end now: the kernel would wait for minutes."""
    assert lab.on(topo.GW, "conntrack", "-F").returncode == 0


def test_a_flow_from_its_beginning_to_its_end(make_lab):
    lab = make_lab()
    for src, dst in PATHS:
        assert lab.tcp(topo.CORE, dst, 443, LATE)
        assert wait_for(lambda: [r for r in lab.records("--kind", "flow-open")
                                 if r["dst"] == dst and r["dst_port"] == 443], 20)
    time.sleep(0.3)  # so that the duration is no zero
    ends(lab)
    assert wait_for(lambda: len([r for r in lab.records("--kind", "flow-close")
                                 if r["dst_port"] == 443]) >= 2, 20)
    for src, dst in PATHS:
        opened, = [r for r in lab.records("--kind", "flow-open")
                   if r["dst"] == dst and r["dst_port"] == 443]
        closed, = [r for r in lab.records("--kind", "flow-close")
                   if r["dst"] == dst and r["dst_port"] == 443]
        assert opened["conn"] == closed["conn"] != 0
        assert opened["src"] == closed["src"] == src
        assert opened["rule"] == closed["rule"] == "core-claims"
        assert opened["device"] == closed["device"] != ""
        assert closed["bytes_up"] > 0 and closed["bytes_down"] > 0
        assert closed["duration_ms"] >= 200
        assert closed["packets"] >= 6  # at least what begins and ends TCP


PUBLISHED = """
  - id: published
    from: internet
    to: claims
    destination: [claims-servers]
    services: [web]
    publish: ["45.113.7.1", "2a0e:5a4d:7::1"]
"""


def test_a_published_server(make_lab):
    """Its flows are joined too, and those that have ended are not kept in mind."""
    lab = make_lab()
    changed = lab.root / "published.yaml"
    changed.write_text(POLICY.read_text(encoding="utf-8").replace(
        "\nproxy:\n", PUBLISHED + "\nproxy:\n", 1).replace(
            "\nservices:\n", "\nservices:\n  web: [tcp/443]\n", 1), encoding="utf-8")
    lab.cli("policy", "apply", str(changed), "--reason", "a test")
    mine = lambda kind: [r for r in lab.records("--kind", kind) if r["rule"] == "published"]
    ways = (("45.113.7.1", CLAIMS4), ("2a0e:5a4d:7::1", CLAIMS6))
    for address, _ in ways:
        assert lab.tcp(topo.INTERNET, address, 443, LATE)
    assert wait_for(lambda: len(mine("flow-open")) == 2, 20), lab.records()
    ends(lab)
    assert wait_for(lambda: len(mine("flow-close")) == 2, 20), lab.records()
    for address, server in ways:
        opened, = [r for r in mine("flow-open") if r["dst"] == server]
        closed, = [r for r in mine("flow-close") if r["conn"] == opened["conn"]]
        assert closed["dst"] == server and closed["dst_port"] == 443
        assert closed["detail"] == "published as " + address


def test_an_answer_that_is_not_complete_says_so(make_lab):
    lab = make_lab()
    search = lambda: lab.cli("record", "search", "--limit", "1", check=False)
    says = lambda done: done.returncode == 0 and (
        "NOT COMPLETE" in done.stderr or "完全ではありません" in done.stderr)
    whole = lambda: (lambda done: done.returncode == 0 and not says(done))(search())
    assert whole()
    spool = lab.root / "var/lib/sekisho/spool/sensord"
    spool.rename(spool.with_name("aside"))  # recordd cannot read it
    lab.kill("recordd")
    assert wait_for(lambda: says(search()), 10), search()
    answer = json.loads(lab.cli("--json", "record", "search", "--limit", "1").stdout)
    assert answer["records"] and answer["behind"] == {"until": None}
    spool.with_name("aside").rename(spool)
    assert wait_for(whole, 10), search()


# it is reset at its end: nothing of it waits in the client's kernel
ONE_PORT = """
import socket, struct, sys
s = socket.socket()
s.settimeout(5)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
s.bind(("", 40123))
s.connect((sys.argv[1], 443))
s.close()
"""


def test_the_same_ports_again(make_lab):
    """A second connection with the ports of the first: two beginnings, two ends, two numbers."""
    lab = make_lab()
    for _ in range(2):
        done = lab.on(topo.CORE, sys.executable, "-c", ONE_PORT, CLAIMS4)
        assert done.returncode == 0, done.stderr
        ends(lab)
    mine = lambda kind: [r for r in lab.records("--kind", kind) if r["src_port"] == 40123]
    assert wait_for(lambda: len(mine("flow-close")) >= 2, 20), lab.records()
    assert len(mine("flow-open")) == 2
    assert {r["conn"] for r in mine("flow-open")} == {r["conn"] for r in mine("flow-close")}
    assert len({r["conn"] for r in mine("flow-open")}) == 2


@pytest.mark.parametrize("src, dst", PATHS)
def test_every_refused_packet_counts(make_lab, src, dst):
    lab = make_lab()
    send(lab, 20000, ends=(src, dst))
    mine = lambda: denied(lab, src=src, dst=dst, proto=17)
    assert wait_for(lambda: total(mine()) >= 20000, 15), total(mine())
    assert total(mine()) == 20000
    assert {r["dst_port"] for r in mine()} == {7000, 7001, 7002}
    assert {r["reason_name"] for r in mine()} == {"no-flow"}
    assert all(r["device"] and r["mac"] == topo.MAC[topo.CORE] for r in mine())
    assert len(mine()) <= 3 * 10
    assert not lab.records("--kind", "gap")


@pytest.mark.parametrize("src, dst", PATHS)
def test_forged_devices_cannot_flood_the_records(make_lab, src, dst):
    lab = make_lab()
    begun = time.monotonic()
    send(lab, 20000, "forged", (src, dst))
    mine = lambda: denied(lab, reason_name="not-admitted")
    assert wait_for(lambda: total(mine()) >= 20000, 15), total(mine())
    seconds = time.monotonic() - begun + 2
    assert len(mine()) <= 1024 * seconds
    assert len(mine()) < 10000
    # what came while the table was full is told of less, but it is told
    assert any(not r.get("mac") and "various devices" in r["detail"] for r in mine())
    # and who is admitted is still let through and recorded
    assert lab.tcp(topo.CORE, dst, 443, LATE)
    assert wait_for(lambda: [r for r in lab.records("--kind", "flow-open")
                             if r["dst"] == dst], 20)


def test_a_full_table_of_connections_is_on_record(make_lab):
    """What would begin a connection then is dropped before any rule can record it."""
    room = int(pathlib.Path("/proc/sys/net/netfilter/nf_conntrack_max").read_text("utf-8"))
    if room > 300000:
        pytest.skip("the kernel's table is too large to be filled")
    lab = make_lab()
    assert lab.tcp(topo.CORE, CLAIMS4, 443, LATE)
    filler = lab.root / "connections"
    with open(filler, "w", encoding="utf-8") as f:
        for n in range(room):
            f.write(f"-I -t 600 -u ASSURED,SEEN_REPLY -p udp -s 198.18.{n >> 8 & 255}.{n & 255} "
                    f"-d 198.19.{n >> 16}.1 --sport 7 --dport 9\n")
    lab.on(topo.GW, "conntrack", "-R", str(filler), seconds=60)
    assert not lab.tcp(topo.CORE, CLAIMS4, 443)
    gaps = lambda: [r for r in lab.records("--kind", "gap") if "table of connections" in r["detail"]]
    assert wait_for(gaps, 10), lab.records("--kind", "gap")
    assert total(gaps()) >= 1


def compile_role(lab):
    """The process of gated that reads events: the child of the supervised one."""
    parents = {}
    for p in pathlib.Path("/proc").iterdir():
        if p.name.isdigit():
            try:
                fields = (p / "stat").read_text("utf-8").rpartition(")")[2].split()
                name = (p / "comm").read_text("utf-8").strip()
            except OSError:
                continue
            parents[int(p.name)] = (int(fields[1]), name)
    gated = lab.state()["gated"]["pid"]
    found = [pid for pid, (parent, name) in parents.items()
             if parent == gated and name == "gated-compile"]
    assert len(found) == 1, (gated, found)
    return found[0]


def test_a_loss_is_on_record_with_its_count(make_lab):
    lab = make_lab()
    count = 350000
    pid = compile_role(lab)
    os.kill(pid, signal.SIGSTOP)
    try:
        send(lab, count)
    finally:
        os.kill(pid, signal.SIGCONT)
    gaps = lambda: [r for r in lab.records("--kind", "gap") if "refused" in r["detail"]]
    mine = lambda: total(denied(lab, src=CORE4, dst=CLAIMS4, proto=17))
    assert wait_for(gaps, 10)
    # how many it were, the numbers show with the next packet that is delivered
    sent, until = count, time.monotonic() + 20
    while mine() + total(gaps()) < sent and time.monotonic() < until:
        time.sleep(1.5)
        send(lab, 10)
        sent += 10
    assert sent - 10 <= mine() + total(gaps()) <= sent + 100, (sent, mine(), gaps())
    assert total(gaps()) > 1000 and mine() > 10000
