# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody else changes the rules: it is noticed, undone, and on record with who it was."""
import concurrent.futures
import subprocess
import time

import pytest

from firewall import door
from lab import topology as topo
from lab.lab import LATE, wait_for

CLAIMS = topo.ADDRESS[topo.CLAIMS][0]
PROMISE = 1.0  # seconds until it is undone
LOAD_S = 0.03  # about what a load takes
LOADS = 40

CHANGES = [
    ("a rule that accepts", ["insert rule inet sekisho forward accept"], "+rule in sekisho forward"),
    ("every rule gone", ["flush chain inet sekisho forward"], "-rule in sekisho forward"),
    ("a policy that accepts", ["chain inet sekisho forward { policy accept; }"],
     "+chain sekisho forward"),
    ("our table gone", ["delete table inet sekisho"], "-table sekisho"),
    ("the guard gone", ["delete table inet sekisho-guard"], "-table sekisho-guard"),
    ("everything gone", ["flush ruleset"], "-table sekisho"),
    ("a mark that lives", ["add element inet sekisho live { 0x01000099 }"],
     "+element of sekisho live"),
    ("asleep", ["add table inet sekisho { flags dormant; }"], "+table sekisho"),
    ("hooked elsewhere", ["delete table inet sekisho", "table inet sekisho { chain forward "
                          "{ type filter hook postrouting priority 0; }; }"], "-table sekisho"),
    ("a chain more", ["add chain inet sekisho extra { type filter hook forward priority -5; }"],
     "+chain sekisho extra"),
    ("a chain more in the guard", ["add chain inet sekisho-guard extra { type filter hook "
                                   "forward priority 5; }",
                                   "add rule inet sekisho-guard extra meta mark set 0x01000000"],
     "+chain sekisho-guard extra"),
    ("the guard bent", ["insert rule inet sekisho-guard forward accept"],
     "+rule in sekisho-guard forward"),
]


def chains(lab):
    """Both tables as the kernel has them, without sets' elements, which count down."""
    listed = "".join(door.nft(lab, "--stateless", "list", "table", "inet", table, check=False)
                     for table in ("sekisho", "sekisho-guard"))
    return [line for line in listed.splitlines()
            if not any(word in line for word in ("expires", "elements", "0x0", ":"))]


def change(lab, batch):
    subprocess.run(lab.net.enter("gw") + ["nft", "-f", "-"], input="\n".join(batch),
                   text=True, check=True)
    return time.monotonic()


def test_every_change_is_undone_and_told(make_lab):
    lab = make_lab()
    before = chains(lab)
    assert lab.tcp(topo.CORE, CLAIMS, 443, LATE)
    took = {}
    for name, batch, _ in CHANGES:
        began = change(lab, batch)
        undone = wait_for(lambda: chains(lab) == before, PROMISE + LATE, 0.005)
        took[name] = time.monotonic() - began
        assert undone, (name, door.nft(lab, "list", "ruleset"))
    print("\nundone after (s), listing the rules included:")
    for name, seconds in took.items():
        print(f"  {seconds:.3f}  {name}")
    assert wait_for(lambda: lab.tcp(topo.CORE, CLAIMS, 443), 20)
    assert not lab.tcp(topo.OFFICE, CLAIMS, 443)
    _, ok, text = door.status(lab)
    assert ok == 0 and "put back" in text
    want = [(name, word) for name, _, word in CHANGES]

    def missing():
        told = door.services(lab, "rules changed and put back")
        return [(n, w) for n, w in want if not any(w in t and "nft" in t for t in told)]

    assert wait_for(lambda: not missing(), 10), (missing(), door.services(lab, "changed"))


def test_a_long_change_is_heard_to_its_end(make_lab):
    """The kernel counts a change first, tells its objects one by one, and whose it was last."""
    lab = make_lab()
    before = chains(lab)
    for _ in range(8):
        change(lab, ["insert rule inet sekisho forward accept"] * 10000)
        assert wait_for(lambda: chains(lab) == before, PROMISE + LATE, 0.005)

    def told():
        return door.services(lab, "rules changed and put back")

    assert wait_for(lambda: len(told()) >= 8, 10), told()
    assert all("by nft" in text and "forward (10000)" in text for text in told()), told()


def test_changes_during_a_load_are_undone(make_lab):
    """Nobody listens while a whole ruleset is put in; what happened then is noticed after it."""
    lab = make_lab()
    before = chains(lab)
    revision = door.current(lab)
    for i in range(LOADS):
        with concurrent.futures.ThreadPoolExecutor() as pool:
            # a ruleset that is held already would not be put in again
            door.lockdown(lab, 1)
            loaded = pool.submit(door.lockdown, lab, 0)
            time.sleep(i / LOADS * LOAD_S)
            change(lab, ["add table inet sekisho-guard", "delete table inet sekisho-guard"])
            assert loaded.result().code == 0
        assert wait_for(lambda: chains(lab) == before, PROMISE + LATE, 0.005), i
    assert door.status(lab)[:2] == (revision, 0)


def test_foreign_tables_are_told_and_left_alone(make_lab):
    lab = make_lab()
    change(lab, ["table ip other { chain c { type filter hook forward priority 5; }; }"])
    assert wait_for(lambda: [t for t in door.services(lab, "tables of others changed")
                             if "+table other" in t], 10)
    assert "table ip other" in door.nft(lab, "list", "tables")
    assert door.status(lab)[1] == 1


@pytest.mark.parametrize("hold", [False, True])
def test_changes_while_gated_is_away(make_lab, hold):
    """The next start puts everything back: rules, chains that hang elsewhere, the guard."""
    lab = make_lab()
    before = chains(lab)
    lab.kill("gated", hold=True)
    change(lab, ["flush ruleset"] if hold else
           ["delete table inet sekisho-guard",
            "add chain inet sekisho extra { type filter hook forward priority -5; }",
            "insert rule inet sekisho forward accept"])
    lab.release("gated")
    assert wait_for(lambda: chains(lab) == before, 20), door.nft(lab, "list", "ruleset")
    assert wait_for(lambda: lab.tcp(topo.CORE, CLAIMS, 443), 20)
    assert not lab.tcp(topo.OFFICE, CLAIMS, 443)
