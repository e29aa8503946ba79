# SPDX-License-Identifier: GPL-3.0-or-later
"""A flow opens and closes by itself when its hour has come: gated compiles the revision again."""
import subprocess
import time

from firewall import door

from lab import lab as lab_module, topology as topo

POLICY = lab_module.POLICY.read_text(encoding="utf-8")
MINUTE = 60


def next_minute():
    """(seconds until then, minute of the day in Tokyo); far enough for a load before it."""
    now = time.time()
    left = MINUTE - now % MINUTE
    left += MINUTE if left < 15 else 0
    clock = time.gmtime(now + left + 1 + 9 * 3600)
    if clock.tm_hour == clock.tm_min == 0:  # nothing closes at the first minute of a day
        left, clock = left + MINUTE, time.gmtime(now + left + MINUTE + 1 + 9 * 3600)
    return left, clock.tm_hour * 60 + clock.tm_min


def turning_at(minute):
    """One flow is open from that minute of the day, and another one until then."""
    clock = f"{minute // 60:02d}:{minute % 60:02d}"
    hours = (f"schedules:\n  later: {{ hours: [\"mon-sun {clock}-24:00\"] }}\n"
             f"  before: {{ hours: [\"mon-sun 00:00-{clock}\"] }}\n")
    text = POLICY.replace("flows:\n", hours + "flows:\n", 1).replace(
        "  - id: core-claims\n", "  - id: core-claims\n    schedule: later\n", 1)
    text = door.open_office(text).replace(
        "  - id: office-claims\n", "  - id: office-claims\n    schedule: before\n", 1)
    assert text.count("schedule: ") == 2
    return text


def tracked(lab, source):
    listed = lab.on(topo.GW, "conntrack", "-L", "-f", "ipv6" if ":" in source else "ipv4").stdout
    return f"src={source} " in listed


def test_opens_and_closes_by_itself(make_lab, tmp_path):
    lab = make_lab()
    claims, office = topo.ADDRESS[topo.CLAIMS], topo.ADDRESS[topo.OFFICE]
    assert all(lab.tcp(topo.CORE, a, 443, lab_module.LATE) for a in claims)
    left, minute = next_minute()
    begins = time.time() + left
    path = tmp_path / "policy.yaml"
    path.write_text(turning_at(minute), encoding="utf-8")
    lab.cli("policy", "apply", str(path), "--reason", "a test")
    clients = [lab.start_on(topo.OFFICE, "nc", a, "443", stdin=subprocess.PIPE) for a in claims]
    assert lab_module.wait_for(lambda: all(tracked(lab, a) for a in office), 20)
    assert not any(lab.tcp(topo.CORE, a, 443) for a in claims)
    assert time.time() < begins, "too slow to tell"
    assert lab_module.wait_for(lambda: lab.tcp(topo.CORE, claims[0], 443), left + 20, 0.5)
    assert begins - 1 < time.time() < begins + 5 + lab_module.LATE
    assert all(lab.tcp(topo.CORE, a, 443, lab_module.LATE) for a in claims)
    assert not any(lab.tcp(topo.OFFICE, a, 443) for a in claims)
    # what was open by the other one has ended, and is on record
    assert not any(tracked(lab, a) for a in office)
    assert lab_module.wait_for(lambda: door.services(lab, "hours and days"), 20)
    told, = door.services(lab, "hours and days")
    assert "2 connections cut" in told, told
    for client in clients:
        client.kill()
        client.wait()
