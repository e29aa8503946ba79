# SPDX-License-Identifier: GPL-3.0-or-later
"""Lockdown: everything but management is cut at once, it survives a start, off undoes it."""
import time

from lab import sites as site, topology as topo
from lab.lab import proxy_url, wait_for

from firewall import door

CLAIMS = topo.ADDRESS[topo.CLAIMS][0]
GW_CORE = "10.10.0.1"
MANAGEMENT = 8443
PROMISE = 0.1


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
    """Whether something answers there or not: is it let in?"""
    listener = lab.start_on(topo.GW, "nc", "-l", "-k", GW_CORE, str(MANAGEMENT))
    try:
        return wait_for(lambda: lab.tcp(topo.CORE, GW_CORE, MANAGEMENT), 3)
    finally:
        listener.kill()
        listener.wait()


def fetch(lab):
    return lab.curl(topo.OFFICE, f"https://{site.ALLOWED}/", proxy=proxy_url())[0]


def test_on_cuts_all_but_management_and_off_returns(make_lab):
    lab = with_management(make_lab)
    assert lab.tcp(topo.CORE, CLAIMS, 443) and fetch(lab) == 200
    assert reaches_management(lab)
    pings = lab.start_on(topo.CORE, "ping", "-n", "-D", "-i", "0.005", CLAIMS, stdout=-1,
                         text=True)
    time.sleep(0.5)
    asked = time.time()
    done = door.lockdown(lab, True, who="shicho", reason="火事 / fire")
    answered = time.time()
    assert done.code == 0 and done.cut >= 1, done
    assert door.lockdown(lab, True, "proxyd").code == 0
    time.sleep(0.5)
    pings.terminate()
    last = max(float(line[1:].split("]")[0]) for line in pings.communicate()[0].splitlines()
               if "bytes from" in line)
    print(f"\nlast answer {1000 * (last - asked):.1f} ms after the order, which took "
          f"{1000 * (answered - asked):.1f} ms")
    assert last - asked < PROMISE + 0.5
    assert not lab.tcp(topo.CORE, CLAIMS, 443)
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
    assert not lab.tcp(topo.CORE, CLAIMS, 443)
    # a start does not open it
    lab.kill("gated")
    lab.wait_ready("gated")
    assert wait_for(lambda: door.status(lab)[0] == number, 5)
    assert not lab.tcp(topo.CORE, CLAIMS, 443) and reaches_management(lab)
    assert "shicho" in door.status(lab)[2]
    for daemon in ("gated", "proxyd"):
        assert door.lockdown(lab, False, daemon).code == 0
    assert wait_for(lambda: lab.tcp(topo.CORE, CLAIMS, 443), 3)
    assert wait_for(lambda: fetch(lab) == 200, 5)
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
    assert wait_for(lambda: door.status(lab)[0] != 0, 5)
    assert not lab.tcp(topo.CORE, CLAIMS, 443) and reaches_management(lab)
    assert "goto flow" not in door.nft(lab, "list", "table", "inet", "sekisho")
    assert door.lockdown(lab, False).code == 0
    assert wait_for(lambda: lab.tcp(topo.CORE, CLAIMS, 443), 3)


def test_open_tunnels_end_with_that_reason(make_lab):
    lab = make_lab()
    with lab.start_on(topo.OFFICE, "openssl", "s_client", "-proxy", f"{topo.PROXY4}:3128",
                      "-connect", f"{site.ALLOWED}:443", "-servername", site.ALLOWED,
                      stdin=-1, stdout=-1, stderr=-1) as client:
        assert wait_for(lambda: lab.records("--kind", "proxy-open"), 5)
        assert door.lockdown(lab, True, "proxyd").cut == 1
        client.kill()
    assert fetch(lab) == 503
    assert wait_for(lambda: [r for r in lab.records("--kind", "proxy-close")
                             if r["reason_name"] == "lockdown"], 5)
    assert wait_for(lambda: [r for r in lab.records("--kind", "proxy-deny")
                             if r["reason_name"] == "lockdown"], 5)
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
    assert not lab.tcp(topo.OFFICE, CLAIMS, 443)
    assert wait_for(lambda: lab.tcp(topo.CORE, CLAIMS, 443), 3)
