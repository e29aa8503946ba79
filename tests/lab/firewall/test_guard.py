# SPDX-License-Identifier: GPL-3.0-or-later
"""The guard by itself: our table is gone, nobody is there to put it back, nothing passes."""
import pathlib
import subprocess

from firewall import door
from lab import probes, topology as topo
from lab.lab import LATE, wait_for

CLAIMS = topo.ADDRESS[topo.CLAIMS][0]
FILE = pathlib.Path(__file__).resolve().parents[3] / "conf/nftables/sekisho-guard.nft"


INTERNET = topo.ADDRESS[topo.INTERNET][0]


def passing(lab):
    """What was permitted, and what never was; to this machine, and from it: what gets through?"""
    listener = lab.start_on(topo.GW, "nc", "-l", "-k", "10.30.0.1", "7070")
    asked = probes.to_internet(topo.CORE, 4) + probes.to_internet(topo.ROGUE, 6)
    try:
        assert wait_for(lambda: ":7070" in lab.on(topo.GW, "ss", "-ltn").stdout, 20)
        reached = probes.run_all(lab, asked)
        return [lab.tcp(topo.CORE, CLAIMS, 443), lab.ping(topo.CORE, CLAIMS),
                lab.tcp(topo.OFFICE, CLAIMS, 443), lab.tcp(topo.OFFICE, "10.30.0.1", 7070),
                lab.ping(topo.OFFICE, "10.30.0.1"), lab.ping(topo.GW, INTERNET),
                lab.tcp(topo.GW, INTERNET, 443), *(probe in reached for probe in asked)]
    finally:
        listener.kill()
        listener.wait()


def closed(lab):
    return not any(passing(lab))


def test_without_our_table_nothing_passes(make_lab):
    lab = make_lab()
    assert lab.tcp(topo.CORE, CLAIMS, 443, LATE)
    lab.kill("gated", hold=True)
    door.nft(lab, "delete", "table", "inet", "sekisho")
    assert closed(lab)
    # a chain of ours that lets everything pass is not enough
    subprocess.run(lab.net.enter(topo.GW) + ["nft", "-f", "-"], text=True, check=True,
                   input="table inet sekisho { chain forward { type filter hook forward "
                         "priority 0; policy accept; }; }")
    assert closed(lab)
    # nor is a mark that looks like one of ours, from somebody else's rules
    subprocess.run(lab.net.enter(topo.GW) + ["nft", "-f", "-"], text=True, check=True,
                   input="table inet other { chain pre { type filter hook prerouting "
                         "priority -140; meta mark set 0x01000001; }; }")
    assert closed(lab)
    door.nft(lab, "delete", "table", "inet", "other")
    lab.release("gated")
    assert wait_for(lambda: lab.tcp(topo.CORE, CLAIMS, 443), 20)


def test_the_file_of_the_boot_closes(make_lab):
    """What was open without it is closed with it, before any daemon has run."""
    lab = make_lab(start=False, provision=False)
    lab.net.forward(True)
    assert wait_for(lambda: all(passing(lab)), 20)
    door.nft(lab, "-f", str(FILE))
    assert closed(lab)
    assert lab.on(topo.GW, "ping", "-n", "-c", "1", "-W", "1", "127.0.0.1").returncode == 0
    lab.start_daemons()
    lab.provision()
    assert wait_for(lambda: lab.tcp(topo.CORE, CLAIMS, 443), 20)
    assert not lab.tcp(topo.OFFICE, CLAIMS, 443)
