# SPDX-License-Identifier: GPL-3.0-or-later
"""No room for records: nothing new passes. No room for revisions: the old state stays."""
import contextlib
import json
import os
import pathlib
import re
import subprocess

import pytest

from lab import sites as site, topology as topo
from lab.lab import proxy_url, wait_for


@contextlib.contextmanager
def small_disks(lab, *folders):
    """Mount a tmpfs of one megabyte over each folder of the state, owner and mode kept."""
    mounted = []
    try:
        for name in folders:
            path = lab.root / "var/lib/sekisho" / name
            stat = path.stat()
            subprocess.run(["mount", "-t", "tmpfs", "-o",
                            f"size=1m,mode={stat.st_mode & 0o7777:o},uid={stat.st_uid},"
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
        assert lab.tcp(topo.CORE, claims, 443)
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
