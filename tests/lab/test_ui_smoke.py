# SPDX-License-Identifier: GPL-3.0-or-later
"""The web UI in Debian's Chromium, against the real daemons, for every role."""
import os
import pathlib
import subprocess

from lab import sites as site
from lab import topology as topo
from lab.lab import proxy_url

REPO = pathlib.Path(__file__).resolve().parents[2]


def test_every_role_sees_its_pages(make_lab):
    lab = make_lab()
    # so that there is something open to be shown
    lab.start_on(topo.OFFICE, "curl", "-s", "-o", "/dev/null", "--limit-rate", "20k", "-m", "120",
                 "--cacert", str(lab.sites.ca), "-x", proxy_url(),
                 f"https://{site.ALLOWED}/{site.BIG_FILE}")
    for login, role, password in lab.accounts:
        done = subprocess.run(
            [REPO / "tests/ui/smoke"], capture_output=True, text=True, timeout=180, check=False,
            env={**os.environ, "SEKISHO_URL": f"https://127.0.0.1:{lab.port}",
                 "SEKISHO_LOGIN": login, "SEKISHO_PASSWORD": password,
                 "SEKISHO_NEW_PASSWORD": f"{os.urandom(9).hex()}-Aa1"})
        assert done.returncode == 0, f"{login} ({role}):\n{done.stdout}\n{done.stderr}"


def show_itself(lab, machine):
    """Ask for the gateway's address until the sensor has heard it."""
    for _ in range(20):
        lab.on(machine, "ip", "neigh", "flush", "dev", "eth0")
        lab.on(machine, "ping", "-c1", "-W1", topo.PROXY4)
        if topo.MAC[machine] in lab.cli("--json", "device", "list").stdout:
            return
    raise AssertionError(f"{machine} was not seen")


def test_people_take_every_step(make_lab):
    """Register, request, approve, quarantine, release and the rest, by two people."""
    lab = make_lab()
    show_itself(lab, topo.ROGUE)
    who = {role: f"{login} {password}" for login, role, password in lab.accounts}
    done = subprocess.run(
        [REPO / "tests/ui/smoke", "steps.mjs"], capture_output=True, text=True, timeout=240,
        check=False, env={**os.environ, "SEKISHO_URL": f"https://127.0.0.1:{lab.port}",
                          "SEKISHO_ADMIN": who["admin"], "SEKISHO_MANAGER": who["manager"],
                          "SEKISHO_STRAY": topo.MAC[topo.ROGUE],
                          "SEKISHO_NEW_PASSWORD": f"{os.urandom(9).hex()}-Aa1"})
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
