# SPDX-License-Identifier: GPL-3.0-or-later
"""The guard by itself: our table is gone, nobody is there to put it back, nothing passes."""
import pathlib
import subprocess

from firewall import door
from lab import probes, topology as topo
from lab.lab import wait_for

CLAIMS = topo.ADDRESS[topo.CLAIMS][0]
FILE = pathlib.Path(__file__).resolve().parents[3] / "conf/nftables/sekisho-guard.nft"


def closed(lab):
    """Neither what was permitted, nor what never was; not to this machine, not from it."""
    listener = lab.start_on(topo.GW, "nc", "-l", "-k", "10.30.0.1", "7070")
    try:
        return not (lab.tcp(topo.CORE, CLAIMS, 443) or lab.ping(topo.CORE, CLAIMS) or
                    lab.tcp(topo.OFFICE, CLAIMS, 443) or
                    lab.tcp(topo.OFFICE, "10.30.0.1", 7070) or
                    lab.ping(topo.OFFICE, "10.30.0.1") or
                    lab.ping(topo.GW, topo.ADDRESS[topo.INTERNET][0]) or
                    lab.tcp(topo.GW, topo.ADDRESS[topo.INTERNET][0], 443) or
                    probes.run_all(lab, probes.to_internet(topo.CORE, 4) +
                                   probes.to_internet(topo.ROGUE, 6)))
    finally:
        listener.kill()
        listener.wait()


def test_without_our_table_nothing_passes(make_lab):
    lab = make_lab()
    assert lab.tcp(topo.CORE, CLAIMS, 443)
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
    assert wait_for(lambda: lab.tcp(topo.CORE, CLAIMS, 443), 5)


def test_the_file_of_the_boot_closes(make_lab):
    """What was open without it is closed with it, before any daemon has run."""
    lab = make_lab(start=False, provision=False)
    lab.net.forward(True)
    assert lab.tcp(topo.CORE, CLAIMS, 443) and lab.tcp(topo.OFFICE, CLAIMS, 443)
    door.nft(lab, "-f", str(FILE))
    assert closed(lab)
    assert lab.on(topo.GW, "ping", "-n", "-c", "1", "-W", "1", "127.0.0.1").returncode == 0
    lab.start_daemons()
    lab.provision()
    assert wait_for(lambda: lab.tcp(topo.CORE, CLAIMS, 443), 5)
    assert not lab.tcp(topo.OFFICE, CLAIMS, 443)
