# SPDX-License-Identifier: GPL-3.0-or-later
"""Lockdown: everything but management is cut at once, it survives a start, off undoes it."""
import time

from lab import sites as site, topology as topo
from lab.lab import LATE, proxy_url, wait_for

from firewall import door

CLAIMS, CLAIMS6 = topo.ADDRESS[topo.CLAIMS]
GW_CORE = ("10.10.0.1", "fd10::1")
MANAGEMENT = 8443


def managed(text):
    return text.replace("\nassertions:", "\nmanagement:\n  port: 8443\n  zones: [core]\n\n"
                        "assertions:", 1)


def with_management(make_lab):
    lab = make_lab()
    new = lab.root / "managed.yaml"
    new.write_text(managed(door.POLICY.read_text(encoding="utf-8")), encoding="utf-8")
    lab.cli("policy", "apply", str(new), "--reason", "a test")
    return lab


def reaches_management(lab):
    """Whether something answers there or not: is it let in, in both families?"""
    return all(reaches(lab, address) for address in GW_CORE)


def reaches(lab, address):
    listener = lab.start_on(topo.GW, "nc", "-l", "-k", address, str(MANAGEMENT))
    try:
        return wait_for(lambda: lab.tcp(topo.CORE, address, MANAGEMENT), 20)
    finally:
        listener.kill()
        listener.wait()


def passes(lab, machine=topo.CORE):
    return all(lab.tcp(machine, a, 443, LATE) for a in (CLAIMS, CLAIMS6))


def is_shut(lab, machine=topo.CORE):
    return not any(lab.tcp(machine, a, 443) for a in (CLAIMS, CLAIMS6))


def fetch(lab):
    return lab.curl(topo.OFFICE, f"https://{site.ALLOWED}/", proxy=proxy_url())[0]


def test_on_cuts_all_but_management_and_off_returns(make_lab):
    lab = with_management(make_lab)
    assert passes(lab) and fetch(lab) == 200
    assert reaches_management(lab)
    pings = [lab.start_on(topo.CORE, "ping", "-n", "-D", "-i", "0.005", address, stdout=-1,
                          text=True) for address in (CLAIMS, CLAIMS6)]
    time.sleep(LATE)
    asked = time.time()
    done = door.lockdown(lab, True, who="shicho", reason="火事 / fire")
    answered = time.time()
    assert done.code == 0 and done.cut >= 2, done
    assert door.lockdown(lab, True, "proxyd").code == 0
    time.sleep(LATE + 1)
    for one in pings:
        one.terminate()
        last = max(float(line[1:].split("]")[0]) for line in one.communicate()[0].splitlines()
                   if "bytes from" in line)
        print(f"\nlast answer {1000 * (last - asked):.1f} ms after the order, which took "
              f"{1000 * (answered - asked):.1f} ms")
        assert last - asked < LATE
    assert is_shut(lab)
    assert fetch(lab) == 0
    assert reaches_management(lab)
    for daemon in ("gated", "proxyd"):
        _, ok, text = door.status(lab, daemon)
        assert ok == 0 and "locked" in text
    assert "shicho" in door.status(lab)[2]
    # a load is taken, and stays locked; a trial is not
    number = door.current(lab)
    assert door.load(lab, number).code == 0
    assert door.load(lab, number, 60).code == -16
    assert is_shut(lab)
    # a start does not open it
    lab.kill("gated")
    lab.wait_ready("gated")
    assert wait_for(lambda: door.status(lab)[0] == number, 20)
    assert is_shut(lab) and reaches_management(lab)
    assert "shicho" in door.status(lab)[2]
    for daemon in ("gated", "proxyd"):
        assert door.lockdown(lab, False, daemon).code == 0
    assert wait_for(lambda: passes(lab), 20)
    assert wait_for(lambda: fetch(lab) == 200, 20)
    assert door.status(lab)[1] == 1
    assert wait_for(lambda: len(door.services(lab, "lockdown o")) >= 4, 10)


def test_reboot_in_lockdown(make_lab):
    """The kernel forgets everything; the state does not."""
    lab = with_management(make_lab)
    lab.kill("mgmtd", hold=True)
    assert door.lockdown(lab, True).code == 0
    lab.kill("gated", hold=True)
    door.nft(lab, "flush", "ruleset")
    lab.release("gated")
    assert wait_for(lambda: door.status(lab)[0] != 0, 20)
    assert is_shut(lab) and reaches_management(lab)
    assert "goto flow" not in door.nft(lab, "list", "table", "inet", "sekisho")
    assert door.lockdown(lab, False).code == 0
    assert wait_for(lambda: passes(lab), 20)


def test_open_tunnels_end_with_that_reason(make_lab):
    lab = make_lab()
    with lab.start_on(topo.OFFICE, "openssl", "s_client", "-proxy", f"{topo.PROXY4}:3128",
                      "-connect", f"{site.ALLOWED}:443", "-servername", site.ALLOWED,
                      stdin=-1, stdout=-1, stderr=-1) as client:
        assert wait_for(lambda: lab.records("--kind", "proxy-open"), 20)
        assert door.lockdown(lab, True, "proxyd").cut == 1
        client.kill()
    assert fetch(lab) == 503
    assert wait_for(lambda: [r for r in lab.records("--kind", "proxy-close")
                             if r["reason_name"] == "lockdown"], 20)
    assert wait_for(lambda: [r for r in lab.records("--kind", "proxy-deny")
                             if r["reason_name"] == "lockdown"], 20)
    assert door.lockdown(lab, False, "proxyd").code == 0
    assert fetch(lab) == 200


def test_it_ends_a_trial(make_lab):
    lab = make_lab()
    before, after = door.two_policies(lab, door.open_office)
    for daemon in ("gated", "proxyd"):
        assert door.load(lab, after, 600, daemon).code == 0
        assert door.lockdown(lab, True, daemon).code == 0
        assert door.confirm(lab, after, daemon).code == -116
        assert door.lockdown(lab, False, daemon).code == 0
        assert door.status(lab, daemon)[0] == before
    assert is_shut(lab, topo.OFFICE)
    assert wait_for(lambda: passes(lab), 20)
