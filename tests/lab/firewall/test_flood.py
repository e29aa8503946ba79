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

CLAIMS, CLAIMS6 = topo.ADDRESS[topo.CLAIMS]
BOTH = {4: CLAIMS, 6: CLAIMS6}
FLOOD = str(pathlib.Path(__file__).with_name("flood.py"))
GOOD, BAD = 7777, 9999  # ports at claims; the second one is in nobody's flow
REPLACEMENTS = 300
RATE = 1500  # of each family


def with_udp(text):
    return text.replace("online-claims: [tcp/443,", f"online-claims: [tcp/443, udp/{GOOD},", 1)


def with_udp_and_more(text):
    return with_udp(text).replace(
        "services:\n  online-claims", "services:\n  other: [tcp/8080]\n  online-claims", 1).replace(
        "    services: [online-claims]\n", "    services: [online-claims, other]\n", 1)


@contextlib.contextmanager
def counting(lab):
    """Yields a function that ends the count and returns {(family, port): (count, distinct)}."""
    with lab.start_on(topo.CLAIMS, "/usr/bin/python3", FLOOD, "count", str(GOOD), str(BAD),
                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as counter:
        assert counter.stdout.readline() == "ready\n"

        def end():
            time.sleep(0.5)
            out, _ = counter.communicate("end\n", timeout=20)
            return {(f, p): (n, d) for f, p, n, d in
                    (map(int, line.split()) for line in out.splitlines())}

        yield end
        counter.kill()


def senders(lab, machine, port, seconds, rate):
    """One of each family."""
    return {family: lab.start_on(machine, "/usr/bin/python3", FLOOD, "send", to, str(port),
                                 str(seconds), str(rate), stdout=subprocess.PIPE, text=True)
            for family, to in BOTH.items()}


def sent_by(processes):
    return {family: int(p.communicate(timeout=60)[0]) for family, p in processes.items()}


def none_of(arrived, flooded):
    """A flood of both families, of which nothing came through."""
    print(f"\n{arrived[4, BAD][0]} of {flooded[4]} (IPv4) and {arrived[6, BAD][0]} of "
          f"{flooded[6]} (IPv6) denied arrived")
    return all(flooded[f] > 5000 and arrived[f, BAD][0] == 0 for f in BOTH)


def shown_open(lab):
    """The paths work: without enforcement every datagram of the flood would arrive."""
    door.nft(lab, "flush", "ruleset")
    lab.net.forward(True)
    with counting(lab) as end:
        flood = senders(lab, topo.OFFICE, BAD, 0.3, 2000)
        assert min(sent_by(flood).values()) > 0
        arrived = end()
        assert all(arrived[f, BAD][0] > 0 for f in BOTH), arrived


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
        good = senders(lab, topo.CORE, GOOD, 20, RATE)
        bad = senders(lab, topo.OFFICE, BAD, 20, 0)
        done = 0
        while done < REPLACEMENTS and time.monotonic() - began < 19:
            assert door.load(lab, after if done % 2 == 0 else before).code == 0
            done += 1
        took = time.monotonic() - began
        sent, flooded = sent_by(good), sent_by(bad)
        arrived = end()
    print(f"\n{done} replacements in {took:.1f} s: {[arrived[f, GOOD][1] for f in BOTH]} of "
          f"{sent} permitted arrived")
    assert done >= 10  # tests/bench/firewall judges how fast
    assert none_of(arrived, flooded)
    for family in BOTH:
        assert arrived[family, GOOD] == (sent[family], sent[family])


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
        flood = senders(lab, topo.OFFICE, BAD, 12, 0)
        began, done = time.monotonic(), 0
        while time.monotonic() - began < 11:
            subprocess.run(lab.net.enter(topo.GW) + ["nft", "-f", "-"], text=True, check=False,
                           input=batches[done % len(batches)])
            done += 1
            time.sleep(0.05)
        flooded = sent_by(flood)
        arrived = end()
    assert done >= 10
    assert none_of(arrived, flooded)
    assert wait_for(lambda: all(lab.tcp(topo.CORE, a, 443) for a in BOTH.values()), 20)


def test_both_roles_killed_under_traffic(make_lab):
    """The rules stay: denied is denied, what is open goes on, new flows wait for gated."""
    lab = make_lab()
    with counting(lab) as end:
        pings = [lab.start_on(topo.CORE, "ping", "-n", "-q", "-i", "0.01", "-c", "1000", to,
                              stdout=subprocess.PIPE, text=True) for to in BOTH.values()]
        bad = senders(lab, topo.OFFICE, BAD, 12, 0)
        time.sleep(1)
        lab.kill("gated", hold=True)
        for to in BOTH.values():
            # a single one may fail beside the flood as well
            assert wait_for(lambda a=to: not any(lab.tcp(topo.CORE, a, 443)
                                                 for _ in range(2)), 20), to
        lab.release("gated")
        assert wait_for(lambda: all(lab.tcp(topo.CORE, a, 443) for a in BOTH.values()), 20)
        told = [one.communicate(timeout=30)[0] for one in pings]
        flooded = sent_by(bad)
        arrived = end()
    assert none_of(arrived, flooded)
    assert all("1000 packets transmitted, 1000 received" in text for text in told), told
