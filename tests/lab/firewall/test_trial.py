# SPDX-License-Identifier: GPL-3.0-or-later
"""A revision on trial: it stays when it is confirmed in time, and goes by itself when not."""
import os
import pathlib
import signal
import time

from firewall import door
from lab import topology as topo
from lab.lab import wait_for

CLAIMS = topo.ADDRESS[topo.CLAIMS][0]
SHORT = 10  # seconds, the least there is


def office_passes(lab):
    return lab.tcp(topo.OFFICE, CLAIMS, 443)


def core_passes(lab):
    return lab.tcp(topo.CORE, CLAIMS, 443)


def stop_all(lab, *names):
    for name in names:
        lab.kill(name, hold=True)


def compile_role(pid):
    """Of gated's children the one that judges; the other sends probes."""
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return next(int(child) for child in children
                if pathlib.Path(f"/proc/{child}/comm").read_text() == "gated-compile\n")


def test_confirmed_stays_and_refused_goes(make_lab):
    lab = make_lab()
    before, after = door.two_policies(lab, door.open_office)
    assert not office_passes(lab) and core_passes(lab)
    assert door.confirm(lab, after).code == -116  # ESTALE: nothing is on trial
    assert door.rollback(lab, after).code == -116
    assert door.load(lab, after, 9).code == -22
    for daemon in ("gated", "proxyd"):
        assert door.load(lab, after, 60, daemon).code == 0
    assert office_passes(lab) and core_passes(lab)
    revision, ok, text = door.status(lab)
    assert (revision, ok) == (after, 1) and "on trial" in text
    for daemon in ("gated", "proxyd"):
        assert door.rollback(lab, before, daemon).code == -116
        assert door.rollback(lab, after, daemon).code == 0
        assert door.status(lab, daemon)[0] == before
        assert door.confirm(lab, after, daemon).code == -116
    assert not office_passes(lab) and core_passes(lab)
    # confirmed, it stays beyond its time
    for daemon in ("gated", "proxyd"):
        assert door.load(lab, after, SHORT, daemon).code == 0
        assert door.confirm(lab, after, daemon).code == 0
    time.sleep(SHORT + 1)
    assert office_passes(lab)
    assert [door.status(lab, d)[0] for d in ("gated", "proxyd")] == [after, after]
    lab.release("mgmtd")
    assert wait_for(lambda: door.services(lab, "by order"), 5)
    assert wait_for(lambda: door.services(lab, "was confirmed"), 5)


def test_unconfirmed_goes_by_itself_and_cuts_what_it_had_let_in(make_lab):
    lab = make_lab()
    before, after = door.two_policies(lab, door.open_office)
    for daemon in ("gated", "proxyd"):
        assert door.load(lab, after, SHORT, daemon).code == 0
    began = time.monotonic()
    with lab.start_on(topo.OFFICE, "nc", CLAIMS, "443", stdin=-1) as client:
        assert wait_for(lambda: "10.30.0.10" in lab.on(
            topo.GW, "conntrack", "-L", "-p", "tcp").stdout, 3)
        stop_all(lab, "recordd", "sensord")
        # a trial that follows a trial goes back to what was before both
        assert door.load(lab, after, SHORT).code == 0
        began = time.monotonic()
        assert wait_for(lambda: door.status(lab)[0] == before, SHORT + 3)
        assert SHORT - 1 < time.monotonic() - began < SHORT + 2
        assert wait_for(lambda: door.status(lab, "proxyd")[0] == before, 3)
        assert "10.30.0.10" not in lab.on(topo.GW, "conntrack", "-L", "-p", "tcp").stdout
        client.kill()
    assert not office_passes(lab) and core_passes(lab)
    for name in ("recordd", "mgmtd"):
        lab.release(name)
    assert wait_for(lambda: door.services(lab, "not confirmed in time"), 10)


def test_compile_role_dead_or_stopped_ends_the_trial(make_lab):
    lab = make_lab()
    before, after = door.two_policies(lab, door.open_office)
    for number in (signal.SIGKILL, signal.SIGTERM):
        assert door.load(lab, after, 600).code == 0
        assert office_passes(lab)
        gated = lab.state()["gated"]["pid"]
        # the role without rights dies; the one with them goes back before it ends
        victim = compile_role(gated) if number == signal.SIGKILL else gated
        os.kill(victim, number)
        assert wait_for(lambda was=gated: lab.state()["gated"]["pid"] not in (0, was), 30)
        lab.wait_ready("gated")
        assert wait_for(lambda: door.status(lab)[:2] == (before, 1), 5)
        assert not office_passes(lab)
        assert wait_for(lambda: core_passes(lab), 5)


def test_killed_in_a_trial_loads_what_is_current(make_lab):
    lab = make_lab()
    before, after = door.two_policies(lab, door.open_office)
    assert door.load(lab, after, 600).code == 0
    lab.kill("gated")
    lab.wait_ready("gated")
    assert wait_for(lambda: door.status(lab)[:2] == (before, 1), 5)
    assert not office_passes(lab)


def test_permits_that_ended_do_not_come_back(make_lab):
    lab = make_lab()
    lab.cli("device", "approve", topo.MAC[topo.CONTRACTOR], "--kind", "business", "--owner",
            "保守", "--reason", "a test", "--interface", "office0", "--for", "12s")
    ended = time.monotonic() + 12
    before, after = door.two_policies(lab, door.open_office)
    assert door.load(lab, after, 20).code == 0
    if time.monotonic() < ended - 1:
        assert lab.tcp(topo.CONTRACTOR, CLAIMS, 443)
    assert wait_for(lambda: door.status(lab)[0] == before, 25)
    assert time.monotonic() > ended
    assert topo.MAC[topo.CONTRACTOR] not in door.nft(lab, "list", "map", "inet", "sekisho",
                                                     "permits")
    assert topo.MAC[topo.CORE] in door.nft(lab, "list", "map", "inet", "sekisho", "permits")


def test_first_policy_unconfirmed_closes_everything(make_lab):
    lab = make_lab()
    number = door.current(lab)
    link = lab.root / "var/lib/sekisho/revisions/current"
    lab.kill("mgmtd", hold=True)
    target = os.readlink(link)
    link.unlink()
    lab.kill("gated")
    lab.wait_ready("gated")
    assert door.status(lab)[0] == 0
    assert door.load(lab, number, SHORT).code == 0
    assert wait_for(lambda: core_passes(lab), 3)
    assert wait_for(lambda: door.status(lab)[0] == 0, SHORT + 3)
    assert not core_passes(lab)
    link.symlink_to(target)
    assert wait_for(lambda: core_passes(lab), 10)


def test_the_same_twice_changes_nothing(make_lab):
    lab = make_lab()
    rules = door.nft(lab, "-a", "list", "chain", "inet", "sekisho", "forward")
    number = door.current(lab)
    for _ in range(3):
        assert door.load(lab, number).code == 0
    assert door.nft(lab, "-a", "list", "chain", "inet", "sekisho", "forward") == rules
