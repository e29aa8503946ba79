# SPDX-License-Identifier: GPL-3.0-or-later
"""Switches and access points ask FreeRADIUS, which answers what the register says."""
import os
import stat
import time

import pytest

from admission import radius
from conftest import bin_dir
from lab import lab as lab_module
from lab import topology as topo

VLANS = {"core": 10, "office": 30}


@pytest.fixture(name="stand")
def stand_fixture(make_lab):
    if not radius.is_there():
        pytest.skip("freeradius is not installed")
    lab = make_lab()
    made = radius.Radius(lab, bin_dir())
    made.start_switchd()
    assert lab_module.wait_for((made.table / "cards").exists, 10)
    made.start_freeradius()
    lab_module.wait_for(lambda: lab.on(topo.GW, "sh", "-c", "ss -lun | grep -q :1812")
                        .returncode == 0, 10)
    try:
        yield made
    finally:
        made.close()


def give_vlans(lab, tmp_path):
    text = lab.cli("policy", "show").stdout
    for zone, vlan in VLANS.items():
        text = text.replace(f"interfaces: [{zone}0]\n",
                            f"interfaces: [{zone}0]\n    vlan: {vlan}\n")
    file = tmp_path / "policy.yaml"
    file.write_text(text, encoding="utf-8")
    lab.cli("policy", "apply", str(file), "--reason", "認証スイッチ / switches that ask")


def spellings(mac):
    bare = mac.replace(":", "")
    dotted = ".".join(bare[i:i + 4] for i in (0, 4, 8))
    return [mac, mac.upper(), mac.replace(":", "-"), mac.replace(":", "-").upper(), bare,
            bare.upper(), dotted, f"{bare[:6]}-{bare[6:]}"]


def approve(lab, mac, *more):
    lab.cli("device", "approve", mac, "--kind", "contractor", "--owner", "保守業者",
            "--reason", "機器の点検", "--interface", "office0", *more)


def test_answers(stand, tmp_path):
    lab = stand.lab
    office, core = topo.MAC[topo.OFFICE], topo.MAC[topo.CORE]
    guest = topo.MAC[topo.CONTRACTOR]

    assert stand.ask(office) is None  # a zone without a VLAN is none for a switch
    give_vlans(lab, tmp_path)
    took = radius.until(lambda: stand.ask(office) is not None)
    print(f"policy in force to first acceptance: {took:.0f} ms")

    for name in spellings(office):
        answer = stand.ask(name, station=office.replace(":", "-"))
        assert answer["Tunnel-Private-Group-Id"] == "30", name
        assert answer["Tunnel-Type"] == "VLAN"
        assert answer["Tunnel-Medium-Type"] == "IEEE-802"
        assert answer["Session-Timeout"] == "600"
        assert answer["Termination-Action"] == "RADIUS-Request"
    assert stand.vlan(core) == "10"

    for name in (guest, "02:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "", "admin", office + "0",
                 office[:-1], f"{office} OR 1", "$(id)", "%{User-Name}", "' '", "x" * 200):
        assert stand.ask(name) is None, name
    assert stand.ask(office, station=core) is None  # who asks is not who it is about
    assert stand.ask(office, more=['EAP-Message = 0x0201000501']) is None
    # a console of the switch, with an admitted card's address as the name
    for service in ("Login-User", "Administrative-User", "NAS-Prompt-User"):
        assert stand.ask(office, more=[f"Service-Type = {service}"]) is None, service
    for service in ("Call-Check", "Framed-User"):
        assert stand.ask(office, more=[f"Service-Type = {service}"]), service


def test_changes(stand, tmp_path):
    lab = stand.lab
    office, guest = topo.MAC[topo.OFFICE], topo.MAC[topo.CONTRACTOR]

    give_vlans(lab, tmp_path)
    radius.until(lambda: stand.ask(office) is not None)
    begun = time.time()
    approve(lab, guest, "--for", "10s")
    approved = time.time()
    took = radius.until(lambda: stand.ask(guest) is not None)
    print(f"approve answered to acceptance: {took:.0f} ms")
    assert 1 <= int(stand.ask(guest)["Session-Timeout"]) <= 10

    # its end needs no daemon of ours
    stand.stop("switchd")
    assert lab_module.wait_for(lambda: stand.ask(guest) is None, 15)
    assert begun + 9 <= time.time() < approved + 10 + lab_module.LATE
    assert stand.vlan(office) == "30"
    stand.start_switchd()

    done = []
    revoked = radius.until(lambda: done or done.append(
        lab.cli("device", "revoke", office, "--reason", "返却")))
    took = radius.until(lambda: stand.ask(office) is None)
    print(f"revoke: {revoked:.0f} ms, answered to rejection: {took:.0f} ms")


def test_fails_closed(stand, tmp_path):
    lab, cards = stand.lab, stand.table / "cards"
    office = topo.MAC[topo.OFFICE]

    give_vlans(lab, tmp_path)
    radius.until(lambda: stand.ask(office) is not None)
    assert stat.S_IMODE(cards.stat().st_mode) == 0o640
    assert (stand.table / "hostapd.accept").read_text() == \
        "".join(sorted(f"{topo.MAC[m]} {v}\n" for m, v in ((topo.CORE, 10), (topo.OFFICE, 30))))

    stand.stop("switchd")
    good = cards.read_bytes()
    old = time.time() - 120
    os.utime(cards, (old, old))  # nobody renewed it
    assert stand.ask(office) is None
    os.utime(cards)
    assert stand.ask(office) is not None
    for bad in (good[:-1], good[:40], b"", good.replace(b"end", b"END"), good + b"x"):
        cards.write_bytes(bad)
        assert stand.ask(office) is None, bad
    cards.unlink()
    assert stand.ask(office) is None
    stand.start_switchd()
    radius.until(lambda: stand.ask(office) is not None)

    cards.unlink()  # it comes back by itself
    radius.until(lambda: stand.ask(office) is not None)
    # a revision that is not mgmtd's is not followed, and the table goes stale
    current = lab.root / "var/lib/sekisho/revisions" / os.readlink(
        lab.root / "var/lib/sekisho/revisions/current")
    forged = current.with_name("0000000999.json")
    forged.write_bytes(current.read_bytes())
    link = current.with_name("current.new")
    link.symlink_to(forged.name)
    before = cards.stat().st_mtime
    link.rename(current.with_name("current"))
    time.sleep(7)
    assert cards.stat().st_mtime <= before + 1
