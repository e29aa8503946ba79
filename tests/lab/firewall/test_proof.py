# SPDX-License-Identifier: GPL-3.0-or-later
"""The proof through all daemons: what they put into the kernel is proved, what others add is told."""
import json
import os
import pathlib
import signal
import socket
import struct
import time

from firewall import door
from lab import topology as topo
from lab.lab import SLOW, wait_for as lab_wait


def verify(lab):
    done = lab.cli("--json", "verify", check=False)
    return json.loads(done.stdout)


def wait_for(lab, result, seconds=20):
    end = time.monotonic() + seconds * SLOW
    while True:
        proof = verify(lab)
        if proof["result"] == result or time.monotonic() > end:
            return proof
        time.sleep(0.5)


def nft(lab, *words):
    done = lab.on(topo.GW, "nft", *words)
    assert done.returncode == 0, done.stderr


def test_proved_and_told_of_others(make_lab):
    lab = make_lab()
    proof = wait_for(lab, "proved")
    assert proof["result"] == "proved", proof
    assert proof["differences"] == [] and all(a["holds"] for a in proof["assertions"])
    assert any(row["from"] == "core" and row["to"] == "claims" for row in proof["matrix"])
    # nobody undoes a table that is not ours: what it takes away is told, with a packet
    nft(lab, "add", "table", "inet", "other")
    nft(lab, "add", "chain", "inet", "other", "f",
        "{ type filter hook forward priority -5; }")
    nft(lab, "add", "rule", "inet", "other", "f", "tcp", "dport", "443", "drop")
    proof = wait_for(lab, "broken")
    assert proof["result"] == "broken", proof
    assert "inet other" in proof["foreign"]
    less = [d for d in proof["differences"] if d["kind"] == "less"]
    assert any(d["packet"]["dport"] == 443 and d["rule"]["table"] == "other" for d in less)
    nft(lab, "delete", "table", "inet", "other")
    assert wait_for(lab, "proved")["result"] == "proved"


def explain(lab, source, to, port):
    done = lab.cli("--json", "explain", "--from", source, "--to", to, "--port", port, check=False)
    return json.loads(done.stdout)


def test_explained(make_lab):
    lab = make_lab()
    wait_for(lab, "proved")
    for source, to in zip(topo.ADDRESS[topo.CORE], topo.ADDRESS[topo.CLAIMS]):
        told = explain(lab, source, to, "443")
        firewall = told["firewall"]
        assert (firewall["verdict"], firewall["flow"]) == ("accept", "core-claims"), told
        assert firewall["from"] == "core" and firewall["to"] == "claims" and firewall["path"]
        assert firewall["rule"]["chain"] == "open-core-claims"
        flow, = [a for a in told["approvals"] if a["kind"] == "flow"]
        assert flow["id"] == "core-claims" and flow["by"] == "root" and flow["since"], told
        firewall = explain(lab, source, to, "22")["firewall"]
        assert (firewall["verdict"], firewall["flow"]) == ("drop", None), firewall
        assert firewall["reason"] == "no-flow" and firewall["rule"]["chain"] == "deny"


def catch_aside(lab, asked):
    """Ask until the process that works out the proof is seen, and stop it there."""
    netns = os.stat(f"/run/netns/{lab.net.ns('gw')}").st_ino
    end = time.monotonic() + 20
    while time.monotonic() < end:
        asked()
        for entry in pathlib.Path("/proc").iterdir():
            try:
                if (entry / "comm").read_text() != "gated-aside\n" or \
                        os.stat(entry / "ns/net").st_ino != netns:
                    continue
                os.kill(int(entry.name), signal.SIGSTOP)
            except OSError:
                continue
            if (entry / "stat").read_text().rsplit(")", 1)[1].split()[0] == "T":
                return int(entry.name)
    return None


def next_answer(conn):
    text, last = b"", 0
    while not last:
        piece = conn.recv(65536)[8:]
        last, length = struct.unpack("=II", piece[:8])
        text += piece[8:8 + length]
    return json.loads(text)


def test_permits_come_while_it_is_worked_out(make_lab):
    lab = make_lab()
    wait_for(lab, "proved")
    mac = topo.MAC[topo.CONTRACTOR]
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as conn:
        conn.connect(str(lab.root / "run/sekisho/gated.sock"))
        pid = catch_aside(lab, lambda: conn.send(struct.pack("=HHI", 16, door.VERSION, 0)))
        assert pid is not None, "no proof was caught at work"
        try:
            before = door.current(lab)
            lab.cli("device", "approve", mac, "--kind", "business", "--owner", "保守",
                    "--reason", "a test", "--interface", "office0")
            assert lab_wait(lambda: door.current(lab) > before, 10)
            assert lab_wait(lambda: door.status(lab)[0] == door.current(lab), 10), door.status(lab)
            assert mac in door.nft(lab, "list", "map", "inet", "sekisho", "permits")
        finally:
            os.kill(pid, signal.SIGCONT)
        conn.settimeout(20)
        found = next_answer(conn)
        while "error" in found:  # more was asked at once than is answered
            found = next_answer(conn)
    assert found["result"] == "proved", found
