# SPDX-License-Identifier: GPL-3.0-or-later
"""Packets of our own: what they find is what real ones would, and nobody else hears of them."""
import concurrent.futures
import contextlib
import json
import os
import pathlib
import re
import select
import signal
import socket
import struct
import time

import pytest

from firewall import door, fwstand
from lab import topology as topo
from lab.lab import LATE, wait_for
from proxy import netns

GOLDEN = pathlib.Path(__file__).resolve().parents[2] / "golden/fw/clinic.yaml"
PERMITS = [fwstand.permit(1, "core0", "core"), fwstand.permit(2, "office0", "office")]
PROBE, TEXT = 19, 102
ARP_ASKS = bytes.fromhex("08060001080006040001")


def ask(lab):
    """What gated answers, at its own door."""
    text = b""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as conn:
        conn.settimeout(20)
        conn.connect(str(lab.root / "run/sekisho/gated.sock"))
        conn.send(struct.pack("=HHI", PROBE, 1, 0))
        while True:
            kind, _, _, last, length = struct.unpack_from("=HHIII", data := conn.recv(65536))
            assert kind == TEXT
            text += data[16:16 + length]
            if last:
                return json.loads(text)


class Ears:
    """Everything that comes in at a card of another namespace."""

    def __init__(self, spaces):
        self.socks = [netns.inside(ns, self.listen) for ns in spaces]

    @staticmethod
    def listen():
        return socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))

    def heard(self, macs):
        """Frames that the gateway's cards sent: packets, and questions for a neighbour."""
        found = []
        while select.select(self.socks, [], [], 0.2)[0]:
            for s in select.select(self.socks, [], [], 0)[0]:
                data, where = s.recvfrom(65536)
                if where[2] == socket.PACKET_OUTGOING or data[6:12] not in macs:
                    continue
                six = data[12:14] == b"\x86\xdd"
                if six and (data[20] == 0 or (data[20] == 58 and data[54] in (133, 134, 136, 143))):
                    continue  # listener reports, routers, answers to neighbours
                if six or data[12:14] == b"\x08\x00" or data[12:22] == ARP_ASKS:
                    found.append(data.hex())
        return found

    def close(self):
        for s in self.socks:
            s.close()


def gateway_macs(ns):
    links = json.loads(netns.run(["ip", "-netns", ns, "-j", "link", "show"]).stdout)
    return {bytes.fromhex(link["address"].replace(":", "")) for link in links}


class Bench:
    """The stand with a policy's rules, which no daemon puts back."""

    def __init__(self, stand, folder, policy=None, permits=None):
        self.stand = stand
        self.policy = policy or GOLDEN.read_text(encoding="utf-8")
        self.permits = PERMITS if permits is None else permits
        self.files = [folder / "policy.yaml", folder / "objects.json"]
        self.files[0].write_text(self.policy, encoding="utf-8")
        self.files[1].write_text(json.dumps({"ports": [443], "permits": self.permits}),
                                 encoding="utf-8")
        stand.load(self.policy, self.permits)
        self.saved = "flush ruleset\n" + stand.list("list", "ruleset")

    def probe(self):
        done = netns.run(netns.command(self.stand.gw, [fwstand.tool("fw_probe_kernel"),
                                                       *self.files]))
        return json.loads(done.stdout)

    @contextlib.contextmanager
    def edit(self, text):
        self.stand.nft(text)
        try:
            yield
        finally:
            self.stand.nft(self.saved)

    def handle(self, chain, pattern):
        for line in self.stand.list("-a", "list", "chain", "inet", "sekisho", chain).splitlines():
            if re.search(pattern, line):
                return f"inet sekisho {chain} handle {line.rsplit(' ', 1)[1]}"
        raise AssertionError(f"no {pattern} in {chain}")


@pytest.fixture(name="bench")
def bench_fixture(stand, tmp_path):
    return Bench(stand, tmp_path)


def wrong(found, **like):
    return [w for w in found["wrong"] if all(w[k] == v for k, v in like.items())]


def test_the_policy_is_found_as_it_is(bench):
    found = bench.probe()
    assert found["result"] == "good" and not found["wrong"], found
    assert not found["not_tested"], found
    assert found["passed"] >= 4 and found["blocked"] >= 20, found
    assert "sekisho_probe" not in bench.stand.list("list", "ruleset")


def test_nobody_hears_of_it(bench):
    """Not the servers, not connection tracking, not a neighbour."""
    stand = bench.stand
    stand.serve("claims0", [("tcp", 443)])
    netns.run(["ip", "netns", "exec", stand.gw, "conntrack", "-F"], check=False)
    ears = Ears([stand.ns(name) for name in fwstand.LINKS])
    try:
        found = bench.probe()
        assert found["result"] == "good", found
        assert ears.heard(gateway_macs(stand.gw)) == []
        left = netns.run(["ip", "netns", "exec", stand.gw, "conntrack", "-L"], check=False).stdout
        assert "tcp" not in left and "udp" not in left, left
        # a real one is heard, and is tracked
        assert stand.reached(stand.ns("core0"), [("tcp", "10.20.0.10", 443)], seconds=3)
        assert ears.heard(gateway_macs(stand.gw))
    finally:
        ears.close()


@pytest.mark.parametrize("family", [4, 6])
def test_a_flow_that_is_blocked(bench, family):
    name = {4: "ip", 6: "ip6"}[family]
    with bench.edit(f"insert rule inet sekisho forward meta nfproto ipv{family} drop"):
        found = bench.probe()
    assert found["result"] == "bad", (name, found)
    assert wrong(found, kind="flow", flow="core-claims", family=family, expected="pass"), found
    assert not wrong(found, family=10 - family), found
    assert bench.probe()["result"] == "good"


def test_what_passes_and_should_not(bench):
    """A rule that lets everything through, and each of the checks taken away."""
    mark = "meta mark set 0x01000001"  # or the guard would drop it
    with bench.edit(f"insert rule inet sekisho forward {mark} accept"):
        found = bench.probe()
    assert wrong(found, kind="no-flow", expected="block"), found
    assert wrong(found, kind="spoofed") and wrong(found, kind="stranger"), found
    with bench.edit(f"insert rule inet sekisho input {mark} accept"):
        found = bench.probe()
    assert wrong(found, kind="no-door", to="gateway"), found
    assert wrong(found, kind="stranger", to="gateway"), found
    assert not wrong(found, kind="no-flow"), found


def test_admission_that_does_not_enforce(bench):
    """The rules let a card pass that has no permit: only the strangers tell."""
    lines = bench.stand.list("list", "chain", "inet", "sekisho", "forward-core")
    assert "unknown" in lines, lines
    where = bench.handle("forward-core", "jump unknown")
    with bench.edit(f"replace rule {where} meta mark 0 meta mark set 0x01000001"):
        found = bench.probe()
    assert found["result"] == "bad", found
    assert {w["kind"] for w in found["wrong"]} == {"stranger"}, found
    assert {w["family"] for w in found["wrong"]} == {4, 6} and wrong(found, **{"from": "core"})


def test_without_a_sender_nothing_is_said(bench, stand, tmp_path):
    """Nobody has a permit: what needs one is not tested, the strangers are blocked all the same."""
    found = Bench(stand, tmp_path, permits=[]).probe()
    assert found["result"] == "good" and found["untested"] > 0, found
    assert any(n["flow"] == "core-claims" and n["why"] == "no-permit" for n in found["not_tested"])


def test_what_does_not_arrive_is_not_blocked(bench):
    """The link is down: neither good nor bad."""
    netns.run(["ip", "-netns", bench.stand.gw, "link", "set", "core0", "down"])
    found = bench.probe()
    assert not found["wrong"], found
    assert any(n["from"] == "core" for n in found["not_tested"]), found


def test_by_gated(make_lab):
    """Through the daemons: good, on record once, nothing else on record, no alarm of the watch."""
    lab = make_lab()
    claims = topo.ADDRESS[topo.CLAIMS][0]
    assert wait_for(lambda: lab.tcp(topo.CORE, claims, 443), 20)
    assert wait_for(lambda: [r for r in lab.records() if r["kind"] == "flow-open"], 10)
    time.sleep(1.5 + LATE)  # what was refused before is written every second
    before = max(r["id"] for r in lab.records())
    found = [ask(lab), ask(lab)]
    assert all(f["result"] == "good" and f["untested"] == 0 for f in found), found
    time.sleep(0.5)  # longer than the kernel keeps what is logged
    assert lab.tcp(topo.CORE, claims, 443, LATE)  # its record comes behind all those of the probes

    def since():
        return [r for r in lab.records() if r["id"] > before]

    assert wait_for(lambda: [r for r in since() if r["kind"] == "flow-open"], 10)
    time.sleep(1.5)
    rows = since()
    assert len([r for r in rows if r["kind"] == "flow-open"]) == 1, rows
    assert not [r for r in rows if r["kind"] in ("flow-deny", "device-seen", "gap")], rows
    service = [r["detail"] for r in rows if r["kind"] == "service"]
    assert len([d for d in service if "probes:" in d]) == 2, service
    assert not [d for d in service if "changed" in d or "proved" in d], service


def probe_role(lab):
    pids = [int(p.name) for p in pathlib.Path("/proc").iterdir() if p.name.isdigit()
            and (p / "comm").exists() and (p / "comm").read_text() == "gated-probe\n"
            and str(lab.bin) in (p / "cmdline").read_text()]
    assert len(pids) == 1, pids
    return pids[0]


def test_without_the_probe_role(make_lab):
    """It is killed: not tested, never good or bad; everything else goes on."""
    lab = make_lab()
    claims = topo.ADDRESS[topo.CLAIMS][0]
    assert wait_for(lambda: lab.tcp(topo.CORE, claims, 443), 20)
    role = probe_role(lab)
    status = pathlib.Path(f"/proc/{role}/status").read_text(encoding="utf-8")
    assert re.search(r"CapEff:\s0+\n", status) and re.search(r"CapPrm:\s0+\n", status), status
    os.kill(role, signal.SIGKILL)
    for _ in range(2):
        found = ask(lab)
        assert found["result"] == "not-tested" and found["refused"], found
        assert found["passed"] == found["blocked"] == found["contradictions"] == 0, found
    assert "sekisho_probe" not in door.nft(lab, "list", "tables")
    assert lab.tcp(topo.CORE, claims, 443, LATE)


def test_the_probe_role_dies_with_a_question_unread(make_lab):
    """Which is no end of the other two: the rules' daemon goes on."""
    lab = make_lab()
    role, before = probe_role(lab), lab.state()["gated"]["pid"]
    os.kill(role, signal.SIGSTOP)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask, lab)
        # the apply role sits between its table of probes and the answer
        assert wait_for(lambda: "sekisho_probe" in door.nft(lab, "list", "tables"), 10)
        time.sleep(0.2)
        os.kill(role, signal.SIGKILL)
        found = asked.result()
    assert found["result"] == "not-tested" and found["refused"], found
    assert lab.state()["gated"]["pid"] == before
    assert ask(lab)["result"] == "not-tested"


def test_asked_for_and_kept(make_lab):
    """By the administrator: the verdict, what is kept of it, and what the status says."""
    lab = make_lab()
    # by the clock, without being asked: for the first policy within some seconds
    # (not all is well as long as sensord is being started)
    assert wait_for(lambda: json.loads(
        lab.cli("--json", "status", check=False).stdout)["probes"], 20)
    done = lab.cli("verify", "--probe")
    assert "GOOD" in done.stdout and done.returncode == 0, done.stdout
    # somebody else's table takes something away: nobody undoes that
    lab.on(topo.GW, "nft", "add table inet other; add chain inet other f "
                           "{ type filter hook forward priority -5; }; "
                           "add rule inet other f tcp dport 443 drop")
    done = lab.cli("verify", "--probe", check=False)
    assert done.returncode == 1 and "BAD" in done.stdout and "core-claims" in done.stdout, done
    status = json.loads(lab.cli("--json", "status", check=False).stdout)
    assert not status["ok"] and status["probes"]["result"] == "bad", status
    assert status["probes"]["contradictions"] == 2, status
    runs = json.loads(lab.cli("--json", "verify", "--runs").stdout)["runs"]
    assert any(r["who"] == "(timer)" and r["result"] == "good" for r in runs), runs
    runs = [r for r in runs if r["who"] == "root"]
    assert [r["result"] for r in runs] == ["bad", "good"], runs
    assert runs[0]["wrong"][0]["flow"] == "core-claims" and runs[1]["wrong"] == [], runs
    lab.on(topo.GW, "nft", "delete table inet other")
    assert lab.cli("verify", "--probe").returncode == 0
    assert json.loads(lab.cli("--json", "status", check=False).stdout)["probes"]["result"] == "good"
    lab.cli("lockdown", "on", "--reason", "probes")
    done = lab.cli("verify", "--probe", check=False)
    assert done.returncode == 1 and "lockdown" in done.stderr, done
