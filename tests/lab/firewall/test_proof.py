# SPDX-License-Identifier: GPL-3.0-or-later
"""The proof through all daemons: what they put into the kernel is proved, what others add is told."""
import json
import time

from lab import topology as topo


def verify(lab):
    done = lab.cli("--json", "verify", check=False)
    return json.loads(done.stdout)


def wait_for(lab, result, seconds=20):
    end = time.monotonic() + seconds
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
    return json.loads(done.stdout)["firewall"]


def test_explained(make_lab):
    lab = make_lab()
    wait_for(lab, "proved")
    told = explain(lab, "10.10.0.10", "10.20.0.10", "443")
    assert (told["verdict"], told["flow"]) == ("accept", "core-claims"), told
    assert told["from"] == "core" and told["to"] == "claims" and told["path"]
    assert told["rule"]["chain"] == "open-core-claims"
    told = explain(lab, "10.10.0.10", "10.20.0.10", "22")
    assert (told["verdict"], told["flow"], told["reason"]) == ("drop", None, "no-flow"), told
    assert told["rule"]["chain"] == "deny"
