# SPDX-License-Identifier: GPL-3.0-or-later
"""A revision on trial: it stays when it is confirmed in time, and goes by itself when not."""
import os
import pathlib
import select
import signal
import time

from firewall import door
from lab import topology as topo
from lab.lab import LATE, wait_for

CLAIMS, CLAIMS6 = topo.ADDRESS[topo.CLAIMS]
SHORT = 10  # seconds, the least there is


def office_passes(lab):
    return all(lab.tcp(topo.OFFICE, a, 443, LATE) for a in (CLAIMS, CLAIMS6))


def office_is_shut(lab):
    return not any(lab.tcp(topo.OFFICE, a, 443) for a in (CLAIMS, CLAIMS6))


def core_passes(lab):
    return all(lab.tcp(topo.CORE, a, 443, LATE) for a in (CLAIMS, CLAIMS6))


def core_is_shut(lab):
    return not any(lab.tcp(topo.CORE, a, 443) for a in (CLAIMS, CLAIMS6))


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
    assert office_is_shut(lab) and core_passes(lab)
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
    assert office_is_shut(lab) and core_passes(lab)
    # confirmed, it stays beyond its time
    for daemon in ("gated", "proxyd"):
        assert door.load(lab, after, SHORT, daemon).code == 0
        assert door.confirm(lab, after, daemon).code == 0
    time.sleep(SHORT + 1)
    assert office_passes(lab)
    assert [door.status(lab, d)[0] for d in ("gated", "proxyd")] == [after, after]
    lab.release("mgmtd")
    assert wait_for(lambda: door.services(lab, "by order"), 20)
    assert wait_for(lambda: door.services(lab, "was confirmed"), 20)


def test_unconfirmed_goes_by_itself_and_cuts_what_it_had_let_in(make_lab):
    lab = make_lab()
    before, after = door.two_policies(lab, door.open_office)
    for daemon in ("gated", "proxyd"):
        assert door.load(lab, after, SHORT, daemon).code == 0
    began = time.monotonic()
    with lab.start_on(topo.OFFICE, "nc", CLAIMS, "443", stdin=-1) as client:
        assert wait_for(lambda: "10.30.0.10" in lab.on(
            topo.GW, "conntrack", "-L", "-p", "tcp").stdout, 20)
        stop_all(lab, "recordd", "sensord")
        # a trial that follows a trial goes back to what was before both
        assert door.load(lab, after, SHORT).code == 0
        began = time.monotonic()
        assert wait_for(lambda: door.status(lab)[0] == before, SHORT + 20)
        assert SHORT - 1 < time.monotonic() - began < SHORT + LATE
        assert wait_for(lambda: door.status(lab, "proxyd")[0] == before, 20)
        assert "10.30.0.10" not in lab.on(topo.GW, "conntrack", "-L", "-p", "tcp").stdout
        client.kill()
    assert office_is_shut(lab) and core_passes(lab)
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
        assert wait_for(lambda: door.status(lab)[:2] == (before, 1), 20)
        assert office_is_shut(lab)
        assert wait_for(lambda: core_passes(lab), 20)


def rules(lab):
    return door.nft(lab, "list", "table", "inet", "sekisho")


def from_office(lab):
    """Connections of both families that were opened from there."""
    listed = "".join(lab.on(topo.GW, "conntrack", "-L", "-p", "tcp", "-f", family).stdout
                     for family in ("ipv4", "ipv6"))
    return [a for a in topo.ADDRESS[topo.OFFICE] if f"src={a} " in listed]


def test_going_back_needs_no_other_process(make_lab):
    """All are dead but the apply role, and the one that judges stands still: the timer is its own."""
    lab = make_lab()
    before, after = door.two_policies(lab, door.open_office)
    gated = lab.state()["gated"]["pid"]
    assert door.load(lab, after, SHORT).code == 0
    clients, others = ([lab.start_on(machine, "nc", a, "443", stdin=-1, stdout=-1)
                        for a in (CLAIMS, CLAIMS6)] for machine in (topo.OFFICE, topo.CORE))
    staying = [lab.start_on(topo.CORE, "ping", "-n", "-q", "-i", "0.1", "-c", "200", a, stdout=-1,
                            text=True) for a in (CLAIMS, CLAIMS6)]
    judge = compile_role(gated)
    try:
        assert wait_for(lambda: len(from_office(lab)) == 2, 20)
        assert "chain open-office-claims" in rules(lab)
        stop_all(lab, "recordd", "sensord", "proxyd")  # mgmtd is dead already
        children = pathlib.Path(f"/proc/{gated}/task/{gated}/children").read_text(encoding="ascii")
        for child in children.split():
            os.kill(int(child), signal.SIGSTOP if int(child) == judge else signal.SIGKILL)
        assert wait_for(lambda: "chain open-office-claims" not in rules(lab), SHORT + 5)
        assert "chain open-core-claims" in rules(lab)
        # what was open is there, and nothing of it passes: the server would say that it is no TLS
        for client in clients + others:
            client.stdin.write(b"x\r\n\r\n")
            client.stdin.flush()
        for client in others:
            assert select.select([client.stdout], [], [], 20)[0] and client.stdout.read(1)
        assert select.select([c.stdout for c in clients], [], [], 1)[0] == []
        assert lab.state()["gated"]["pid"] == gated
    finally:
        os.kill(judge, signal.SIGCONT)
    # who finds them for what they are is back: they end
    assert wait_for(lambda: from_office(lab) == [], 20)
    for client in clients + others:
        client.kill()
        client.communicate()
    assert wait_for(lambda: door.status(lab)[:2] == (before, 1), 20), door.status(lab)
    assert office_is_shut(lab)
    for one in staying:  # what both rulesets permit goes on
        assert "200 packets transmitted, 200 received" in one.communicate(timeout=60)[0]


def test_killed_in_a_trial_loads_what_is_current(make_lab):
    lab = make_lab()
    before, after = door.two_policies(lab, door.open_office)
    assert door.load(lab, after, 600).code == 0
    lab.kill("gated")
    lab.wait_ready("gated")
    assert wait_for(lambda: door.status(lab)[:2] == (before, 1), 20)
    assert office_is_shut(lab)


def test_permits_that_ended_do_not_come_back(make_lab):
    lab = make_lab()
    lab.cli("device", "approve", topo.MAC[topo.CONTRACTOR], "--kind", "business", "--owner",
            "保守", "--reason", "a test", "--interface", "office0", "--for", "12s")
    ended = time.monotonic() + 12
    before, after = door.two_policies(lab, door.open_office)
    assert door.load(lab, after, 20).code == 0
    if time.monotonic() < ended - LATE - 1:
        assert lab.tcp(topo.CONTRACTOR, CLAIMS, 443, LATE)
    assert wait_for(lambda: door.status(lab)[0] == before, 40)
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
    assert wait_for(lambda: core_passes(lab), 20)
    assert wait_for(lambda: door.status(lab)[0] == 0, SHORT + 20)
    assert core_is_shut(lab)
    link.symlink_to(target)
    assert wait_for(lambda: core_passes(lab), 10)


def test_the_same_twice_changes_nothing(make_lab):
    """Neither the same revision, nor the same policy as a new one."""
    lab = make_lab()
    file = lab.root / "same.yaml"
    file.write_text(lab.cli("policy", "show").stdout, encoding="utf-8")
    rules_before = door.nft(lab, "-a", "list", "chain", "inet", "sekisho", "forward")
    number = door.current(lab)
    for _ in range(3):
        assert door.load(lab, number).code == 0
    lab.cli("policy", "apply", str(file), "--reason", "a test")
    assert door.current(lab) == number + 1 == door.status(lab)[0]
    assert door.nft(lab, "-a", "list", "chain", "inet", "sekisho", "forward") == rules_before
