# SPDX-License-Identifier: GPL-3.0-or-later
"""A card that is not there, or not yet: the others keep their rules, and can be locked."""
from firewall import door
from lab import sites as site, topology as topo
from lab.lab import LATE, proxy_url, wait_for

CLAIMS = topo.ADDRESS[topo.CLAIMS][0]


def fetch(lab):
    return lab.curl(topo.OFFICE, f"https://{site.ALLOWED}/", proxy=proxy_url())[0]


def test_a_dead_card_takes_no_rules_with_it(make_lab, tmp_path):
    lab = make_lab()
    lab.kill("mgmtd", hold=True)
    assert lab.tcp(topo.CORE, CLAIMS, 443, LATE) and fetch(lab) == 200
    topo.run(["ip", "-netns", lab.net.ns(topo.GW), "link", "del", "wan0"])
    # locking compiles anew
    assert door.lockdown(lab, True).code == 0
    assert not lab.tcp(topo.CORE, CLAIMS, 443)
    assert door.lockdown(lab, False).code == 0
    assert wait_for(lambda: lab.tcp(topo.CORE, CLAIMS, 443), 20)
    # a start without it, and without any rules in the kernel, as after a boot
    number = door.current(lab)
    lab.kill("gated", hold=True)
    door.nft(lab, "flush", "ruleset")
    lab.release("gated")
    assert wait_for(lambda: door.status(lab)[0] == number, 20)
    assert wait_for(lambda: lab.tcp(topo.CORE, CLAIMS, 443), 20)
    assert "wan0" in door.nft(lab, "list", "table", "inet", "sekisho")
    # changes are taken; a name that is new has to be there
    lab.release("mgmtd")
    text = door.POLICY.read_text(encoding="utf-8")
    policy = tmp_path / "policy.yaml"
    policy.write_text(door.open_office(text), encoding="utf-8")
    lab.cli("policy", "apply", str(policy), "--reason", "a test")
    policy.write_text(text.replace("[wan0]", "[wan9]"), encoding="utf-8")
    done = lab.cli("policy", "apply", str(policy), "--reason", "a test", check=False)
    assert done.returncode != 0 and "wan9" in done.stderr
