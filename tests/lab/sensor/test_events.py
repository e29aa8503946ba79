# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong on a segment is on record once, whoever else is dead."""
import pathlib
import sys

from lab import topology as topo
from lab.lab import wait_for

FRAMES = pathlib.Path(__file__).with_name("frames.py")
LOUD = {"two-ports", "address-taken", "gateway-taken", "foreign-dhcp", "foreign-ra", "mac-flood",
        "scan"}

# what is sent from rogue-pc, by which card, and the event that it is
ATTACKS = (
    ("arp-gateway", "02:00:00:66:00:01", "gateway-taken"),
    ("nd-gateway", "02:00:00:66:00:02", "gateway-taken"),
    ("dhcp", "02:00:00:66:00:03", "foreign-dhcp"),
    ("dhcp6", "02:00:00:66:00:04", "foreign-dhcp"),
    ("router", "02:00:00:66:00:05", "foreign-ra"),
    ("router-hidden", "02:00:00:66:00:06", "foreign-ra"),
    ("scan", "02:00:00:66:00:07", "scan"),
    ("nd-scan", "02:00:00:66:00:0a", "scan"),
)


def send(lab, kind, mac, machine=topo.ROGUE):
    done = lab.on(machine, sys.executable, "-B", str(FRAMES), kind, mac)
    assert done.returncode == 0, done.stderr


def events(lab, rule, mac=None, state="raised"):
    return [r for r in lab.records("--kind", "device-seen")
            if r.get("rule") == rule and f" {state} " in r["detail"] and
            (mac is None or r.get("mac") == mac)]


def happened(lab, rule, mac=None, state="raised"):
    assert wait_for(lambda: events(lab, rule, mac, state), 15, 0.3), f"no {rule} {state} of {mac}"


def listening_lab(make_lab):
    """sensord begins afresh when the first policy names interfaces."""
    lab = make_lab()
    assert wait_for(lambda: "listening on office0" in lab.log("sensord"), 15)
    lab.wait_ready("sensord")
    return lab


def speak(lab):
    """Everyday traffic, one machine of it without a permit: that is the only event."""
    for machine, address in ((topo.CORE, "10.10.0.1"), (topo.OFFICE, "10.30.0.1"),
                             (topo.ROGUE, "10.30.0.1")):
        lab.on(machine, "ip", "neigh", "flush", "all")
        lab.ping(machine, address)


def test_each_attack_is_one_event(make_lab):
    lab = listening_lab(make_lab)
    speak(lab)
    happened(lab, "new-device")
    assert not [r for r in lab.records("--kind", "device-seen") if r.get("rule") in LOUD]
    for _ in range(2):
        for kind, mac, rule in ATTACKS:
            send(lab, kind, mac)
    for _, mac, rule in ATTACKS:
        happened(lab, rule, mac)
    for _, mac, rule in ATTACKS:
        assert len(events(lab, rule, mac)) == 1, (rule, mac)
    hidden = events(lab, "foreign-ra", "02:00:00:66:00:06")[0]
    assert "prefix 2001:db8:66::/64" in hidden["detail"]

    # the address of one who is there
    speak(lab)
    send(lab, "arp-neighbour", "02:00:00:66:00:08")
    happened(lab, "address-taken", "02:00:00:66:00:08")
    assert topo.MAC[topo.OFFICE] in events(lab, "address-taken")[0]["detail"]
    assert not events(lab, "address-taken", topo.MAC[topo.OFFICE])
    speak(lab)
    lab.ping(topo.OFFICE, topo.PROXY6)
    send(lab, "nd-neighbour", "02:00:00:66:00:0b")
    happened(lab, "address-taken", "02:00:00:66:00:0b")
    assert events(lab, "address-taken", "02:00:00:66:00:0b")[0]["src"] == "fd30::10"

    # another system behind an admitted card
    card = topo.MAC[topo.OFFICE]
    send(lab, "dhcp-windows", card, topo.OFFICE)
    send(lab, "dhcp-printer", "02:00:00:66:00:0c")  # nobody's: it has no habits
    assert not events(lab, "fingerprint")
    send(lab, "dhcp-printer", card)
    happened(lab, "fingerprint", card)
    assert len(events(lab, "fingerprint")) == 1

    # an admitted card, and its copy on another interface
    copied = topo.MAC[topo.CORE]
    for _ in range(4):
        speak(lab)
        send(lab, "presence", copied)
    happened(lab, "two-ports", copied)
    assert "on office0, other interface core0" in events(lab, "two-ports", copied)[0]["detail"]
    assert len(events(lab, "moved-port", copied)) == 1


def test_events_are_on_record_while_mgmtd_is_dead(make_lab):
    lab = listening_lab(make_lab)
    speak(lab)
    happened(lab, "new-device")
    lab.kill("mgmtd", hold=True)
    send(lab, "arp-gateway", "02:00:00:66:00:01")
    send(lab, "dhcp", "02:00:00:66:00:03")
    lab.release("mgmtd")
    happened(lab, "gateway-taken", "02:00:00:66:00:01")
    happened(lab, "foreign-dhcp", "02:00:00:66:00:03")
    # what is open stays open over a restart: it is not raised anew
    lab.restart("sensord")
    lab.wait_ready("sensord")
    send(lab, "dhcp", "02:00:00:66:00:03")
    send(lab, "router", "02:00:00:66:00:05")
    happened(lab, "foreign-ra", "02:00:00:66:00:05")
    assert len(events(lab, "foreign-dhcp", "02:00:00:66:00:03")) == 1


def test_an_intruder_does_not_hide_in_a_flood(make_lab):
    lab = listening_lab(make_lab)
    speak(lab)
    happened(lab, "new-device")
    send(lab, "flood", "02:00:00:66:00:09")
    happened(lab, "mac-flood")
    assert len(events(lab, "mac-flood")) == 1
    send(lab, "arp-gateway", "02:00:00:66:00:01")
    happened(lab, "gateway-taken", "02:00:00:66:00:01")
    assert len(events(lab, "new-device")) < 1000


def test_a_permit_ends_being_new(make_lab):
    lab = listening_lab(make_lab)
    mac = topo.MAC[topo.ROGUE]
    speak(lab)
    happened(lab, "new-device", mac)
    lab.cli("device", "approve", mac, "--kind", "business", "--owner", "庶務係", "--reason",
            "業務用端末", "--interface", "office0")
    happened(lab, "new-device", mac, "closed")
