# SPDX-License-Identifier: GPL-3.0-or-later
"""A flow opens by itself when its hour has come: gated compiles the revision again."""
import time

from lab import lab as lab_module, topology as topo

POLICY = lab_module.POLICY.read_text(encoding="utf-8")
MINUTE = 60


def next_minute():
    """(seconds until then, minute of the day in Tokyo); far enough for a load before it."""
    now = time.time()
    left = MINUTE - now % MINUTE
    left += MINUTE if left < 10 else 0
    clock = time.gmtime(now + left + 1 + 9 * 3600)
    return left, clock.tm_hour * 60 + clock.tm_min


def opening_at(minute):
    """The lab's flow, open from that minute of the day until midnight."""
    end = "23:59" if minute == 0 else "24:00"
    hours = f"schedules:\n  s: {{ hours: [\"mon-sun {minute // 60:02d}:{minute % 60:02d}-{end}\"] }}\n"
    assert "  - id: core-claims\n" in POLICY
    return POLICY.replace("flows:\n", hours + "flows:\n", 1).replace(
        "  - id: core-claims\n", "  - id: core-claims\n    schedule: s\n", 1)


def test_opens_by_itself(make_lab, tmp_path):
    lab = make_lab()
    claims = topo.ADDRESS[topo.CLAIMS]
    assert all(lab.tcp(topo.CORE, a, 443) for a in claims)
    left, minute = next_minute()
    begins = time.time() + left
    path = tmp_path / "policy.yaml"
    path.write_text(opening_at(minute), encoding="utf-8")
    lab.cli("policy", "apply", str(path), "--reason", "a test")
    assert not any(lab.tcp(topo.CORE, a, 443) for a in claims)
    assert lab_module.wait_for(lambda: lab.tcp(topo.CORE, claims[0], 443), left + 10, 0.5)
    assert begins - 1 < time.time() < begins + 6
    assert all(lab.tcp(topo.CORE, a, 443) for a in claims)
