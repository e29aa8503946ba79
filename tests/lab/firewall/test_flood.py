# SPDX-License-Identifier: GPL-3.0-or-later
"""
Floods while rules are replaced, and while a stranger deletes them: what is denied never
arrives, what is permitted always does.
"""
import contextlib
import pathlib
import subprocess
import time

from firewall import door
from lab import topology as topo
from lab.lab import wait_for

CLAIMS = topo.ADDRESS[topo.CLAIMS][0]
FLOOD = str(pathlib.Path(__file__).with_name("flood.py"))
GOOD, BAD = 7777, 9999  # ports at claims; the second one is in nobody's flow
REPLACEMENTS = 300
RATE = 3000


def with_udp(text):
    return text.replace("online-claims: [tcp/443,", f"online-claims: [tcp/443, udp/{GOOD},", 1)


def with_udp_and_more(text):
    return with_udp(text).replace(
        "services:\n  online-claims", "services:\n  other: [tcp/8080]\n  online-claims", 1).replace(
        "    services: [online-claims]\n", "    services: [online-claims, other]\n", 1)


@contextlib.contextmanager
def counting(lab):
    """Yields a function that ends the count and returns {port: (count, distinct)}."""
    with lab.start_on(topo.CLAIMS, "/usr/bin/python3", FLOOD, "count", str(GOOD), str(BAD),
                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as counter:
        assert counter.stdout.readline() == "ready\n"

        def end():
            time.sleep(0.5)
            out, _ = counter.communicate("end\n", timeout=20)
            return {int(p): (int(n), int(d)) for p, n, d in
                    (line.split() for line in out.splitlines())}

        yield end
        counter.kill()


def sender(lab, machine, port, seconds, rate):
    return lab.start_on(machine, "/usr/bin/python3", FLOOD, "send", CLAIMS, str(port),
                        str(seconds), str(rate), stdout=subprocess.PIPE, text=True)


def sent_by(process):
    return int(process.communicate(timeout=60)[0])


def shown_open(lab):
    """The paths work: without enforcement every datagram of the flood would arrive."""
    door.nft(lab, "flush", "ruleset")
    lab.net.forward(True)
    with counting(lab) as end:
        flood = sender(lab, topo.OFFICE, BAD, 0.3, 2000)
        assert sent_by(flood) > 0
        assert end()[BAD][0] > 0


def test_replacements_leak_nothing_and_lose_nothing(make_lab):
    lab = make_lab(start=False, provision=False)
    shown_open(lab)
    lab.start_daemons()
    lab.provision()
    first = lab.root / "first.yaml"
    first.write_text(with_udp(door.POLICY.read_text(encoding="utf-8")), encoding="utf-8")
    lab.cli("policy", "apply", str(first), "--reason", "a test")
    before, after = door.two_policies(lab, with_udp_and_more)
    with counting(lab) as end:
        began = time.monotonic()
        good = sender(lab, topo.CORE, GOOD, 20, RATE)
        bad = sender(lab, topo.OFFICE, BAD, 20, 0)
        done = 0
        while done < REPLACEMENTS and time.monotonic() - began < 19:
            assert door.load(lab, after if done % 2 == 0 else before).code == 0
            done += 1
        took = time.monotonic() - began
        sent, flooded = sent_by(good), sent_by(bad)
        arrived = end()
    print(f"\n{done} replacements in {took:.1f} s: {arrived[GOOD][1]} of {sent} permitted "
          f"arrived, {arrived[BAD][0]} of {flooded} denied did")
    assert done >= 100
    assert flooded > 10000
    assert arrived[BAD][0] == 0
    assert arrived[GOOD] == (sent, sent)


def test_a_stranger_deletes_our_table(make_lab):
    lab = make_lab(start=False, provision=False)
    shown_open(lab)
    lab.start_daemons()
    lab.provision()
    batches = ["delete table inet sekisho",
               "flush table inet sekisho",
               "chain inet sekisho forward { policy accept; }\n"
               "flush chain inet sekisho forward",
               "delete table inet sekisho\n"
               "table inet sekisho { chain forward { type filter hook postrouting "
               "priority 0; }; }"]
    with counting(lab) as end:
        flood = sender(lab, topo.OFFICE, BAD, 12, 0)
        began, done = time.monotonic(), 0
        while time.monotonic() - began < 11:
            subprocess.run(lab.net.enter(topo.GW) + ["nft", "-f", "-"], text=True, check=False,
                           input=batches[done % len(batches)])
            done += 1
            time.sleep(0.05)
        flooded = sent_by(flood)
        arrived = end()
    print(f"\n{done} attacks: {arrived[BAD][0]} of {flooded} denied arrived")
    assert done > 20 and flooded > 10000
    assert arrived[BAD][0] == 0
    assert wait_for(lambda: lab.tcp(topo.CORE, CLAIMS, 443), 5)


def test_both_roles_killed_under_traffic(make_lab):
    """The rules stay: denied is denied, what is open goes on, new flows wait for gated."""
    lab = make_lab()
    with counting(lab) as end:
        pings = lab.start_on(topo.CORE, "ping", "-n", "-q", "-i", "0.01", "-c", "1000", CLAIMS,
                             stdout=subprocess.PIPE, text=True)
        bad = sender(lab, topo.OFFICE, BAD, 12, 0)
        time.sleep(1)
        lab.kill("gated", hold=True)
        assert wait_for(lambda: not lab.tcp(topo.CORE, CLAIMS, 443), 6)
        lab.release("gated")
        assert wait_for(lambda: lab.tcp(topo.CORE, CLAIMS, 443), 5)
        told = pings.communicate(timeout=30)[0]
        flooded = sent_by(bad)
        arrived = end()
    print(f"\n{told.splitlines()[-2]}; {arrived[BAD][0]} of {flooded} denied arrived")
    assert arrived[BAD][0] == 0
    assert "1000 packets transmitted, 1000 received" in told, told
