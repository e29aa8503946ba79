# SPDX-License-Identifier: GPL-3.0-or-later
"""No room for records: nothing new passes. No room for revisions: the old state stays."""
import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys

import pytest

from lab import sites as site, supervisor, topology as topo
from lab.lab import LATE, proxy_url, wait_for
import web

FRAMES = pathlib.Path(__file__).with_name("sensor") / "frames.py"


@contextlib.contextmanager
def small_disks(lab, *folders, size="1m"):
    """Mount a tmpfs of that size over each folder of the state, owner and mode kept."""
    mounted = []
    try:
        for name in folders:
            path = lab.root / "var/lib/sekisho" / name
            stat = path.stat()
            subprocess.run(["mount", "-t", "tmpfs", "-o",
                            f"size={size},mode={stat.st_mode & 0o7777:o},uid={stat.st_uid},"
                            f"gid={stat.st_gid}", "tmpfs", str(path)], check=True)
            mounted.append(path)
        yield [p / "filler" for p in mounted]
    finally:
        for path in mounted:
            subprocess.run(["umount", "-l", str(path)], check=True)


def fill(path):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        for size in (65536, 4096, 1):
            with contextlib.suppress(OSError):
                while True:
                    os.write(fd, b"x" * size)
    finally:
        os.close(fd)


def fetch(lab, host):
    return lab.curl(topo.OFFICE, f"http://{host}/", proxy=proxy_url())[0]


def test_full_spool_stops_new_connections(make_lab):
    with contextlib.ExitStack() as stack:
        fillers = []
        lab = make_lab(prepare=lambda lab: fillers.extend(
            stack.enter_context(small_disks(lab, "spool/proxyd", "spool/gated"))))
        claims = topo.ADDRESS[topo.CLAIMS][0]
        assert fetch(lab, site.ALLOWED) == 200
        assert lab.tcp(topo.CORE, claims, 443, LATE)
        for filler in fillers:
            fill(filler)
        # what is left of the last page still takes a few records
        answered, status = [], 200
        for n in range(200):
            host = f"f{n}.cdn.example.jp"
            status = fetch(lab, host)
            if status != 200:
                break
            answered.append(host)
        assert status == 503
        assert wait_for(lambda: not lab.tcp(topo.CORE, claims, 443), 60)
        assert lab.cli("status", check=False).returncode == 1
        for filler in fillers:
            pathlib.Path(filler).unlink()
        assert wait_for(lambda: fetch(lab, "g.cdn.example.jp") == 200, 15)
        assert wait_for(lambda: lab.tcp(topo.CORE, claims, 443), 15)
        answered.append("g.cdn.example.jp")

        def missing():
            on_record = {r.get("host") for r in lab.records("--kind", "proxy-open")}
            return [h for h in answered if h not in on_record]

        assert wait_for(lambda: not missing(), 15), missing()
        assert wait_for(lambda: lab.cli("record", "verify", check=False).returncode == 0, 10)
        assert wait_for(lambda: lab.cli("status", check=False).returncode == 0, 15)


def test_little_room_for_records_is_told(make_lab):
    """While there still is some: records are kept for good."""
    def recordd():
        answer = json.loads(lab.cli("--json", "status", check=False).stdout)
        return next((p["ok"], p["text"]) for p in answer["parts"] if p["name"] == "recordd")

    with contextlib.ExitStack() as stack:
        fillers = []
        lab = make_lab(prepare=lambda lab: fillers.extend(
            stack.enter_context(small_disks(lab, "records", size="64m"))))
        assert wait_for(lambda: recordd() == (True, ""), 10), recordd()
        with open(fillers[0], "wb") as f:
            room = os.statvfs(fillers[0])
            os.posix_fallocate(f.fileno(), 0, room.f_bavail * room.f_frsize - (2 << 20))
        assert wait_for(lambda: not recordd()[0] and "nearly full" in recordd()[1], 10), recordd()
        assert lab.cli("status", check=False).returncode == 1
        fillers[0].unlink()
        assert wait_for(lambda: recordd() == (True, ""), 10), recordd()


def in_force(lab):
    """What passes: a request that could not be approved may stay a request."""
    entries = json.loads(lab.cli("--json", "allow", "list").stdout)["entries"]
    return sorted(e["host"] for e in entries if e["state"] == "active")


@pytest.mark.parametrize("folder", ["revisions", "ledger"])
def test_full_state_refuses_changes(make_lab, folder):
    with contextlib.ExitStack() as stack:
        fillers = []
        lab = make_lab(prepare=lambda lab: fillers.extend(
            stack.enter_context(small_disks(lab, folder))))
        before = in_force(lab)
        current = os.readlink(lab.root / "var/lib/sekisho/revisions/current")
        for filler in fillers:
            fill(filler)
        # what pages of the database are already there may still take a change or two
        done = None
        for n in range(60):
            done = lab.cli("allow", "add", f"n{n}.example.org", "--reason", "a test",
                           check=False)
            if done.returncode != 0:
                break
            before = in_force(lab)
            current = os.readlink(lab.root / "var/lib/sekisho/revisions/current")
        assert done.returncode == 1, folder
        assert re.search("space|disk", done.stderr), (folder, done.stderr)
        assert in_force(lab) == before, folder
        assert os.readlink(lab.root / "var/lib/sekisho/revisions/current") == current
        assert fetch(lab, site.ALLOWED) == 200, folder
        assert fetch(lab, "n59.example.org") == 403, folder
        # a start finds nothing to write: who frees the disk can sign in
        lab.kill("mgmtd")
        assert wait_for(lambda: lab.cli("allow", "list", check=False).returncode == 0, 15), folder
        for filler in fillers:
            pathlib.Path(filler).unlink()
        lab.cli("allow", "add", "after.example.org", "--reason", "a test")
        assert wait_for(lambda: lab.cli("status", check=False).returncode == 0, 15), folder


def put_on_a_small_disk(lab, size):
    """All of the state on a disk of its own."""
    path = lab.root / "var/lib/sekisho"
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "tmpfs", str(path)],
                   check=True)
    subprocess.run([topo.REPO / "image/setup-accounts", str(lab.root)], check=True)
    return path


def states(lab):
    return {one["mac"]: one["state"] for one in
            json.loads(lab.cli("--json", "device", "list").stdout)["devices"]}


def says_only_what_changed(lab):
    """The revision in force: a small one, whose size is not that of allowlist and permits."""
    current = lab.root / "var/lib/sekisho/revisions/current"
    return "base" in json.loads((current.parent / os.readlink(current)).read_text())


def test_a_full_disk_keeps_nobody_connected(make_lab):
    """Quarantine and revocation count at once, and after a restart; what gives is refused."""
    mounted = []
    try:
        lab = make_lab(prepare=lambda lab: mounted.append(put_on_a_small_disk(lab, "64m")))
        office, core = topo.MAC[topo.OFFICE], topo.MAC[topo.CORE]
        claims = topo.ADDRESS[topo.CLAIMS][0]
        lab.cli("device", "approve", topo.MAC[topo.ROGUE], "--kind", "business", "--owner", "o",
                "--reason", "a test", "--interface", "office0")
        assert fetch(lab, site.ALLOWED) == 200 and lab.tcp(topo.CORE, claims, 443, LATE)
        fill(mounted[0] / "filler")
        assert lab.cli("allow", "add", "n.example.org", "--reason", "a test",
                       check=False).returncode == 1
        lab.cli("device", "quarantine", office, "--reason", "a test")
        assert fetch(lab, site.ALLOWED) == 0
        lab.cli("device", "revoke", core, "--reason", "a test")
        assert not lab.tcp(topo.CORE, claims, 443)
        # still full for everything else, and again and again
        fill(mounted[0] / "filler2")
        assert lab.cli("device", "approve", core, "--kind", "business", "--owner", "o",
                       "--reason", "a test", "--interface", "core0", check=False).returncode == 1
        lab.cli("device", "quarantine", topo.MAC[topo.ROGUE], "--reason", "a test")
        assert says_only_what_changed(lab)  # what was refused has not made it larger
        # it ends in order, and what that frees is taken by others
        supervisor.ask(lab.dir, "kill", "mgmtd", hold=True, signal=signal.SIGTERM)
        assert wait_for(lambda: lab.state()["mgmtd"]["pid"] == 0, 20)
        fill(mounted[0] / "filler3")
        lab.release("mgmtd")
        lab.kill("mgmtd")
        lab.kill("gated")
        lab.wait_ready("mgmtd", "gated")
        assert fetch(lab, site.ALLOWED) == 0 and not lab.tcp(topo.CORE, claims, 443)
        for name in ("filler", "filler2", "filler3"):
            (mounted[0] / name).unlink()
        assert wait_for(lambda: lab.cli("status", check=False).returncode == 0, 20)
        assert fetch(lab, site.ALLOWED) == 0 and not lab.tcp(topo.CORE, claims, 443)
        now = states(lab)
        assert now[office] == "quarantined" and now[core] == "revoked", now
    finally:
        for path in mounted:
            subprocess.run(["umount", "-l", str(path)], check=True)


def test_a_full_disk_does_not_stop_the_automatic_quarantine(make_lab):
    mounted = []
    try:
        lab = make_lab(prepare=lambda lab: mounted.append(put_on_a_small_disk(lab, "64m")))
        assert wait_for(lambda: "listening on office0" in lab.log("sensord"), 15)
        office = topo.MAC[topo.OFFICE]
        lab.cli("admission", "set", "gateway-taken=quarantine", "--reason", "a test")
        assert fetch(lab, site.ALLOWED) == 200
        fill(mounted[0] / "filler")
        assert lab.cli("allow", "add", "n.example.org", "--reason", "a test",
                       check=False).returncode == 1
        done = lab.on(topo.OFFICE, sys.executable, "-B", str(FRAMES), "arp-gateway", office)
        assert done.returncode == 0, done.stderr
        assert wait_for(lambda: states(lab)[office] == "quarantined", 20), states(lab)
        (mounted[0] / "filler").unlink()
        assert wait_for(lambda: lab.cli("status", check=False).returncode == 0, 20)
        assert fetch(lab, site.ALLOWED) == 0
    finally:
        for path in mounted:
            subprocess.run(["umount", "-l", str(path)], check=True)


def test_a_full_disk_keeps_nobody_signed_in(make_lab):
    """Who is signed in can look, and leave; without room nobody comes in."""
    mounted = []
    try:
        lab = make_lab(prepare=lambda lab: mounted.append(put_on_a_small_disk(lab, "64m")))
        login, _, password = lab.accounts[0]
        link, session = web.sign_in(lab, login, password)
        fill(mounted[0] / "filler")
        assert lab.cli("allow", "add", "n.example.org", "--reason", "a test",
                       check=False).returncode == 1
        assert web.ask(link, "GET", "/api/session", None, session).status == 200
        assert web.ask(link, "DELETE", "/api/session", None, session).status == 200
        assert web.ask(link, "GET", "/api/session", None, session).status == 401
    finally:
        for path in mounted:
            subprocess.run(["umount", "-l", str(path)], check=True)


def test_a_new_device_on_a_full_disk(make_lab):
    """Seen when there is no room for it in the ledger, and put into quarantine all the same."""
    mounted = []
    mac = "02:00:00:00:77:01"
    try:
        lab = make_lab(prepare=lambda lab: mounted.append(put_on_a_small_disk(lab, "64m")))
        assert wait_for(lambda: "listening on office0" in lab.log("sensord"), 15)
        fill(mounted[0] / "filler")
        # what pages of the ledger are already there takes some news
        for n in range(200):
            lab.on(topo.OFFICE, sys.executable, "-B", str(FRAMES), "presence",
                   f"02:00:00:00:78:{n:02x}")
            if "sightings wait" in lab.log("mgmtd"):
                break
        assert "sightings wait" in lab.log("mgmtd"), n
        lab.on(topo.OFFICE, sys.executable, "-B", str(FRAMES), "presence", mac)
        assert wait_for(lambda: lab.cli("device", "quarantine", mac, "--reason", "a test",
                                        check=False).returncode == 0, 20)
        assert states(lab)[mac] == "quarantined"
    finally:
        for path in mounted:
            subprocess.run(["umount", "-l", str(path)], check=True)


def test_a_lockdown_on_a_full_disk_is_kept_and_ends(make_lab):
    mounted = []
    try:
        lab = make_lab(prepare=lambda lab: mounted.append(put_on_a_small_disk(lab, "64m")))
        assert fetch(lab, site.ALLOWED) == 200
        fill(mounted[0] / "filler")
        assert lab.cli("allow", "add", "n.example.org", "--reason", "a test",
                       check=False).returncode == 1
        lab.cli("lockdown", "on", "--reason", "a test of the order")
        said = lab.cli("status", check=False).stdout
        assert "a test of the order" in said and "until the next start" not in said, said
        lab.kill("gated")
        lab.wait_ready("gated")
        assert wait_for(lambda: "locked: only management passes" in
                        lab.cli("status", check=False).stdout, 20)
        (mounted[0] / "filler").unlink()
        assert wait_for(lambda: "a test of the order" in
                        lab.cli("status", check=False).stdout, 20)
        assert fetch(lab, site.ALLOWED) != 200
    finally:
        for path in mounted:
            subprocess.run(["umount", "-l", str(path)], check=True)


def test_lockdown_without_room_is_kept_when_there_is(make_lab):
    """It counts at once, says that it would not outlive a restart, and soon does."""
    with contextlib.ExitStack() as stack:
        fillers = []
        lab = make_lab(prepare=lambda lab: fillers.extend(
            stack.enter_context(small_disks(lab, "gated"))))
        fill(fillers[0])
        lab.cli("lockdown", "on", "--reason", "a test")
        assert fetch(lab, site.ALLOWED) != 200
        assert "until the next start" in lab.cli("status", check=False).stdout
        fillers[0].unlink()
        assert wait_for(lambda: "until the next start" not in
                        lab.cli("status", check=False).stdout, 15)
        lab.kill("gated")
        assert wait_for(lambda: "locked: only management passes" in
                        lab.cli("status", check=False).stdout, 15)
        assert fetch(lab, site.ALLOWED) != 200
