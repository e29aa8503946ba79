# SPDX-License-Identifier: GPL-3.0-or-later
"""A registered card whose permit is over is told as what it is, and not as a new device."""
import json

from lab import topology as topo
from lab.lab import wait_for


def alarms(lab, machine):
    answer = json.loads(lab.cli("--json", "alarm", "list", "--all").stdout)
    answer = answer if isinstance(answer, list) else answer["alarms"]
    return [a for a in answer if a["mac"] == topo.MAC[machine]]


def speak(lab, machine):
    lab.on(machine, "ip", "neigh", "flush", "all")
    lab.ping(machine, topo.PROXY4)
    return True


def test_known_and_unknown(make_lab):
    lab = make_lab()
    lab.cli("device", "revoke", topo.MAC[topo.OFFICE], "--reason", "a test")
    assert wait_for(lambda: speak(lab, topo.OFFICE) and speak(lab, topo.ROGUE) and
                    alarms(lab, topo.OFFICE) and alarms(lab, topo.ROGUE), 30)
    (known,), (unknown,) = alarms(lab, topo.OFFICE), alarms(lab, topo.ROGUE)
    assert known["kind"] == "no-permit" and known["asset"]
    assert known["detail"].startswith("庶務係 / office, revoked; "), known
    assert unknown["kind"] == "new-device" and not unknown["asset"]
    lab.cli("device", "approve", topo.MAC[topo.OFFICE], "--kind", "business", "--owner", "o",
            "--reason", "a test")
    assert wait_for(lambda: speak(lab, topo.OFFICE) and alarms(lab, topo.OFFICE)[0]["closed"], 30)
